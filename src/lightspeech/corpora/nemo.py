"""nEMO: nine actors say ninety sentences in six emotions, Polish.

The official release holds 4,481 files at 24 kHz named ``EB0_anger_1``: speaker, emotion, number of
the sentence. Known oddities: speaker MK0 has no *surprised*, MP0 only 256 files; the texts are in
``data.tsv`` of the release, so a sentence is known here by its number.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lightspeech.config import config
from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files

NAME = "nemo"
SENTENCES = 90

EMOTIONS = ("anger", "fear", "happiness", "neutral", "sadness", "surprised")
SEX = {
    "EB0": "female",
    "IC0": "female",
    "KD0": "female",
    "KS0": "male",
    "MK0": "female",
    "MP0": "male",
    "SM0": "male",
    "TP0": "male",
    "WR0": "male",
}
PATTERN = re.compile(rf"({'|'.join(SEX)})_({'|'.join(EMOTIONS)})_([1-9]|[1-8]\d|90)")

INFO = Info(
    title="nEMO: Dataset of Emotional Speech in Polish",
    licence="CC BY-NC-SA 4.0",
    allows_products=False,
    citation="Christop (2024), LREC-COLING, arXiv:2404.06292",
    url="https://github.com/amu-cai/nEMO",
    language="Polish",
    labels=EMOTIONS,
    n_files=4481,
    n_speakers=9,
    hint="point root at the samples/ folder of the repository",
)


@config
class Config(RootConfig):
    """Where it lies, and how much of it is taken."""

    sentences: Annotated[int, Field(ge=1, le=SENTENCES)] = SENTENCES
    """The first so many; figures of fewer than all bear their number, as ``nemo30``."""

    @property
    def part(self) -> str:
        """How many sentences are taken; empty where all are."""
        return "" if self.sentences == SENTENCES else str(self.sentences)


def read(cfg: Config) -> Reading:
    """Read every recording of these sentences below the root.

    Raises:
        CorpusError: if the folder is missing or holds no recording of this corpus.
    """
    reading = read_files(find_root(cfg, NAME), parse, name=NAME)
    taken = [u for u in reading.utterances if int(u.sentence) <= cfg.sentences]
    return replace(reading, utterances=taken)


def parse(path: Path) -> Utterance | str:
    """Read speaker, emotion and sentence number of a file name, or give a reason."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not speaker, emotion, sentence number as in EB0_anger_1"
    speaker, emotion, sentence = match.groups()
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{speaker}",
        sex=SEX[speaker],
        sentence=sentence,
        emotion=emotion,
    )

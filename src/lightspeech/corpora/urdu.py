"""URDU: men and women in Urdu talk shows, four emotions, spontaneous speech.

The official release holds 400 files, a hundred in a folder an emotion, named ``SM5_F12_A098``: sex
and number of the speaker, number among the speaker's files, emotion and number in its folder.
Known oddities: the paper counts 38 speakers, the files name 29 (men 8 to 16 are not there); one man
speaks a fifth of all files; nobody wrote down what is said.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files

NAME = "urdu"

EMOTIONS = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}
SEXES = {"F": "female", "M": "male"}
PATTERN = re.compile(r"S(([FM])[1-9]\d?)_F\d{1,2}_([AHNS])\d{2,4}")

INFO = Info(
    title="URDU dataset of emotional speech from talk shows",
    licence="for research only",
    allows_products=False,
    citation="Latif et al. (2018), Int. Conf. Frontiers of Information Technology, 88-93",
    url="https://github.com/siddiquelatif/URDU-Dataset",
    language="Urdu",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=400,
    n_speakers=29,
    hint="put its folders Angry, Happy, Neutral and Sad here",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing or holds no recording of this corpus.
    """
    return read_files(find_root(cfg, NAME), parse, name=NAME)


def parse(path: Path) -> Utterance | str:
    """Read speaker, sex and emotion of a file name; a reason where they are not there."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not speaker, file and emotion as in SM5_F12_A098"
    speaker, sex, emotion = match.groups()
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{speaker}",
        sex=SEXES[sex],
        emotion=EMOTIONS[emotion],
    )

"""TESS (Toronto): two women say 200 words in one carrier sentence in seven emotions, English.

The official release holds 2,800 files named ``OAF_back_angry``: speaker (aged 64 and 26), word,
emotion. Known oddities: OA_bite_neutral lacks an F and is of OAF; *ps* is pleasant surprise; the
copy on Kaggle holds every file twice, in a folder of the same name. Two speakers make a smoke test,
not a benchmark: who trains on one and tests on the other has no speaker left to select on.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files

NAME = "tess"

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprise",
    "sad": "sad",
}
SPEAKERS = {"OAF": "OAF", "OA": "OAF", "YAF": "YAF"}
PATTERN = re.compile(rf"({'|'.join(SPEAKERS)})_([a-z]+)_({'|'.join(EMOTIONS)})", re.IGNORECASE)

INFO = Info(
    title="Toronto Emotional Speech Set",
    licence="CC BY-NC-ND 4.0",
    allows_products=False,
    citation="Pichora-Fuller & Dupuis (2020), Borealis, doi:10.5683/SP2/E8H2MF",
    url="https://doi.org/10.5683/SP2/E8H2MF",
    language="English",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=2800,
    n_speakers=2,
    hint="unpack all folders (OAF_angry … YAF_sad) here",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing or holds no recording of this corpus.
    """
    return read_files(find_root(cfg, NAME), parse, name=NAME)


def parse(path: Path) -> Utterance | str:
    """Read speaker, word and emotion of a file name, or give a reason."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not speaker, word, emotion as in OAF_back_angry"
    speaker, word, emotion = match.groups()
    sentence = f"Say the word {word.lower()}"
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{SPEAKERS[speaker.upper()]}",
        sex="female",
        sentence=sentence,
        transcript=sentence,
        emotion=EMOTIONS[emotion.lower()],
    )

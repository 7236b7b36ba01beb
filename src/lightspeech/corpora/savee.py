"""SAVEE (Surrey): four men say fifteen sentences in each of seven emotions, British English.

The official release holds 480 files named ``a01`` in a folder a speaker (DC, JE, JK, KL); copies
name them ``DC_a01`` in one folder: both are read. The letters are the emotion (a, d, f, h, n, sa,
su), the digits its sentence; neutral has 30 sentences. Known oddities: only three sentences are
common to all emotions, and the numbers of an emotion are its own, so a sentence is known here by
letter and number; all speakers are men.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files

NAME = "savee"

EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
SPEAKERS = ("DC", "JE", "JK", "KL")
PATTERN = re.compile(rf"(?:({'|'.join(SPEAKERS)})_)?((a|d|f|h|n|sa|su)(?:0[1-9]|[12]\d|30))")

INFO = Info(
    title="Surrey Audio-Visual Expressed Emotion Database",
    licence="free for research, after registration with the University of Surrey",
    allows_products=False,
    citation="Haq & Jackson (2010), in: Machine Audition, IGI Global, 398-423",
    url="http://kahlan.eps.surrey.ac.uk/savee/",
    language="English",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=480,
    n_speakers=4,
    hint="unpack AudioData/ with its folders DC, JE, JK and KL here",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing or holds no recording of this corpus.
    """
    return read_files(find_root(cfg, NAME), parse, name=NAME)


def parse(path: Path) -> Utterance | str:
    """Read speaker (or that of the folder), emotion and sentence, or give a reason."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not emotion and sentence as in a01 or DC_a01"
    speaker, sentence, emotion = match.groups()
    speaker = speaker or path.parent.name
    if speaker not in SPEAKERS:
        return f"neither name nor folder is one of the speakers {', '.join(SPEAKERS)}"
    return Utterance(
        id=f"{NAME}/{speaker}_{sentence}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{speaker}",
        sex="male",
        sentence=sentence,
        emotion=EMOTIONS[emotion],
    )

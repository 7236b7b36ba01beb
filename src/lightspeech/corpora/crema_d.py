"""CREMA-D: 91 actors say twelve sentences in six emotions, some at three intensities, English.

The official release (AudioWAV/) holds 7,442 files named ``1001_DFA_ANG_XX``: actor, sentence,
emotion, intensity. Known oddities: 1040_ITH_SAD_X has one X instead of two; 1076_MTI_SAD_XX has no
audio (``prepare`` rejects it where it cannot be decoded) and 1064_IEO_DIS_MD holds a minute with
all emotions: its label is official, its duration shows in the manifest; 1006_TIE_NEU_XX,
1013_WSI_DIS_XX and 1017_IWW_FEA_XX of the summary table were never released. Labels are what was
acted, not what listeners heard. The sex of the actors is in VideoDemographics.csv of the release.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files

NAME = "crema_d"

EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
SENTENCES = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}
INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": "", "X": ""}
FEMALE = frozenset(
    (1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025, 1028,
     1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060, 1061, 1063,
     1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091)
)  # fmt: skip
PATTERN = re.compile(
    rf"(10[0-8]\d|109[01])_({'|'.join(SENTENCES)})_({'|'.join(EMOTIONS)})_(LO|MD|HI|XX?)"
)

INFO = Info(
    title="Crowd-sourced Emotional Multimodal Actors Dataset",
    licence="Open Database License 1.0, contents under Database Contents License 1.0",
    allows_products=True,
    citation="Cao, Cooper, Keutmann, Gur, Nenkova & Verma (2014), IEEE TAC 5(4): 377-390",
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    language="English",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=7442,
    n_speakers=91,
    hint="point root at the AudioWAV/ folder, fetched with git lfs",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing or holds no recording of this corpus.
    """
    return read_files(find_root(cfg, NAME), parse, name=NAME)


def parse(path: Path) -> Utterance | str:
    """Read actor, sentence, emotion and intensity of a file name, or give a reason."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not actor, sentence, emotion, intensity as in 1001_DFA_ANG_XX"
    actor, sentence, emotion, intensity = match.groups()
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{actor}",
        sex="female" if int(actor) in FEMALE else "male",
        sentence=SENTENCES[sentence],
        transcript=SENTENCES[sentence],
        emotion=EMOTIONS[emotion],
        intensity=INTENSITIES[intensity],
    )

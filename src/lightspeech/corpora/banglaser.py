"""BanglaSER: 34 people say three sentences in five emotions, Bangla.

The official release holds 1,467 files in a folder an actor, named ``03-01-…`` with seven fields as
RAVDESS's are: modality, channel, emotion, intensity, sentence, repetition, actor. Known oddities:
the fields look like RAVDESS's and mean something else (01 is happy there and neutral in RAVDESS),
so each reader refuses a folder of the other; two pairs of files are one sound; rates and channels
vary; seven actors are never neutral.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files
from lightspeech.errors import CorpusError

NAME = "banglaser"

EMOTIONS = {"01": "happy", "02": "sad", "03": "angry", "04": "surprised", "05": "neutral"}
PATTERN = re.compile(r"03-01-(0[1-8])-(0[12])-(0[1-3])-(0[1-3])-(0[1-9]|[12]\d|3[0-4])")

INFO = Info(
    title="BanglaSER: a speech emotion recognition dataset for the Bangla language",
    licence="CC BY 4.0",
    allows_products=True,
    citation="Das et al. (2022), Data in Brief 42: 108091",
    url="https://data.mendeley.com/datasets/t9h6p943xy",
    language="Bangla",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=1467,
    n_speakers=34,
    hint="unpack its folders Actor_01 to Actor_34 here",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing, holds no recording of this corpus, or holds RAVDESS.
    """
    root = find_root(cfg, NAME)
    reading = read_files(root, parse, name=NAME)
    if foreign := [each for each in reading.rejected if each.reason == NO_EMOTION]:
        raise CorpusError(
            f"{root}: {foreign[0].path.name} has an emotion that BanglaSER lacks and RAVDESS has, "
            "whose names look alike; name the corpus ravdess"
        )
    return reading


NO_EMOTION = "emotion is not 01 to 05"


def parse(path: Path) -> Utterance | str:
    """Read the seven fields of a file name; a reason where they are not there."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not seven two-digit fields as in 03-01-03-01-02-01-34"
    emotion, intensity, sentence, _, actor = match.groups()
    if emotion not in EMOTIONS:
        return NO_EMOTION
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{actor}",
        sex="male" if int(actor) % 2 else "female",
        sentence=sentence,
        emotion=EMOTIONS[emotion],
        intensity="strong" if intensity == "02" else "normal",
    )

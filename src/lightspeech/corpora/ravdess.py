"""RAVDESS, speech: 24 actors say two sentences in eight emotions, North American English.

The official release (audio-only speech) holds 1,440 files named ``03-01-…``: modality, channel,
emotion, intensity, sentence, repetition, actor. Known oddities: five stereo files; actor 07 has one
exact duplicate (03-01-03-01-02-01-07 = 03-01-03-01-02-02-07); *neutral* has no strong intensity, so
it has half as many files; actors 09 and 20 hold recordings that peak below 1 % of full scale: real,
kept.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files
from lightspeech.errors import CorpusError

NAME = "ravdess"

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
SENTENCES = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
BANGLASER = re.compile(r"03-01-0[1-5]-0[12]-0[1-3]-0[1-3]-(2[5-9]|3[0-4])|(03-01-0\d-0\d-03-.*)")
PATTERN = re.compile(r"(\d\d)-(\d\d)-(0[1-8])-(0[12])-(0[12])-(0[12])-([01]\d|2[0-4])")

INFO = Info(
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (speech, audio only)",
    licence="CC BY-NC-SA 4.0",
    allows_products=False,
    citation="Livingstone & Russo (2018), PLoS ONE 13(5): e0196391",
    url="https://zenodo.org/record/1188976",
    language="English",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=1440,
    n_speakers=24,
    hint="unpack Audio_Speech_Actors_01-24.zip here",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing, holds no recording of this corpus, or BanglaSER.
    """
    root = find_root(cfg, NAME)
    reading = read_files(root, parse, name=NAME)
    if foreign := [each for each in reading.rejected if BANGLASER.fullmatch(each.path.stem)]:
        raise CorpusError(
            f"{root}: {foreign[0].path.name} has a sentence or an actor that RAVDESS lacks and "
            "BanglaSER has, whose names look alike; name the corpus banglaser"
        )
    return reading


def parse(path: Path) -> Utterance | str:
    """Read the seven fields of a file name; a reason where they are not there."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not seven two-digit fields as in 03-01-06-01-02-01-12"
    modality, channel, emotion, intensity, sentence, _, actor = match.groups()
    if channel != "01":
        return "song, not speech (second field 02)"
    if modality != "03":
        return "sound track of a video (first field 01 or 02): the audio-only release has it as 03"
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{actor}",
        sex="male" if int(actor) % 2 else "female",
        sentence=SENTENCES[sentence],
        transcript=SENTENCES[sentence],
        emotion=EMOTIONS[emotion],
        intensity="strong" if intensity == "02" else "normal",
    )

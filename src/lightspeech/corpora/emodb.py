"""EMO-DB (Berlin): 10 actors say ten everyday sentences in seven emotions, German.

The official release holds 535 files named ``03a01Fa``: speaker (2 digits), sentence (a01 … b10),
emotion (the first letter of its German name), version. Known oddities: the files are the survivors
of a listening test, so emotions and speakers are far from balanced; the same sentence by the same
actor may be there in two versions. Copies that were all cut or padded to 2.000 s at 22.05 kHz are
about: they are not the corpus.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files

NAME = "emodb"

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
MALE = frozenset({"03", "10", "11", "12", "15"})
FEMALE = frozenset({"08", "09", "13", "14", "16"})
PATTERN = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])[a-z]")

INFO = Info(
    title="Berlin Database of Emotional Speech",
    licence="CC0-1.0, as published by audEERING",
    allows_products=True,
    citation="Burkhardt, Paeschke, Rolfes, Sendlmeier & Weiss (2005), Interspeech, 1517-1520",
    url="https://github.com/audeering/emodb",
    language="German",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=535,
    n_speakers=10,
    hint="unpack the wav/ folder here",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing or holds no recording of this corpus.
    """
    return read_files(find_root(cfg, NAME), parse, name=NAME)


def parse(path: Path) -> Utterance | str:
    """Read speaker, sentence and emotion of a file name, or give a reason."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not speaker, sentence, emotion letter, version as in 03a01Fa"
    speaker, sentence, emotion = match.groups()
    if speaker not in MALE | FEMALE or sentence not in SENTENCES:
        return f"EMO-DB has no speaker {speaker} or no sentence {sentence}"
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{speaker}",
        sex="male" if speaker in MALE else "female",
        sentence=SENTENCES[sentence],
        transcript=SENTENCES[sentence],
        emotion=EMOTIONS[emotion],
    )

"""IEMOCAP: ten actors in five sessions, a man and a woman each, improvised and scripted, English.

The official release holds 10,039 utterances named ``Ses01F_impro01_F000``: session, wearer of the
markers, scenario, speaker, turn. Labels are those of dialog/EmoEvaluation/*.txt, words those of
dialog/transcriptions/*.txt. Known oddities: *xxx* is a turn without a majority of listeners, *oth*
one outside the list; hidden ``._`` files of the archive are no label files; dialog/wav holds the
same dialogues whole; both speakers of a dialogue answer each other, so a cut by speaker tears
dialogues apart and the leak check refuses it: cut by session.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lightspeech.config import config
from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files
from lightspeech.errors import CorpusError

NAME = "iemocap"

LABELS = ("ang", "dis", "exc", "fea", "fru", "hap", "neu", "oth", "sad", "sur", "xxx")
SEX = {"F": "female", "M": "male"}
PATTERN = re.compile(r"(Ses0([1-5])[FM]_(impro|script)(\w+?))_([FM])\d+")
EVALUATION = re.compile(
    r"^\[\d.*?\]\t(\w+)\t(\w+)\t\[([\d.]+), ([\d.]+), ([\d.]+)\](.*?)(?=^\[|\Z)",
    re.MULTILINE | re.DOTALL,
)
"""A turn of an evaluation file: [start - end], name, label, [valence, activation, dominance], on
scales of 1 to 5, and below it the listeners one by one."""
LISTENER = re.compile(r"^C-E\d+:\t(.*?)\t", re.MULTILINE)
"""Words of one who listened, each with a semicolon behind; those of who spoke begin otherwise."""
WORDS = {
    "anger": "ang", "disgust": "dis", "excited": "exc", "fear": "fea", "frustration": "fru",
    "happiness": "hap", "neutral": "neu", "other": "oth", "sadness": "sad", "surprise": "sur",
}  # fmt: skip
"""Labels of what listeners say, the first word of it in lower case."""
SPOKEN = re.compile(r"^(Ses\w+) \[[\d.-]+\]: *(.*)$", re.MULTILINE)
"""A turn of a transcription: name [start-end]: words."""
STYLES = {"impro": "improvised", "script": "scripted"}

INFO = Info(
    title="Interactive Emotional Dyadic Motion Capture Database",
    licence="research only, under the release form of USC SAIL",
    allows_products=False,
    citation="Busso et al. (2008), Language Resources and Evaluation 42(4): 335-359",
    url="https://sail.usc.edu/iemocap/",
    language="English",
    labels=LABELS,
    n_files=10039,
    n_speakers=10,
    hint="point root at IEMOCAP_full_release/, with Session1 … Session5 in it",
)


@config
class Config(RootConfig):
    """Where it lies, and what of it is read."""

    merge_excited: bool = False
    """Call *exc* (excited) *hap* (happy), as four-class studies do."""
    style: Literal["all", "improvised", "scripted"] = "all"
    """What is read; the other turns are rejected."""


def read(cfg: Config) -> Reading:
    """Read every utterance below the root that an evaluation file labels.

    Raises:
        CorpusError: if the folder is missing, or holds no evaluation file or no utterance.
    """
    root = find_root(cfg, NAME)
    turns, spoken = read_labels(root), read_transcripts(root)
    return read_files(root, lambda path: _parse(path, turns, spoken, cfg), name=NAME)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What listeners said of a turn: their majority's label, and what `Utterance` calls alike."""

    label: str
    valence: float
    arousal: float
    dominance: float
    agreement: float | None


def read_labels(root: Path) -> dict[str, Turn]:
    """Read what was said of each turn, by its name, from the evaluation files below ``root``.

    Raises:
        CorpusError: if there are none.
    """
    turns: dict[str, Turn] = {}
    # Only the files right here: sub-folders hold each single listener's opinion.
    for path in sorted(root.rglob("EmoEvaluation/Ses*.txt")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for name, label, valence, activation, dominance, listeners in EVALUATION.findall(text):
            turns[name] = Turn(
                label=label,
                valence=float(valence),
                arousal=float(activation),
                dominance=float(dominance),
                agreement=_agreement(label, LISTENER.findall(listeners)),
            )
    if not turns:
        raise CorpusError(f"{root}: no labels in dialog/EmoEvaluation/*.txt; {INFO.hint}")
    return turns


def _agreement(label: str, opinions: list[str]) -> float | None:
    """Tell what share of the listeners named the label; None where nobody's word is there."""
    labels = [
        {WORDS.get(word.split()[0].lower(), "") for word in opinion.split(";") if word.strip()}
        for opinion in opinions
    ]
    return sum(label in words for words in labels) / len(labels) if labels else None


def read_transcripts(root: Path) -> dict[str, str]:
    """Read the words of each turn, by its name; there may be no transcription below ``root``."""
    spoken: dict[str, str] = {}
    for path in sorted(root.rglob("transcriptions/Ses*.txt")):
        spoken.update(SPOKEN.findall(path.read_text(encoding="utf-8", errors="replace")))
    return spoken


def _parse(
    path: Path, turns: dict[str, Turn], spoken: dict[str, str], cfg: Config
) -> Utterance | str:
    """Read session, dialogue and speaker of a file name, or give a reason.

    Args:
        path: the audio file.
        turns: as of `read_labels`.
        spoken: as of `read_transcripts`.
        cfg: what is read.
    """
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not that of one turn as in Ses01F_impro01_F000"
    dialogue, session, style, scenario, speaker = match.groups()
    if cfg.style not in ("all", STYLES[style]):
        return f"{STYLES[style]}: left out by style={cfg.style}"
    if path.stem not in turns:
        return "no label in dialog/EmoEvaluation"
    turn = turns[path.stem]
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/Ses0{session}{speaker}",
        sex=SEX[speaker],
        session=session,
        dialogue=dialogue,
        sentence=f"{style}{scenario}",
        transcript=spoken.get(path.stem, ""),
        emotion="hap" if turn.label == "exc" and cfg.merge_excited else turn.label,
        agreement=turn.agreement,
        arousal=turn.arousal,
        valence=turn.valence,
        dominance=turn.dominance,
    )

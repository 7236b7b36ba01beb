"""Made speakers, how they act, and the files that come of it: what made corpora share."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from lightspeech.corpora.base import Reading, Utterance, read_files
from lightspeech.corpora.synthetic_voice import SAMPLE_RATE, Cues, Speaker, Waveform
from lightspeech.errors import CorpusError
from lightspeech.files import replacing, write_json

NEUTRAL = Cues(pitch_st=0, range_st=2.2, loudness_db=0, rate=1.0, tilt_db=0, jitter=0.010)
"""How somebody speaks who feels nothing."""

SPREAD = Cues(pitch_st=1.0, range_st=0.2, loudness_db=1.5, rate=0.06, tilt_db=0.6, jitter=0.2)
"""Standard deviation of a sentence around its rule; of range, rate and jitter in the logarithm."""

RULES = "rules.json"
"""What made a corpus, beside its audio."""

FACTORS = ("range_st", "rate", "jitter")
"""Cues that are multiplied, not added, when a rule is weakened or strays."""


def speaker(rng: np.random.Generator, *, male: bool) -> Speaker:
    """Draw somebody."""
    return Speaker(
        f0_hz=(115 if male else 205) * 2 ** (rng.normal() * 2 / 12),
        tract=(1.0 if male else 1.17) * (1 + 0.04 * rng.normal()),
        loudness_db=2.0 * rng.normal(),
        rate=np.exp(0.08 * rng.normal()),
        expression=rng.uniform(0.8, 1.3),
    )


def cues(rule: Cues, expression: float, spread: float, rng: np.random.Generator) -> Cues:
    """Draw the cues of one file around a rule.

    Args:
        rule: what is to be shown.
        expression: how strongly its speaker shows it.
        spread: how far it strays, in `SPREAD`.
        rng: of the straying.
    """
    values = {}
    for cue, neutral in asdict(NEUTRAL).items():
        aim, stray = getattr(rule, cue), spread * getattr(SPREAD, cue) * rng.normal()
        if cue in FACTORS:
            values[cue] = neutral * (aim / neutral) ** expression * np.exp(stray)
        else:
            values[cue] = neutral + (aim - neutral) * expression + stray
    # Rounded, so that rules.json tells exactly what was rendered.
    return Cues(**{cue: round(float(value), 4) for cue, value in values.items()})


def make(
    root: Path | None, name: str, recipe: dict[str, Any], render: Callable[[Path], None]
) -> Path:
    """Render every missing file; a killed rendering goes on where it stopped.

    Args:
        root: folder; None: one in ``cache`` that the recipe names.
        name: of the corpus.
        recipe: all that makes it, with ``files`` by their stems.
        render: writes the file of a path.

    Returns:
        The folder, with ``rules.json`` and a sub-folder a speaker.

    Raises:
        CorpusError: if the folder holds a corpus of another recipe.
        OutputError: if the folder cannot be written.
    """
    text = json.dumps(recipe, sort_keys=True)
    root = root or Path("cache") / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    rules = root / RULES
    if not rules.exists():
        write_json(rules, recipe)
    elif rules.read_text(encoding="utf-8") != json.dumps(recipe, indent=2) + "\n":
        raise CorpusError(f"{rules} is of another synthetic corpus; name another root or delete it")
    for stem in recipe["files"]:
        path = root / stem[:4] / f"{stem}.flac"
        if not path.exists():
            render(path)
    return root


def read(root: Path, parse: Callable[[Path], Utterance | str], *, name: str) -> Reading:
    """Read what was made, see `read_files`; what made it is no file that is skipped.

    Args:
        root: folder that `make` gave.
        parse: gives the utterance of a path, or the reason to reject it.
        name: of the corpus.

    Raises:
        CorpusError: if the folder holds no recording of this corpus.
    """
    reading = read_files(root, parse, name=name)
    return replace(reading, skipped=[path for path in reading.skipped if path != root / RULES])


def write(path: Path, waveform: Waveform) -> None:
    """Write FLAC of 16 bits.

    Args:
        path: of the file.
        waveform: at `SAMPLE_RATE`, shape ``(samples,)``.
    """
    with replacing(path) as temporary:
        soundfile.write(temporary, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")

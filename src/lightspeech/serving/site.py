"""The page of lightspeech as files: the same behind a server and on a host of static files."""

import io
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from lightspeech.audio.io import load
from lightspeech.bundle import Bundle
from lightspeech.corpora import synthetic
from lightspeech.corpora.synthetic_voice import SAMPLE_RATE

PAGE = "page"
"""Folder of this package whose files are the page."""
CODE = ("index.js", "resampler.js")
"""Of the package that `export.wasm` writes, the same for every model."""
MODELS, CLIPS = "models", "clips"
INVENTORY = "models.json"
CARD = "README.md"
CONVERSATION = "conversation"
PAUSE_S = 1.2
"""Between the sentences of the conversation: long enough to be heard as a pause."""
VOICES = synthetic.Config(speakers=2, sentences=2, seed=20)
"""The voices of the examples: a man and a woman by rules."""
ROW = re.compile(r"^\| (?P<on>[^|]+?) \| (?P<protocol>[a-z-]+) \| \d+ \| (?P<uar>[\d.]+)", re.M)
"""The first row of the figures of a card: the mean over what was left out."""


def page() -> dict[str, bytes]:
    """Give the files of the page by their addresses, all but models, clips and inventory."""
    code = files("lightspeech.export.wasm")
    own = {file.name: file.read_bytes() for file in files(__package__).joinpath(PAGE).iterdir()}
    return own | {f"{MODELS}/{name}": code.joinpath(name).read_bytes() for name in CODE}


@lru_cache(maxsize=1)
def clips() -> dict[str, bytes]:
    """Make the example clips by their addresses, FLAC: one an emotion, and a conversation."""
    with tempfile.TemporaryDirectory() as folder:
        made = synthetic.read(replace(VOICES, root=Path(folder))).utterances
        spoken = {one.id: load(one.path, SAMPLE_RATE) for one in made}
    first = {one.emotion: spoken[one.id] for one in reversed(made)}
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE), np.float32)
    turns = sorted(made, key=lambda one: (one.sentence, one.emotion, one.speaker))
    first[CONVERSATION] = np.concatenate([part for t in turns for part in (spoken[t.id], pause)])
    return {f"{CLIPS}/{name}.flac": _flac(first[name]) for name in (*synthetic.RULES, CONVERSATION)}


def described(bundle: Bundle) -> dict[str, Any]:
    """Tell what a model is: name, labels, numbers of it, and the figures of its card."""
    card = bundle.path / CARD
    rows = ROW.finditer(card.read_text("utf-8")) if card.exists() else iter(())
    return {
        "name": bundle.name, "labels": list(bundle.labels), "sample_rate": bundle.sample_rate,
        "size_bytes": bundle.size_bytes, "n_params": bundle.model["n_params"],
        "window_s": bundle.windows.window_s, "thresholds": list(bundle.thresholds),
        "figures": [{"protocol": row["protocol"], "uar": float(row["uar"])} for row in rows][:1],
    }  # fmt: skip


def inventory(models: Sequence[Mapping[str, Any]], **besides: Any) -> bytes:
    """Write what a page has, as it asks for it.

    Args:
        models: as `described`; those of static files with ``module``, their address.
        besides: what else the page is told.
    """
    names = (*synthetic.RULES, CONVERSATION)
    told = [{"name": name, "file": f"{CLIPS}/{name}.flac"} for name in names]
    return json.dumps({"models": list(models), "clips": told, **besides}).encode()


def version(contents: Mapping[str, bytes]) -> str:
    """Name contents of files, so that other contents have another name."""
    named = (f"{name} {sha256(data).hexdigest()}" for name, data in sorted(contents.items()))
    return sha256("\n".join(named).encode()).hexdigest()[:12]


def _flac(waveform: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()

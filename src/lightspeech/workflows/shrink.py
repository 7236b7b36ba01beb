"""A Whisper encoder becomes a small one, and how a recipe names it is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightspeech.config import build
from lightspeech.encoders import shrink as encoders
from lightspeech.encoders.shrink import Shrink
from lightspeech.frontends.states import STATES_PER_S


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """A small encoder.

    Attributes:
        folder: where it is.
        size_bytes: of its file.
        encoder: what a recipe says to hear through it.
    """

    folder: Path
    size_bytes: int
    encoder: dict[str, Any]


def shrink(
    folder: Path, speech: Sequence[Path], settings: Mapping[str, Any], *, judged: int | None
) -> Shrunk:
    """Make a Whisper encoder small.

    Args:
        folder: where the small encoder goes.
        speech: folders of recordings, no test speaker's.
        settings: differences from the defaults of `Shrink`; a value None is none.
        judged: recordings that heads and units are judged by; None: as many as usual.

    Raises:
        ConfigError: if a setting cannot be.
        CorpusError: if a folder holds no recording.
        MissingExtra: if transformers is not installed.
        OutputError: if the folder cannot be written.
    """
    recordings = [path for place in speech for path in encoders.recordings_of(place)]
    differences = {key: value for key, value in settings.items() if value is not None}
    cfg = build(Shrink, differences, source="shrink")
    n_judged = judged or encoders.RECORDINGS
    size_bytes = encoders.shrink(cfg, recordings, folder, judged=n_judged)
    width = encoders.width(folder)
    encoder = {"source": folder, "width": width, "first": cfg.first, "last": cfg.last}
    if cfg.tuned:
        encoder |= {"tuned": cfg.tuned, "pool_s": 1 / STATES_PER_S}
    return Shrunk(folder=folder, size_bytes=size_bytes, encoder=encoder)

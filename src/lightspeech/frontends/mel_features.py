"""Features of a corpus, computed once per front end, kept on disk, memory-mapped by every run."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.config import as_dict
from lightspeech.corpora.base import Utterance
from lightspeech.files import replacing

Array = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Features:
    """Log bands of every utterance, twice: whole, for training, and in the windows of measuring.

    The windows go through the front end one by one, as on a device, so that measuring here and
    through an exported bundle is the same arithmetic.

    Attributes:
        frames: all utterances' frames one after the other, shape ``(total_frames, bands)``.
        offsets: first frame of each utterance and the end, shape ``(n + 1,)``.
        windows: shape ``(total_windows, frames, bands)``.
        window_offsets: first window of each utterance and the end, shape ``(n + 1,)``.
    """

    frames: Array
    offsets: Index
    windows: Array
    window_offsets: Index


def key(utterances: Sequence[Utterance], cfg: FrontEnd, windows: Windows) -> str:
    """Name the features of these recordings under this front end; a change of any gives another."""
    audio = [(u.id, u.audio_hash) for u in utterances]
    text = json.dumps([audio, as_dict(cfg), as_dict(windows)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def load(
    utterances: Sequence[Utterance],
    cfg: FrontEnd,
    windows: Windows,
    cache: Path,
    *,
    step: Callable[[], None] = lambda: None,
) -> Features:
    """Read features from the cache folder, computing them first where they are not there.

    Args:
        utterances: what to compute, with paths and hashes.
        cfg: the front end.
        windows: how an utterance is cut for measuring.
        cache: folder; features of each key live below it.
        step: called after each utterance computed.

    Raises:
        AudioError: if a recording cannot be decoded.
        OutputError: if the cache cannot be written.
    """
    folder = cache / key(utterances, cfg, windows)
    names = ("frames", "offsets", "windows", "window_offsets")
    if not (folder / f"{names[-1]}.npy").exists():
        computed = _compute(utterances, cfg, windows, step)
        for name, array in zip(names, computed, strict=True):
            with replacing(folder / f"{name}.npy") as temporary, temporary.open("wb") as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    arrays = [np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names]
    return Features(*arrays)


def _compute(
    utterances: Sequence[Utterance], cfg: FrontEnd, windows: Windows, step: Callable[[], None]
) -> tuple[Array, Index, Array, Index]:
    whole, cut = [], []
    for utterance in utterances:
        waveform = io.load(utterance.path, cfg.sample_rate)
        whole.append(frontend.log_bands(waveform, cfg))
        pieces = windows.cut(waveform, cfg.sample_rate)
        cut.append(np.stack([frontend.log_bands(piece, cfg) for piece in pieces]))
        step()
    return np.concatenate(whole), _offsets(whole), np.concatenate(cut), _offsets(cut)


def _offsets(parts: Sequence[Array]) -> Index:
    return np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)

"""A Fourier transform as matrix products: for runtimes that have none, such as LiteRT.

A transform of ``n_fft = a * b`` points is two small ones with a turn in between (Cooley & Tukey
1965): some kilobytes of tables, where a convolution with the whole basis takes megabytes.
"""

import math

import numpy as np
import torch
from torch import Tensor

from lightspeech.audio.frontend import Array


def frames(waveform: Tensor, n_frames: int, n_fft: int, hop_length: int) -> Tensor:
    """Cut overlapping frames, of blocks that both frame and hop are made of.

    Args:
        waveform: shape ``(batch, samples)``.
        n_frames: that lie in it.
        n_fft: samples of a frame.
        hop_length: samples from one to the next.

    Returns:
        Shape ``(batch, n_frames, n_fft)``.
    """
    block = math.gcd(n_fft, hop_length)
    needed = (n_frames - 1) * hop_length + n_fft
    blocks = waveform[:, :needed].reshape(len(waveform), -1, block)
    step = hop_length // block
    last = (n_frames - 1) * step + 1
    parts = [blocks[:, k : k + last : step] for k in range(n_fft // block)]
    return torch.cat(parts, dim=2)


def tables(n_fft: int) -> dict[str, Array]:
    """Make the tables of a transform; cosine and sine are the first axis of each.

    Args:
        n_fft: points of a frame, ``a * b``.

    Returns:
        ``first``: transform of ``a`` points, shape ``(2, a, a)``; ``turn``: between both
        transforms, shape ``(2, a, b)``; ``second``: transform of ``b`` points, shape ``(2, b, b)``.
    """
    a, b = _factors(n_fft)
    return {
        "first": _rotations(a, a, a), "turn": _rotations(a, b, n_fft), "second": _rotations(b, b, b)
    }  # fmt: skip


def energy(frames: Tensor, first: Tensor, turn: Tensor, second: Tensor) -> Tensor:
    """Squared magnitudes of the bins up to half the sample rate.

    Args:
        frames: windowed, shape ``(batch, frames, n_fft)``.
        first: of `tables`, shape ``(2, a, a)``.
        turn: shape ``(2, a, b)``.
        second: shape ``(2, b, b)``.

    Returns:
        Shape ``(batch, frames, n_fft // 2 + 1)``.
    """
    rows = frames.reshape(*frames.shape[:2], *turn.shape[1:])  # (B, T, a, b)
    cos, sin = first.unbind()
    real, imaginary = cos @ rows, sin @ rows
    cos, sin = turn.unbind()
    real, imaginary = real * cos - imaginary * sin, real * sin + imaginary * cos
    cos, sin = second.unbind()
    real, imaginary = real @ cos - imaginary @ sin, real @ sin + imaginary @ cos
    energy = (real * real + imaginary * imaginary).transpose(2, 3).flatten(2)
    return energy[:, :, : frames.shape[2] // 2 + 1]


def _factors(n: int) -> tuple[int, int]:
    """The two factors of a length that are nearest to each other."""
    a = next(a for a in range(math.isqrt(n), 0, -1) if n % a == 0)
    return a, n // a


def _rotations(rows: int, columns: int, period: int) -> Array:
    """Cosine and sine of ``-2 pi row * column / period``, shape ``(2, rows, columns)``."""
    angle = -2 * np.pi * np.outer(np.arange(rows), np.arange(columns)) / period
    return np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)

"""The arithmetic of TFLite Micro's integer LSTM on whole numbers that are kept as doubles.

A double holds every number that occurs exactly, and all that computes networks, onnxruntime too,
computes with doubles. What may be larger is clamped to 16 bits afterwards.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

INT16_MAX = 32_767.0


def _table() -> Tensor:
    """Sigmoid by 1/24, 16 bits behind the point; halves of what chords miss in the middle added."""
    values = 65_536 * torch.sigmoid(torch.arange(-1, 257, dtype=torch.float64) / 24)
    bent = (values[1:-1] - (values[2:] - 2 * values[1:-1] + values[:-2]) / 16 + 0.5).floor()
    bent[-1] = 65_535
    return bent


TABLE = _table()
"""What TFLite Micro interpolates, shape ``(256,)``."""


def int16(x: Tensor) -> Tensor:
    """Clamp to 16 bits.

    Args:
        x: whole numbers, any shape.

    Returns:
        The same shape.
    """
    return x.clamp(-INT16_MAX - 1, INT16_MAX)


def factors(pairs: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor]:
    """Write multipliers and shifts of `quantize_multiplier` as what `scaled` takes, one of each."""
    wide = [multiplier / 2**31 * 2.0 ** max(shift, 0) for multiplier, shift in pairs]
    narrow = [2.0 ** max(-shift, 0) for _, shift in pairs]
    return torch.tensor(wide, dtype=torch.float64), torch.tensor(narrow, dtype=torch.float64)


def scaled(x: Tensor, factor: Tensor, divisor: Tensor) -> Tensor:
    """Multiply, round, divide by a power of two, and round again, as the kernels do.

    Args:
        x: whole numbers, any shape.
        factor: of a shape that goes with that of ``x``.
        divisor: of the same shape.

    Returns:
        Whole numbers, the shape of ``x``.
    """
    quotient = (x * factor + 0.5).floor() / divisor
    return quotient.sign() * (quotient.abs() + 0.5).floor()  # halves away from zero


def sigmoid(x: Tensor) -> Tensor:
    """Sigmoid, 15 bits behind the point.

    Args:
        x: 16 bits, 12 of them behind the point, any shape.

    Returns:
        The same shape.
    """
    at = 3 * x
    table = _interpolated(at.abs(), 512, INT16_MAX * 1024)
    return (torch.where(at >= 0, table + 512, 2**25 - table + 511) / 1024).floor()


def tanh(x: Tensor, power: int) -> Tensor:
    """Hyperbolic tangent, 15 bits behind the point.

    Args:
        x: 16 bits, any shape; they count ``2**power``.
        power: -15 to -9.

    Returns:
        The same shape.
    """
    at = (3 * x * 2.0 ** (12 + power) + 0.5).floor()
    table = _interpolated(at.abs(), 256, 65_535 * 256) - 2**23
    return (torch.where(at >= 0, table + 128, 127 - table) / 256).floor()


def _interpolated(at: Tensor, step: int, beyond: float) -> Tensor:
    """Read the table between its places, ``step`` times what stands there."""
    table = TABLE.to(at.device)
    place = (at / step).floor()
    low = place.clamp(max=254).long()
    between = table[low] * step + (at - place * step) * (table[low + 1] - table[low])
    return torch.where(place >= 255, beyond, between)

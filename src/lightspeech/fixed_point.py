"""The whole-number arithmetic of int8 kernels: real factors as TFLite writes them."""

import math


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Write a real factor as TFLite's QuantizeMultiplier has it: 31 bits and a power of two.

    Args:
        real: the factor, 0 or more.

    Returns:
        Multiplier and shift: ``real`` is about ``multiplier / 2**31 * 2**shift``.
    """
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = multiplier // 2, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)

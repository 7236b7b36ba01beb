"""Sigmoid and hyperbolic tangent as LiteRT's kernels have them: gemmlowp's 16-bit fixed point.

Written from its definition, over all 65,536 inputs at once, to hold LiteRT's LSTM against.
"""

from types import SimpleNamespace

import numpy as np
import pytest

INPUTS = np.arange(-(2**15), 2**15, dtype=np.int64)
HALVINGS = (-2, -1, 0, 1, 2, 3, 4)


def sigmoid_table():
    """Of numbers with 12 bits behind the point; shape ``(65536,)``, 15 bits behind the point."""
    positive = _reciprocal(_exp(-np.abs(INPUTS), 3), minus_one=False)
    table = np.where(INPUTS > 0, positive, 32_767 - positive)
    return np.where(INPUTS == 0, 2**14, table)


def tanh_table(integer_bits):
    """Of numbers with so many bits before the point; as of `sigmoid_table`."""
    positive = _reciprocal(_exp(-np.abs(INPUTS), integer_bits + 1), minus_one=True)
    return np.sign(INPUTS) * positive


def _constant(real, bits=0):
    whole = min(np.floor(real * 2 ** (31 - bits) + 0.5), 2**31 - 1)
    return int(np.floor(whole / 2**16 + 0.5))


def divided(x, exponent):
    """By a power of two, halves away from zero."""
    return np.sign(x) * ((np.abs(x) + (1 << exponent >> 1)) >> exponent)


def _product(a, b):
    return (a * b + 2**14) >> 15


def _saturated(x):
    return np.clip(x, -(2**15), 2**15 - 1)


def _exp(x, bits):
    """Of numbers below zero, with so many bits before the point."""
    fraction = 15 - bits
    quarter = 1 << (fraction - 2)
    rest = (x & (quarter - 1)) - quarter
    y = _saturated(rest << bits) + 2**12
    squared = _product(y, y)
    powers = divided(_product(squared, squared), 2) + _product(squared, y)
    series = y + divided(_product(powers, _constant(1 / 3)) + squared, 1)
    middle = _constant(np.exp(-1 / 8))
    result = _saturated(middle + _product(middle, series))
    for exponent in HALVINGS:
        if bits > exponent:
            bit = ((rest - x) >> (fraction + exponent)) & 1
            halved = _product(result, _constant(np.exp(-(2.0**exponent))))
            result = np.where(bit, halved, result)
    if bits > 5:
        result = np.where(x < -32 << fraction, 0, result)
    return np.where(x == 0, 2**15 - 1, result)


def _reciprocal(x, *, minus_one):
    """1 / (1 + x), or (1 - x) / (1 + x), of numbers from 0 to 1, by Newton and Raphson."""
    half = (x + 2**15) >> 1
    guess = _constant(48 / 17, 2) + _product(half, _constant(-32 / 17, 2))
    for _ in range(3):
        wrong = 2**13 - _product(half, guess)
        guess = guess + _saturated(_product(guess, wrong) << 2)
    if minus_one:
        return _saturated((guess - 2**13) << 2)
    return _saturated(guess << 1)


@pytest.fixture(scope="session")
def gemmlowp():
    return SimpleNamespace(inputs=INPUTS, sigmoid_table=sigmoid_table, tanh_table=tanh_table)

"""Constants of generated C: as many to a line as fit."""

import textwrap

import numpy as np

from lightspeech.export.c99 import text


def test_lines_are_those_of_textwrap():
    numbers = np.random.default_rng(0).integers(-(10**6), 10**6, 500)
    words = [*map(str, numbers), "x" * (2 * text.WIDTH), "1"]
    joined = ", ".join(words)
    wanted = textwrap.fill(
        joined, text.WIDTH, initial_indent=text.INDENT, subsequent_indent=text.INDENT,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    assert text._wrapped(joined) == wanted

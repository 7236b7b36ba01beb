"""Arrays of numbers as C writes them."""

from collections.abc import Iterable

import numpy as np

PER_LINE = 8


def array(kind: str, name: str, values: Iterable[float]) -> str:
    """Write an array of C.

    Args:
        kind: of its numbers, as C names it; ``float``, or one of whole numbers.
        name: of the array.
        values: its numbers.
    """
    numbers = [number(value) if kind == "float" else str(value) for value in values]
    rows = [numbers[at : at + PER_LINE] for at in range(0, len(numbers), PER_LINE)]
    body = "".join(f"    {', '.join(row)},\n" for row in rows)
    return f"static const {kind} {name}[{len(numbers)}] = {{\n{body}}};"


def number(value: float) -> str:
    """Write a float so that C reads back the very same."""
    return f"{np.float32(value):.8e}f"


def header(name: str, lines: list[str]) -> str:
    """Write a header of C.

    Args:
        name: of its file.
        lines: what stands in it.
    """
    guard = name.upper().replace(".", "_")
    body = "\n".join(lines)
    return (
        f"/* Written by lightspeech. */\n#ifndef {guard}\n#define {guard}\n\n"
        f"#include <stdint.h>\n\n{body}\n\n#endif\n"
    )

"""What accident and malice do to files: bytes, text, values of JSON and YAML, tables.

All is drawn from a seeded generator, so that a number gives the same input again on any machine.
"""

import copy
import csv
import io
import json
import re
import zipfile
from random import Random
from typing import Any

import yaml

ODD_NUMBERS = (
    "0", "-1", "1", "2", "-0", "0.0", "1e999", "-1e999", "1e-320", "NaN", ".nan", ".inf",
    "Infinity", "-Infinity", "255", "256", "65536", "2147483647", "2147483648", "4294967296",
    "-9223372036854775809", "18446744073709551616", "1e18", "1e308", "0x7fffffff", "1_000",
    "9" * 5_000, "3.5", "1,5", "true", "null",
)  # fmt: skip
ODD_TEXTS = (
    "", " ", "\0", "\ud800", "\x1b[31m", "..", "../../etc/passwd", "/dev/zero", "/", "~", "a" * 300,
    "é", "e\u0301", "🙂", "\u202e", "\n", "a\nb", "'", '"', "{", "[", "- -", ": ", " #", "%s",
    "*a", "&a", "!!python/object:os.system x", "2024-02-30", "2024-11-05", "1:30", "007", "no",
    "=1+1", "\\", "C:\\a", "con", "\ufeff", "NULL", "\udcff", "a/b", ".", "(a+)+$", "(?P<speaker>",
    "[[" * 2_000, "name", "mel", "whisper", "synthetic", "folder",
)  # fmt: skip
ODD_VALUES = (
    None, True, False, [], {}, [[]], {"name": "mel"}, [None], {"": ""}, 0, -1, 1, 2.5, 1e308,
    -1e-320, 10**30, -(10**30), [1, 2, 3], "1", {"a": {"b": {}}}, [[[[[[]]]]]], ["a"] * 1_000,
)  # fmt: skip
INTEGERS = (
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    32767,
    65535,
    1 << 20,
    (1 << 31) - 1,
    1 << 31,
    -(1 << 31),
)
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
WORD = re.compile(rb"[\w.-]+")
MAX_BYTES = 1 << 22


def binary(rng: Random, data: bytes, other: bytes = b"") -> bytes:
    """Spoil bytes once or a few times."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        data = rng.choice(_BINARY)(rng, bytearray(data), other)[:MAX_BYTES]
    return data


def _flip(rng: Random, data: bytearray, other: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 4, 32))):
        if data:
            data[_place(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(data)


def _overwrite(rng: Random, data: bytearray, other: bytes) -> bytes:
    size, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
    value = rng.choice(INTEGERS) if rng.random() < 0.7 else rng.getrandbits(64)
    at = _place(rng, data)
    data[at : at + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, order)
    return bytes(data)


def _cut(rng: Random, data: bytearray, other: bytes) -> bytes:
    return bytes(data[: _place(rng, data)])


def _behead(rng: Random, data: bytearray, other: bytes) -> bytes:
    return bytes(data[min(_place(rng, data), 64) :])


def _drop(rng: Random, data: bytearray, other: bytes) -> bytes:
    at = _place(rng, data)
    del data[at : at + rng.choice((1, 2, 4, 16, 256, 4_096))]
    return bytes(data)


def _insert(rng: Random, data: bytearray, other: bytes) -> bytes:
    at = _place(rng, data)
    data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 16, 256)))
    return bytes(data)


def _repeat(rng: Random, data: bytearray, other: bytes) -> bytes:
    at = _place(rng, data)
    chunk = data[at : at + rng.choice((1, 8, 64, 1_024))]
    data[at:at] = chunk * rng.choice((1, 2, 16, 200))
    return bytes(data)


def _fill(rng: Random, data: bytearray, other: bytes) -> bytes:
    at = _place(rng, data)
    n = len(data[at : at + rng.choice((4, 64, 1_024))])
    data[at : at + n] = bytes([rng.choice((0, 255, rng.randrange(256)))]) * n
    return bytes(data)


def _splice(rng: Random, data: bytearray, other: bytes) -> bytes:
    return bytes(data[: _place(rng, data)]) + other[_place(rng, other) :]


def _noise(rng: Random, data: bytearray, other: bytes) -> bytes:
    return bytes(data[: rng.choice((0, 4, 12, 44))]) + rng.randbytes(rng.choice((0, 1, 100, 5_000)))


_BINARY = (_flip, _flip, _overwrite, _overwrite, _overwrite, _cut, _behead, _drop, _insert, _repeat,
           _fill, _splice, _noise)  # fmt: skip


def _place(rng: Random, data: bytes | bytearray) -> int:
    """Choose a place, every other time in the head, where a format says what it is."""
    if not data:
        return 0
    return rng.randrange(min(len(data), 128) if rng.random() < 0.5 else len(data))


def text(rng: Random, data: bytes) -> bytes:
    """Spoil text by its numbers, words and lines; now and then its bytes."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice(_TEXT)(rng, data)[:MAX_BYTES]
    return data


def _number(rng: Random, data: bytes) -> bytes:
    return _exchange(rng, data, NUMBER, rng.choice(ODD_NUMBERS))


def _word(rng: Random, data: bytes) -> bytes:
    return _exchange(rng, data, WORD, odd_text(rng))


def _exchange(rng: Random, data: bytes, pattern: re.Pattern[bytes], by: str) -> bytes:
    found = list(pattern.finditer(data))
    if not found:
        return data + encoded(by)
    match = rng.choice(found)
    return data[: match.start()] + encoded(by) + data[match.end() :]


def _lines(rng: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    change = rng.randrange(4)
    if change == 0:
        del lines[at]
    elif change == 1:
        lines.insert(to, lines[at])
    elif change == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at] = b"  " + lines[at]
    return b"".join(lines)


def _nested(rng: Random, data: bytes) -> bytes:
    opening = rng.choice((b"[", b"{a: ", b'{"a":', b"- ", b"("))
    return _exchange(rng, data, WORD, (opening * rng.choice((10, 1_000, 100_000))).decode())


def _recoded(rng: Random, data: bytes) -> bytes:
    decoded = data.decode("utf-8", "replace")
    return decoded.encode(rng.choice(("utf-16", "utf-8-sig", "utf-32", "cp1252")), "replace")


def _bytes(rng: Random, data: bytes) -> bytes:
    return rng.choice(_BINARY)(rng, bytearray(data), b"")


_TEXT = (_number, _number, _number, _word, _word, _lines, _lines, _nested, _recoded, _bytes)


def odd_text(rng: Random) -> str:
    """Choose what nobody thinks of as a name."""
    return rng.choice(ODD_TEXTS if rng.random() < 0.7 else ODD_NUMBERS)


def encoded(text: str) -> bytes:
    """Write text in UTF-8, halves of characters as they are."""
    return text.encode("utf-8", "surrogatepass")


def values(rng: Random, tree: Any) -> Any:
    """Spoil a value of JSON or YAML somewhere within: another type, another number, a key less."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        tree = _spoiled(rng, tree)
    return tree


def _spoiled(rng: Random, tree: Any) -> Any:
    places = [(node, key) for node in _nodes(tree) for key in _keys(node)]
    if not places or rng.random() < 0.02:
        return _odd(rng, tree)
    node, key = rng.choice(places)
    change = rng.random()
    if change < 0.15:
        del node[key]
    elif change < 0.25 and isinstance(node, dict):
        node[odd_text(rng)] = node.pop(key)
    elif change < 0.3 and isinstance(node, list):
        node.insert(key, copy.deepcopy(rng.choice(node)))
    else:
        node[key] = _odd(rng, node[key])
    return tree


def _nodes(tree: Any) -> list[Any]:
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return [tree, *(node for each in inner for node in _nodes(each))]


def _keys(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node)
    return list(range(len(node))) if isinstance(node, list) else []


def _odd(rng: Random, value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.6:
        return rng.choice(
            (-value, value * 2, value * 1_000, value + 1, value / 3, 0, 1e999, float("nan"), 10**18)
        )
    if rng.random() < 0.4:
        return odd_text(rng)
    return copy.deepcopy(rng.choice(ODD_VALUES))


def as_json(rng: Random, data: bytes) -> bytes:
    """Spoil a JSON document, its values more often than its text."""
    if rng.random() < 0.35:
        return text(rng, data)
    return json.dumps(values(rng, json.loads(data))).encode()


def as_yaml(rng: Random, data: bytes) -> bytes:
    """Spoil a YAML document, likewise."""
    if rng.random() < 0.5:
        return text(rng, data)
    spoiled = values(rng, yaml.safe_load(data))
    return encoded(yaml.safe_dump(spoiled, sort_keys=False, allow_unicode=True))


def as_lines(rng: Random, data: bytes) -> bytes:
    """Spoil a file of a JSON document a line."""
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    lines[at] = as_json(rng, lines[at].strip()) + b"\n"
    return b"".join(lines)


def as_table(rng: Random, data: bytes) -> bytes:
    """Spoil a table of text: cells, columns, rows, separators, quotes."""
    if rng.random() < 0.4:
        return text(rng, data)
    rows = list(csv.reader(io.StringIO(data.decode())))
    for _ in range(rng.choice((1, 1, 2, 5))):
        row = rows[0] if rng.random() < 0.3 else rng.choice(rows)
        at = rng.randrange(len(row) + 1)
        change = rng.random()
        if change < 0.6:
            row[at : at + 1] = [odd_text(rng)]
        elif change < 0.8:
            row[at:at] = [odd_text(rng)] * rng.choice((1, 3, 500))
        elif change < 0.9:
            del row[at:]
        else:
            rows.insert(0, list(row))
    separator = rng.choice(",,,,;\t|")
    return encoded("\n".join(separator.join(map(_quoted, row)) for row in rows) + "\n")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',;\t|\n"') else cell


def as_zip(rng: Random, data: bytes) -> bytes:
    """Spoil a zip archive of XML, such as a spreadsheet: within it, or its bytes."""
    if rng.random() < 0.3:
        return binary(rng, data)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        names = old.namelist()
        chosen = rng.choice(names)
        for name in names:
            content = old.read(name)
            new.writestr(name, text(rng, content) if name == chosen else content)
    return made.getvalue()


def as_safetensors(rng: Random, data: bytes) -> bytes:
    """Spoil tensors: what their header says, or the bytes."""
    if rng.random() < 0.4:
        return binary(rng, data)
    n_bytes = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + n_bytes])
    inner = header.get("__metadata__", {})
    place = rng.choice(sorted(inner)) if inner and rng.random() < 0.5 else None
    if place is None:
        header = values(rng, header)
    else:
        spoil = as_json if inner[place][:1] in ("[", "{") else text
        inner[place] = spoil(rng, inner[place].encode()).decode("utf-8", "replace")
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + data[8 + n_bytes :]

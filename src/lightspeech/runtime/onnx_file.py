"""What an ONNX file asks for, read from its bytes before any runtime is given them.

The file is walked field by field, as protobuf reads it: a field in an unusual place, given twice,
or with a length in more bytes than it needs is found all the same. Numbers are those of
``onnx.proto`` (ONNX 1.21); fields that are not named here do no harm and are passed over.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lightspeech.errors import BundleError

DOMAINS = (b"", b"ai.onnx", b"com.microsoft")
"""Whose operators a model may be made of: those of ONNX, and those that onnxruntime brings."""
VARINT, FIXED64, BYTES, GROUP, END_GROUP, FIXED32 = range(6)
FIXED_BYTES = {FIXED64: 8, FIXED32: 4}
MAX_VARINT_BYTES = 10
MAX_GROUPS = 64
"""Groups within groups; protobuf itself allows a hundred."""

GRAPH = 7
"""Field of a model that holds its graph."""
NODE, OPERATOR, ATTRIBUTES = 1, 4, 5
"""Fields of a graph, and of a node: the name of its operator, and how it is set."""
ATTRIBUTE_NAME, ATTRIBUTE_INTEGERS = 1, 8

Content = int | memoryview


def _refuse(what: str) -> Callable[[Content], None]:
    def refuse(content: Content) -> None:
        raise BundleError(what)

    return refuse


def _check_location(content: Content) -> None:
    if content != 0:
        raise BundleError("refers to data outside the file")


def _check_domain(content: Content) -> None:
    domain = bytes(content) if isinstance(content, memoryview) else b"?"
    if domain not in DOMAINS:
        name = domain[:40].decode(errors="replace")
        raise BundleError(f"holds operators of the unknown domain {name!r}")


# A message by the numbers of its fields: another message, or what checks the content.
_TENSOR: dict[int, Any] = {13: _refuse("refers to data outside the file"), 14: _check_location}
_SPARSE_TENSOR: dict[int, Any] = {1: _TENSOR, 2: _TENSOR}
_CONTROL_FLOW = _refuse("holds control flow: a graph within its graph")
_ATTRIBUTE: dict[int, Any] = {
    5: _TENSOR, 10: _TENSOR, 22: _SPARSE_TENSOR, 23: _SPARSE_TENSOR,
    6: _CONTROL_FLOW, 11: _CONTROL_FLOW,
}  # fmt: skip
_NODE: dict[int, Any] = {5: _ATTRIBUTE, 7: _check_domain}
_BODY: dict[int, Any] = {1: _NODE, 5: _TENSOR, 15: _SPARSE_TENSOR}
_SCAN: dict[int, Any] = {5: {**_ATTRIBUTE, 6: _BODY}, 7: _check_domain}


def _check_node(content: Content) -> None:
    """Let a Scan alone have a graph in it: it ends with the frames that it is given."""
    if isinstance(content, memoryview):
        named = [value for number, value in fields(content) if number == OPERATOR]
        names = [bytes(value) for value in named if isinstance(value, memoryview)]
        _check(content, _SCAN if names == [b"Scan"] else _NODE)


_GRAPH: dict[int, Any] = {**_BODY, 1: _check_node}
_MODEL: dict[int, Any] = {
    7: _GRAPH, 20: _refuse("holds a graph for training"), 25: _refuse("holds functions"),
}  # fmt: skip


def check(model: bytes) -> None:
    """Refuse a model that is more than a network: what reads files, loops, or calls strangers.

    Args:
        model: an ONNX file.

    Raises:
        BundleError: if it is no protobuf message, refers to data outside the file, holds control
            flow but for a Scan, functions or a graph for training, or operators of an unknown
            domain.
    """
    _check(memoryview(model), _MODEL)


def reach(model: bytes) -> int:
    """Tell how far the widest convolution of a model reaches, in frames or samples.

    Args:
        model: an ONNX file that was checked.

    Returns:
        At least 1, also where there is none.
    """
    graphs = _messages(memoryview(model), GRAPH)
    return max((_reach(node) for graph in graphs for node in _messages(graph, NODE)), default=1)


def _reach(node: memoryview) -> int:
    if b"Conv" not in b"".join(map(bytes, _messages(node, OPERATOR))):
        return 1
    attributes = dict(map(_integers, _messages(node, ATTRIBUTES)))
    kernel = attributes.get(b"kernel_shape", [])
    dilations = attributes.get(b"dilations") or [1] * len(kernel)
    return max(
        ((size - 1) * apart + 1 for size, apart in zip(kernel, dilations, strict=False)), default=1
    )


def _integers(attribute: memoryview) -> tuple[bytes, list[int]]:
    """Read name and integers of an attribute, packed or one by one."""
    name, integers = b"", []
    for number, content in fields(attribute):
        if number == ATTRIBUTE_NAME and isinstance(content, memoryview):
            name = bytes(content)
        elif number == ATTRIBUTE_INTEGERS and isinstance(content, int):
            integers.append(content)
        elif number == ATTRIBUTE_INTEGERS and isinstance(content, memoryview):
            at = 0
            while at < len(content):
                value, at = _varint(content, at)
                integers.append(value)
    return name, integers


def _messages(message: memoryview, number: int) -> Iterator[memoryview]:
    for each, content in fields(message):
        if each == number and isinstance(content, memoryview):
            yield content


def _check(message: memoryview, kinds: Mapping[int, Any]) -> None:
    for number, content in fields(message):
        kind = kinds.get(number)
        if callable(kind):
            kind(content)
        elif kind is not None and isinstance(content, memoryview):
            _check(content, kind)  # of another wire type it would be passed over


def fields(message: memoryview) -> Iterator[tuple[int, Content]]:
    """Walk the fields of a message.

    Args:
        message: its bytes.

    Yields:
        Number and content of each, in their order: an integer, 0 to 2**64 - 1, or bytes. Groups,
        which ONNX has none of, are passed over with all that is in them.

    Raises:
        BundleError: if the bytes are no message.
    """
    at, groups = 0, 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if number == 0 or tag >= 1 << 32:
            raise _broken(at)
        groups += (wire_type == GROUP) - (wire_type == END_GROUP)
        if not 0 <= groups <= MAX_GROUPS:
            raise _broken(at)
        if wire_type not in (GROUP, END_GROUP):
            content, at = _content(message, at, wire_type)
            if groups == 0:
                yield number, content
    if groups:
        raise _broken(at)


def _content(message: memoryview, at: int, wire_type: int) -> tuple[Content, int]:
    if wire_type == VARINT:
        return _varint(message, at)
    if wire_type == BYTES:
        length, at = _varint(message, at)
    elif wire_type in FIXED_BYTES:
        length = FIXED_BYTES[wire_type]
    else:
        raise _broken(at)
    if length > len(message) - at:
        raise _broken(at)
    return message[at : at + length], at + length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Read an integer of seven bits a byte, the lowest first; give it and the place behind it."""
    value = 0
    for place, byte in enumerate(message[at : at + MAX_VARINT_BYTES]):
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value & ((1 << 64) - 1), at + place + 1
    raise _broken(at)


def _broken(at: int) -> BundleError:
    return BundleError(f"is no ONNX file (byte {at} of a message makes no sense)")

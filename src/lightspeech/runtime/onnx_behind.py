"""The part of an ONNX model behind one of its operators, as a model of its own.

Only the list of nodes and the inputs change, so that the file's own message is copied field by
field: nothing that writes ONNX has to be installed where models are asked.
"""

from collections.abc import Iterable, Iterator

from lightspeech.runtime.onnx_file import BYTES, GRAPH, NODE, OPERATOR, VARINT, Content, fields

INPUT, OUTPUT = 1, 2
"""Fields of a node: names of what it reads, and of what it gives."""
GRAPH_INPUT, GRAPH_OUTPUT, NAME = 11, 12, 1
"""Fields of a graph, and of an input or output of one: its name."""
FLOAT = 1
"""Type of an element."""


def behind(model: bytes, operator: str, *, axes: int) -> tuple[bytes, str] | None:
    """Cut a model where its first node of a kind begins.

    Args:
        model: an ONNX file that was checked, see `onnx_file.check`.
        operator: kind of the node, such as ``Log``.
        axes: of what that node reads.

    Returns:
        A model that is given what the node reads, floats, and the name of that input; None where
        there is no such node, or the outputs need more than that.

    Raises:
        BundleError: if the bytes are no message.
    """
    graph = next(content for number, content in fields(memoryview(model)) if number == GRAPH)
    assert isinstance(graph, memoryview)
    parts = list(fields(graph))
    nodes = [content for number, content in parts if number == NODE]
    first = next((node for node in nodes if operator.encode() in _names(node, OPERATOR)), None)
    if first is None:
        return None
    source = _names(first, INPUT)[0]
    outputs = {_names(content, NAME)[0] for number, content in parts if number == GRAPH_OUTPUT}
    kept, missing = _needed(nodes, outputs, source)
    if missing & {_names(content, NAME)[0] for number, content in parts if number == GRAPH_INPUT}:
        return None
    others = [(number, content) for number, content in parts if number not in (NODE, GRAPH_INPUT)]
    new = [*((NODE, node) for node in kept), *others, (GRAPH_INPUT, _tensor(source, axes))]
    whole = [
        (number, _message(new) if number == GRAPH else content)
        for number, content in fields(memoryview(model))
    ]
    return _message(whole), source.decode()


def _names(message: Content, field: int) -> list[bytes]:
    assert isinstance(message, memoryview)
    return [bytes(name) for number, name in fields(message) if number == field and _is_bytes(name)]


def _is_bytes(content: Content) -> bool:
    return isinstance(content, memoryview)


def _needed(
    nodes: list[Content], outputs: set[bytes], source: bytes
) -> tuple[list[Content], set[bytes]]:
    """Keep the nodes that outputs depend on, up to the source; and name what none of them gives."""
    wanted, kept, given = set(outputs), [], {source}
    for node in reversed(nodes):
        gives = set(_names(node, OUTPUT))
        if gives & wanted and source not in gives:
            kept.append(node)
            wanted |= set(_names(node, INPUT))
            given |= gives
    return kept[::-1], wanted - given


def _tensor(name: bytes, axes: int) -> bytes:
    """Describe an input of floats whose axes are all open."""
    shape = _message((1, _message([(2, b"axis%d" % axis)])) for axis in range(axes))
    kind = _message([(1, _message([(1, FLOAT), (2, shape)]))])
    return _message([(NAME, name), (2, kind)])


def _message(parts: Iterable[tuple[int, Content | bytes]]) -> bytes:
    return b"".join(piece for number, content in parts for piece in _field(number, content))


def _field(number: int, content: Content | bytes) -> Iterator[bytes]:
    if isinstance(content, int):
        yield _varint(number << 3 | VARINT) + _varint(content)
    else:
        yield _varint(number << 3 | BYTES) + _varint(len(content))
        yield bytes(content)


def _varint(value: int) -> bytes:
    """Write an integer of seven bits a byte, the lowest first."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])

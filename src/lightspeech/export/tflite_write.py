"""Changes a parsed ``.tflite`` file, as the schema's own objects, and writes it."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

TYPES = {np.dtype(np.int8): 9, np.dtype(np.int16): 7, np.dtype(np.int32): 2}
"""Numbers of the schema for what is written here."""


def code(model: Any, schema: Any, kind: int, version: int) -> int:
    """Make a kind of operation known; give its place among those of the file.

    Args:
        model: parsed.
        schema: of LiteRT.
        kind: number of the operation.
        version: of it.
    """
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = kind
    code.version = version
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def tensor(
    model: Any,
    schema: Any,
    name: str,
    like: npt.NDArray[Any],
    *,
    quantized: tuple[float, int] | None = None,
    role: Literal["constant", "state", "scale"] = "constant",
) -> int:
    """Add a tensor to the one graph of a file; give its place.

    Args:
        model: parsed.
        schema: of LiteRT.
        name: of the tensor.
        like: its numbers, of a type of `TYPES`; of all but a constant the shape alone counts.
        quantized: scale and zero point; None: whole numbers as they are.
        role: a constant, whose numbers go into the file, a state that operations keep, or what
            tells a scale alone.
    """
    made, graph = schema.TensorT(), model.subgraphs[0]
    made.name, made.type, made.shape = name, TYPES[like.dtype], list(like.shape)
    made.buffer, made.isVariable = 0, role == "state"
    if role == "constant":
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(like.astype(like.dtype.newbyteorder("<")).tobytes(), np.uint8)
        model.buffers.append(buffer)
        made.buffer = len(model.buffers) - 1
    if quantized is not None:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = ([each] for each in quantized)
    graph.tensors.append(made)
    return len(graph.tensors) - 1


def packed(model: Any) -> bytes:
    """Write a parsed file."""
    import flatbuffers

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def operator(
    schema: Any, code: int, inputs: Sequence[int], outputs: Sequence[int], options: Any = None
) -> Any:
    """Make an operation.

    Args:
        schema: of LiteRT.
        code: its kind, as `code` gave it.
        inputs: places of tensors.
        outputs: the same.
        options: an object of the schema; None where it has none.
    """
    made = schema.OperatorT()
    made.opcodeIndex, made.inputs, made.outputs = code, list(inputs), list(outputs)
    if options is not None:
        name = type(options).__name__.removesuffix("T")
        made.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        made.builtinOptions = options
    return made

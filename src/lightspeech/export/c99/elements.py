"""Means, sums, products, rescalings and moves of elements as calls of C99 kernels."""

import math
from typing import Any

from lightspeech.export.c99.graph import constant
from lightspeech.export.c99.layer import Layer, Step, factor, range_of, refuse_rescaling, scale_of


def reduction(layer: Layer) -> list[Step]:
    """Mean or maximum along neighbouring axes."""
    source, out = layer.tensor(0), layer.out
    rank = len(source.shape)
    given = constant(layer.graph, layer.operation, 1)
    axes = sorted({int(axis) % rank for axis in given if -rank <= axis < rank})
    neighbours = axes and axes == list(range(axes[0], axes[-1] + 1))
    layer.refuse(
        len(axes) != len(given) or not neighbours, f"reduces axes {given.tolist()} of {rank}"
    )
    outer, inner = math.prod(source.shape[: axes[0]]), math.prod(source.shape[axes[-1] + 1 :])
    count = math.prod(source.shape[axes[0] : axes[-1] + 1])
    layer.refuse(out.size != outer * inner, f"makes {out.shape} of {source.shape}")
    fields: dict[str, Any] = {
        "outer": outer,
        "count": count,
        "inner": inner,
        "in_zero": source.zeros[0],
    }
    if layer.operation.kind == "REDUCE_MAX":
        refuse_rescaling(layer)
        scale = {"multiplier": 0, "shift": 0}
    else:
        scale = _mean_scale(scale_of(layer, factor(source) / factor(out)), count)
    fields |= {"scale": scale, "out": range_of(layer)}
    [output] = layer.operation.outputs
    return [
        Step(layer.operation.kind.lower(), "reduction", fields, layer.operation.inputs[:1], output)
    ]


def _mean_scale(scale: dict[str, int], count: int) -> dict[str, int]:
    """Take the division into the multiplier, with as many bits as fit, as the reference does."""
    shift = min(count.bit_length() - 1, 32, 31 + scale["shift"])
    multiplier = (scale["multiplier"] << shift) // count
    return {"multiplier": multiplier, "shift": scale["shift"] - shift}


def pair(layer: Layer) -> list[Step]:
    """Sum or product of two operands, one of them possibly repeated or constant."""
    a, b, out = layer.tensor(0), layer.tensor(1), layer.out
    for tensor in (a, b):
        layer.refuse(
            tensor.dtype != "int8" or len(tensor.scales) != 1 or len(tensor.shape) > len(out.shape),
            f"takes {tensor.dtype} of shape {tensor.shape}",
        )
    shape = (1,) * (4 - len(out.shape)) + out.shape
    strides = [_repeated(layer, tensor.shape, shape) for tensor in (a, b)]
    if a.shape == b.shape:
        shape, strides = (1, 1, 1, out.size), [[0, 0, 0, 1]] * 2
    one, other, to = factor(a), factor(b), factor(out)
    if layer.operation.kind == "ADD":
        common = 2 * max(one, other)
        factors = one / common, other / common, common / ((1 << 20) * to)
    else:
        factors = 0.5, 0.5, one * other / to
    scales = [scale_of(layer, real) for real in factors]
    fields = {
        "shape": list(shape), "a_stride": strides[0], "b_stride": strides[1],
        "a_zero": a.zeros[0], "b_zero": b.zeros[0],
        "a": scales[0], "b": scales[1], "result": scales[2], "out": range_of(layer),
    }  # fmt: skip
    over = tuple(i for i, tensor in enumerate((a, b)) if tensor.size == out.size)
    kernel, [output] = layer.operation.kind.lower(), layer.operation.outputs
    return [Step(kernel, "pair", fields, layer.operation.inputs[:2], output, over=over)]


def _repeated(layer: Layer, shape: tuple[int, ...], to: tuple[int, ...]) -> list[int]:
    """Strides that read an operand once for each element of the output."""
    padded = (1,) * (4 - len(shape)) + shape
    fits = all(n in (1, m) for n, m in zip(padded, to, strict=True))
    layer.refuse(not fits, f"cannot repeat {shape} to {to}")
    return [0 if n == 1 else s for n, s in zip(padded, _strides(padded), strict=True)]


def _strides(shape: tuple[int, ...]) -> list[int]:
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def rescale(layer: Layer) -> list[Step]:
    """Bring numbers to another scale."""
    source, out = layer.tensor(0), layer.out
    layer.refuse(source.size != out.size, f"makes {out.shape} of {source.shape}")
    fields = {
        "size": out.size, "in_zero": source.zeros[0],
        "scale": scale_of(layer, factor(source) / factor(out)), "out": range_of(layer),
    }  # fmt: skip
    [output] = layer.operation.outputs
    return [Step("quantize", "rescale", fields, layer.operation.inputs[:1], output, over=(0,))]


def padding(layer: Layer) -> list[Step]:
    """Fill the output with the zero point, then copy the input into it."""
    source, out = layer.tensor(0).shape, layer.out.shape
    given = constant(layer.graph, layer.operation, 1)
    layer.refuse(
        len(given) != 2 * len(source) or bool((given < 0).any()),
        f"pads {source} by {given.tolist()}",
    )
    amounts = given.reshape(-1, 2)
    expected = tuple(n + int(pad.sum()) for n, pad in zip(source, amounts, strict=True))
    layer.refuse(expected != out, f"pads {source} to {out} by {given.tolist()}")
    refuse_rescaling(layer)
    start = sum(int(pad[0]) * s for pad, s in zip(amounts, _strides(out), strict=True))
    fill = {"fill_size": layer.out.size, "fill": layer.out.zeros[0]}
    return [_move(layer, 0, source, _strides(source), _strides(out), out_start=start, fill=fill)]


def slice(layer: Layer) -> list[Step]:
    """Copy a part of the input."""
    source, out = layer.tensor(0).shape, layer.out.shape
    begin, size = (constant(layer.graph, layer.operation, place).tolist() for place in (1, 2))
    layer.refuse(
        not len(begin) == len(size) == len(source)
        or tuple(size) != out
        or any(not 0 <= b <= n - m for b, m, n in zip(begin, size, source, strict=True)),
        f"takes {size} from {begin} on of {source}",
    )
    refuse_rescaling(layer)
    start = sum(b * s for b, s in zip(begin, _strides(source), strict=True))
    return [_move(layer, 0, out, _strides(source), _strides(out), in_start=start)]


def transposition(layer: Layer) -> list[Step]:
    """Copy in another order."""
    source, out = layer.tensor(0).shape, layer.out.shape
    order = [int(axis) for axis in constant(layer.graph, layer.operation, 1)]
    refuse_rescaling(layer)
    strides = [_strides(source)[axis] for axis in order]
    return [_move(layer, 0, out, strides, _strides(out))]


def concatenation(layer: Layer) -> list[Step]:
    """Copy each input to its place in the output."""
    out, rank = layer.out.shape, len(layer.out.shape)
    axis = layer.operation.options["axis"]
    layer.refuse(not -rank <= axis < rank, f"joins along axis {axis} of {rank}")
    refuse_rescaling(layer)
    outer, width = math.prod(out[: axis % rank]), math.prod(out[axis % rank :])
    start, moves = 0, []
    for place in range(len(layer.operation.inputs)):
        tensor = layer.tensor(place)
        chunk = tensor.size // outer
        layer.refuse(
            tensor.dtype != "int8" or chunk * outer != tensor.size or start + chunk > width,
            f"has no room for {tensor.shape} in {out}",
        )
        strides = [chunk, 1], [width, 1]
        moves.append(_move(layer, place, (outer, chunk), *strides, out_start=start))
        start += chunk
    layer.refuse(start != width, f"fills {start} of {width}")
    return moves


def _move(
    layer: Layer,
    place: int,
    shape: tuple[int, ...],
    in_stride: list[int],
    out_stride: list[int],
    *,
    in_start: int = 0,
    out_start: int = 0,
    fill: dict[str, int] | None = None,
) -> Step:
    missing = 4 - len(shape)
    fields = {
        "shape": [1] * missing + list(shape),
        "in_stride": [0] * missing + in_stride,
        "out_stride": [0] * missing + out_stride,
        "in_start": in_start,
        "out_start": out_start,
        **(fill or {"fill_size": 0, "fill": 0}),
    }
    inputs = layer.operation.inputs[place : place + 1]
    return Step("move", "copy", fields, inputs, layer.operation.outputs[0])

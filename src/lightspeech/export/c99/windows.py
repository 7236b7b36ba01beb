"""Convolutions, matrix products and pools as calls of C99 kernels."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lightspeech.export.c99.graph import constant
from lightspeech.export.c99.layer import Layer, Step, factor, range_of, refuse_rescaling, scale_of

SIDE_BY_SIDE = 6
"""Positions whose bytes wait as pairs of 16 bits, where a processor multiplies two at once."""
MAX_STEP = 4096
"""Of a kernel, a stride or a dilation; their products stay far below 32 bits."""


def _window(layer: Layer, kernel_h: int, kernel_w: int) -> dict[str, int]:
    """Geometry of a convolution or a pool, its output checked against the file's."""
    source, out, options = layer.tensor(0).shape, layer.out.shape, layer.operation.options
    layer.refuse(len(source) != 4 or len(out) != 4 or source[0] != 1, "wants one picture at a time")
    sizes, kernel = source[1:3], (kernel_h, kernel_w)
    stride = options["stride_h"], options["stride_w"]
    dilation = options.get("dilation_h", 1), options.get("dilation_w", 1)
    steps = *kernel, *stride, *dilation
    layer.refuse(min(steps) < 1 or max(steps) > MAX_STEP, f"has kernel, stride, dilation {steps}")
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    before, after = _padding(options["padding"], sizes, stride, reach)
    expected = [
        (n + b + a - r) // s + 1
        for n, b, a, r, s in zip(sizes, before, after, reach, stride, strict=True)
    ]
    layer.refuse(expected != list(out[1:3]), f"gives {out[1:3]}, where {expected} follows")
    return {
        "in_h": source[1], "in_w": source[2], "in_c": source[3], "out_h": out[1], "out_w": out[2],
        "kernel_h": kernel_h, "kernel_w": kernel_w, "stride_h": stride[0], "stride_w": stride[1],
        "dilation_h": dilation[0], "dilation_w": dilation[1],
        "pad_h": before[0], "pad_w": before[1],
    }  # fmt: skip


def _padding(
    padding: str | tuple[int, ...],
    sizes: tuple[int, ...],
    stride: tuple[int, ...],
    reach: list[int],
) -> tuple[list[int], list[int]]:
    """Rows and columns before and after a picture."""
    if padding == "VALID":
        return [0, 0], [0, 0]
    if padding == "SAME":
        needed = [
            max(0, (-(-n // s) - 1) * s + r - n)
            for n, s, r in zip(sizes, stride, reach, strict=True)
        ]
        return [n // 2 for n in needed], [n - n // 2 for n in needed]
    top, bottom, left, right = (int(amount) for amount in padding)
    return [top, left], [bottom, right]


def convolution(layer: Layer) -> list[Step]:
    """Multiply every patch with every filter."""
    weights = layer.tensor(1)
    layer.refuse(len(weights.shape) != 4, f"has weights of shape {weights.shape}")
    _, kernel_h, kernel_w, in_c = weights.shape
    window = _window(layer, kernel_h, kernel_w)
    layer.refuse(window["in_c"] != in_c, f"has {window['in_c']} channels, weights for {in_c}")
    data = _weights(layer, 0)
    return [_filters(layer, window, data, _channel_scales(layer, weights.scales))]


def depthwise(layer: Layer) -> list[Step]:
    """Convolve each channel for itself; a single input channel is a plain convolution."""
    weights = layer.tensor(1)
    layer.refuse(len(weights.shape) != 4, f"has weights of shape {weights.shape}")
    _, kernel_h, kernel_w, out_c = weights.shape
    window = _window(layer, kernel_h, kernel_w)
    data, scales = _weights(layer, 3), _channel_scales(layer, weights.scales)
    if window["in_c"] == 1:  # every output channel reads all inputs: a plain convolution
        return [_filters(layer, window, np.moveaxis(data, 3, 0), scales)]
    layer.refuse(window["in_c"] != out_c, f"makes {out_c} channels of {window['in_c']}")
    step = _filters(layer, window, np.moveaxis(data, 3, 0), scales)
    size = kernel_h * kernel_w * out_c
    at_edge = max(window["pad_h"], 1)  # positions whose rows are gathered at once
    return [
        replace(
            step,
            kernel="depthwise_conv_2d",
            layer={**step.layer, "weights": data},
            scratch=(kernel_h + at_edge - 1) * kernel_w * out_c,
            over=(),
            macs=window["out_h"] * window["out_w"] * size,
        )
    ]


def fully_connected(layer: Layer) -> list[Step]:
    """Multiply a matrix with each row: a convolution of one by one."""
    source, weights = layer.tensor(0), layer.tensor(1)
    layer.refuse(len(weights.shape) != 2, f"has weights of shape {weights.shape}")
    width = weights.shape[1]
    rows = source.size // width
    layer.refuse(
        rows * width != source.size or layer.out.size != rows * weights.shape[0],
        f"makes {layer.out.shape} of {source.shape} with weights {weights.shape}",
    )
    sizes = {"in_h": rows, "in_w": 1, "in_c": width, "out_h": rows, "out_w": 1}
    ones = ("kernel_h", "kernel_w", "stride_h", "stride_w", "dilation_h", "dilation_w")
    window = {**sizes, **dict.fromkeys(ones, 1), "pad_h": 0, "pad_w": 0}
    scales = _channel_scales(layer, weights.scales)
    if len(weights.scales) == 1:
        product = float(source.scales[0] * weights.scales[0])  # float32, as TFLite has it
        scales = [product / factor(layer.out)]
    return [_filters(layer, window, _weights(layer, 0), scales)]


def _weights(layer: Layer, axis: int) -> npt.NDArray[np.int8]:
    weights = layer.tensor(1)
    layer.refuse(weights.data is None or weights.dtype != "int8", "needs constant int8 weights")
    layer.refuse(any(weights.zeros), "has weights with a zero point other than 0")
    layer.refuse(
        len(weights.scales) not in (1, weights.shape[axis]),
        f"has {len(weights.scales)} scales for {weights.shape[axis]} channels",
    )
    assert weights.data is not None
    return weights.data


def _channel_scales(layer: Layer, scales: npt.NDArray[np.float32]) -> list[float]:
    source, out = factor(layer.tensor(0)), factor(layer.out)
    return [source * float(scale) / out for scale in scales]


def _is_read_as_it_lies(window: dict[str, int]) -> bool:
    """Whether every patch is a stretch of the input."""
    inside = not window["pad_h"] and not window["pad_w"] and window["dilation_h"] == 1
    reach = (window["out_h"] - 1) * window["stride_h"] + window["kernel_h"]
    rows = window["kernel_h"] == 1 or window["kernel_w"] == window["in_w"]
    across = (window["out_w"] - 1) * window["stride_w"] + window["kernel_w"]
    fits = reach <= window["in_h"] and across <= window["in_w"]
    return inside and window["dilation_w"] == 1 and rows and fits


def _filters(
    layer: Layer, window: dict[str, int], weights: npt.NDArray[np.int8], scales: list[float]
) -> Step:
    """A convolution whose weights have the output channel first."""
    out_c, zero = weights.shape[0], layer.tensor(0).zeros[0]
    flat = weights.reshape(out_c, -1).astype(np.int64)
    layer.refuse(layer.out.shape[-1] != out_c, f"has {layer.out.shape[-1]} outputs, not {out_c}")
    bias = np.zeros(out_c, np.int64)
    if len(layer.operation.inputs) > 2 and layer.operation.inputs[2] >= 0:
        bias = constant(layer.graph, layer.operation, 2)
    layer.refuse(bias.shape != (out_c,), f"has {bias.size} biases for {out_c} channels")
    folded = bias - zero * flat.sum(1)
    # With every product at its largest: no sum on the way can leave 32 bits, nor twice a sum.
    largest = np.abs(folded) + 128 * np.abs(flat).sum(1)
    layer.refuse(bool((largest >= 2**30).any()), "can overflow 32 bits; train with smaller weights")
    pointwise = window["kernel_h"] * window["kernel_w"] == 1 and window["stride_h"] == 1
    narrow = pointwise and window["stride_w"] == 1 and out_c <= window["in_c"]
    padded = window["pad_h"] or window["pad_w"] or window["in_h"] != window["out_h"]
    size = flat.shape[1]
    gathered = 0 if _is_read_as_it_lies(window) else size
    return Step(
        kernel="conv_2d",
        struct="convolution",
        layer={
            "window": window, "out_c": out_c, "in_zero": zero, "weights": weights,
            "bias": folded.astype(np.int32),
            "scale": [scale_of(layer, real) for real in np.broadcast_to(scales, out_c).tolist()],
            "out": range_of(layer),
        },
        inputs=layer.operation.inputs[:1],
        output=layer.operation.outputs[0],
        scratch=SIDE_BY_SIDE * 2 * (-(-size // 4) * 4) + gathered,
        over=(0,) if narrow and not padded and window["in_w"] == window["out_w"] else (),
        macs=window["out_h"] * window["out_w"] * out_c * size,
    )  # fmt: skip


def pool(layer: Layer) -> list[Step]:
    """Average or greatest of each window."""
    source, out, options = layer.tensor(0), layer.out, layer.operation.options
    window = _window(layer, options["kernel_h"], options["kernel_w"])
    layer.refuse(source.shape[3] != out.shape[3], f"makes {out.shape} of {source.shape}")
    refuse_rescaling(layer)
    kernel = layer.operation.kind.lower()
    fields = {"window": window, "out": range_of(layer, zero=0)}
    [output] = layer.operation.outputs
    return [Step(kernel, "pool", fields, layer.operation.inputs[:1], output)]

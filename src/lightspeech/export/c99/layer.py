"""One call of a C99 kernel, and what every kind of layer needs to become one.

Scales become multipliers exactly as TFLite's reference has them: a rounding elsewhere would cost
the bits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lightspeech.export.c99.graph import fault
from lightspeech.export.tflite_file import Graph, Operation, Tensor
from lightspeech.fixed_point import quantize_multiplier

_ACTIVATIONS: dict[str, tuple[float | None, float | None]] = {
    "none": (None, None),
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "relu_n1_to_1": (-1.0, 1.0),
}


@dataclass(frozen=True)
class Step:
    """One call of a kernel.

    Attributes:
        kernel: its name without ``ls_``.
        struct: the type of its layer, without ``ls_``.
        layer: fields of that struct: numbers, nested fields, arrays.
        inputs: tensors read; a constant one is written into the code.
        output: the tensor written.
        title: operation and shapes, for a comment.
        scratch: bytes of memory it needs besides, 0 for none.
        over: inputs whose memory the output may take, as it is written no earlier than read.
        macs: multiplications of weights with inputs.
    """

    kernel: str
    struct: str
    layer: dict[str, Any]
    inputs: tuple[int, ...]
    output: int
    title: str = ""
    scratch: int = 0
    over: tuple[int, ...] = ()
    macs: int = 0


@dataclass(frozen=True)
class Layer:
    """An operation with its tensors at hand."""

    graph: Graph
    operation: Operation

    def tensor(self, place: int) -> Tensor:
        """Give an input, of any shape, checked to be there.

        Args:
            place: among the inputs of the operation, from 0.

        Raises:
            BundleError: if it is left out.
        """
        places = self.operation.inputs
        if place >= len(places) or places[place] < 0:
            raise fault(self.graph, self.operation, f"has no input {place}")
        return self.graph.tensors[places[place]]

    @property
    def out(self) -> Tensor:
        """The one output, of any shape."""
        return self.graph.tensors[self.operation.outputs[0]]

    def refuse(self, condition: bool, what: str) -> None:
        """Raise an error that names the layer.

        Args:
            condition: under which it cannot be written in C.
            what: is wrong then.

        Raises:
            BundleError: if the condition holds.
        """
        if condition:
            raise fault(self.graph, self.operation, what)


def scale_of(layer: Layer, real: float) -> dict[str, int]:
    """Write a real factor as TFLite's QuantizeMultiplier has it: 31 bits and a power of two.

    Args:
        layer: that multiplies by it, named in errors.
        real: the factor, at most 2^30.

    Raises:
        BundleError: if it is larger.
    """
    multiplier, shift = quantize_multiplier(real)
    layer.refuse(shift > 30, f"multiplies by {real:g}, more than 2^30")
    return {"multiplier": multiplier, "shift": shift}


def factor(tensor: Tensor) -> float:
    """Give the one scale of a tensor, which may have any shape."""
    return float(tensor.scales[0])


def range_of(layer: Layer, zero: int | None = None) -> dict[str, int]:
    """Zero point of the output, and where its activation cuts it off.

    Args:
        layer: a layer with int8 output.
        zero: another zero point than that of its output; None: the same.

    Returns:
        ``zero``, ``low`` and ``high`` by name, all from −128 to 127.

    Raises:
        BundleError: if the activation has no such range.
    """
    out, activation = layer.out, layer.operation.options.get("activation", "none")
    layer.refuse(activation == "unknown", "has an activation other than relu and relu6")
    low, high = _ACTIVATIONS[activation]

    def quantized(real: float) -> int:
        return out.zeros[0] + round(float(np.float32(real) / out.scales[0]))

    return {
        "zero": out.zeros[0] if zero is None else zero,
        "low": -128 if low is None else max(-128, quantized(low)),
        "high": 127 if high is None else min(127, quantized(high)),
    }


def refuse_rescaling(layer: Layer) -> None:
    """Refuse another scale where numbers are moved as they are, in TFLite too."""
    for place in range(len(layer.operation.inputs)):
        source = layer.tensor(place)
        if source.dtype == "int8":
            same = np.array_equal(source.scales, layer.out.scales)
            layer.refuse(
                not same or source.zeros != layer.out.zeros,
                f"changes the scale from {source.scales[:1]} to {layer.out.scales[:1]}",
            )

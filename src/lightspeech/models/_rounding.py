"""Where and how an int8 network rounds: a quantizer for torchao's PT2E, and what it puts in.

Ours, since one quantized graph is to serve ONNX, LiteRT, ExecuTorch and generated C: it marks the
operations of our families and of Light-SERNet, every activation int8, exactly where TFLite has one.
"""

from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e import HistogramObserver, MinMaxObserver
from torchao.quantization.pt2e.fake_quantize import FakeQuantizeBase
from torchao.quantization.pt2e.quantizer import (
    QuantizationAnnotation,
    QuantizationSpec,
    QuantizationSpecBase,
    Quantizer,
    SharedQuantizationSpec,
)

from lightspeech.errors import ConfigError

_aten = torch.ops.aten
WEIGHTED = {_aten.conv2d.default, _aten.conv2d.padding, _aten.linear.default}
RECURRENT = _aten.lstm.input
VALUES = {_aten.add.Tensor, _aten.mul.Tensor, _aten.mean.dim, _aten.relu.default}
"""Their result has a scale of its own."""
PLACES = {
    _aten.amax.default, _aten.avg_pool2d.default, _aten.cat.default, _aten.contiguous.default,
    _aten.dropout.default, _aten.flatten.using_ints, _aten.permute.default, _aten.reshape.default,
    _aten.select.int, _aten.slice.Tensor, _aten.transpose.int, _aten.unsqueeze.default,
    _aten.view.default,
}  # fmt: skip
"""They move or choose values: one scale for operands and result, or a device would round again."""
EPS = 2.0**-16
"""Least scale: of a channel that is always zero."""


class Activation(FakeQuantizeBase):  # type: ignore[misc]
    """Rounds an activation to int8 with one scale and zero point, kept in the network's state."""

    scale: Tensor
    zero_point: Tensor

    def __init__(self, ranges: str = "histogram", **spec: Any) -> None:
        """Take what torchao says of the tensor: dtype, scheme and limits."""
        super().__init__()
        self.ranges, self.spec = ranges, spec
        self.dtype, self.qscheme = spec["dtype"], spec["qscheme"]
        self.quant_min, self.quant_max = spec["quant_min"], spec["quant_max"]
        self.is_dynamic = False
        del self.fake_quant_enabled, self.observer_enabled  # switches of torchao, no state of ours
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("zero_point", torch.zeros((), dtype=torch.int32))
        self._seen: list[Any] = []  # a list, so that it is no part of the network
        self.off = False

    def begin(self) -> None:
        """Watch instead of rounding."""
        kind = HistogramObserver if self.ranges == "histogram" else MinMaxObserver
        self._seen = [kind(**self.spec, eps=EPS)]

    def settle(self) -> None:
        """Choose the scale of what was seen, and round from now on."""
        [observer] = self._seen
        scale, zero_point = observer.calculate_qparams()
        self.scale.copy_(scale.squeeze())
        self.zero_point.copy_(zero_point.squeeze())
        self._seen = []

    def forward(self, x: Tensor) -> Tensor:
        """Round, or watch, or let pass where it is switched off."""
        if self._seen:
            self._seen[0](x)
        if self._seen or self.off:
            return x
        return torch.fake_quantize_per_tensor_affine(
            x, self.scale, self.zero_point, self.quant_min, self.quant_max
        )

    def calculate_qparams(self) -> tuple[Tensor, Tensor]:
        """Scale and zero point, for torchao."""
        return self.scale, self.zero_point


class PerChannelWeight(FakeQuantizeBase):  # type: ignore[misc]
    """Rounds weights to int8, symmetric, a scale a channel: the largest weight of the channel.

    torchao looks for "PerChannel" in the name. There is no state: the scale follows the weights.
    """

    def __init__(self, **spec: Any) -> None:
        """Take what torchao says of the tensor: dtype, scheme and limits."""
        super().__init__()
        self.dtype, self.qscheme, self.ch_axis = spec["dtype"], spec["qscheme"], spec["ch_axis"]
        self.quant_min, self.quant_max = spec["quant_min"], spec["quant_max"]
        self.is_dynamic = False
        del self.fake_quant_enabled, self.observer_enabled
        self._weight: list[Tensor] = []
        self.off = False

    def forward(self, weight: Tensor) -> Tensor:
        """Round, or let pass where it is switched off."""
        self._weight = [weight.detach()]
        if self.off:
            return weight
        scale, zero_point = self.calculate_qparams()
        return torch.fake_quantize_per_channel_affine(
            weight, scale, zero_point, self.ch_axis, self.quant_min, self.quant_max
        )

    def calculate_qparams(self) -> tuple[Tensor, Tensor]:
        """Scales and zero points (all 0), shape ``(channels,)``."""
        [weight] = self._weight
        largest = weight.abs().flatten(1).amax(1)
        scale = (largest / self.quant_max).clamp(min=EPS)
        return scale, torch.zeros_like(scale, dtype=torch.int32)


class Roundings(Quantizer):  # type: ignore[misc]
    """Says of each operation of a graph which tensors are int8."""

    def __init__(self, ranges: str, keep_float: tuple[str, ...]) -> None:
        """Take how ranges are chosen, and which layers stay in floats."""
        super().__init__()
        self.keep_float = keep_float
        self.activation = QuantizationSpec(
            dtype=torch.int8, quant_min=-128, quant_max=127, qscheme=torch.per_tensor_affine,
            observer_or_fake_quant_ctr=Activation.with_args(ranges=ranges),
        )  # fmt: skip
        self.weight = QuantizationSpec(
            dtype=torch.int8, quant_min=-127, quant_max=127, qscheme=torch.per_channel_symmetric,
            ch_axis=0, observer_or_fake_quant_ctr=PerChannelWeight,
        )  # fmt: skip

    def annotate(self, model: GraphModule) -> GraphModule:
        """Mark operands and results.

        Raises:
            ConfigError: if a layer to be kept in floats is not there.
        """
        layered = {*WEIGHTED, RECURRENT}
        layers = {layer_name(node) for node in model.graph.nodes if node.target in layered}
        if unknown := sorted(set(self.keep_float) - layers):
            raise ConfigError(f"keep_float: no layer {unknown[0]!r}; choose of {sorted(layers)}")
        for node in model.graph.nodes:
            if node.target in WEIGHTED | VALUES | PLACES:
                self._mark(node)
            elif node.target is RECURRENT and layer_name(node) not in self.keep_float:
                self._mark_recurrent(node)
        return model

    def validate(self, model: GraphModule) -> None:
        """Accept every graph: what is not marked stays in floats."""

    def _mark(self, node: Node) -> None:
        target, first = node.target, node.all_input_nodes[0]
        operands: dict[Node, QuantizationSpecBase | None] = {first: self.activation}
        result: QuantizationSpecBase | None = self.activation
        if target in WEIGHTED:
            if layer_name(node) in self.keep_float:
                return
            operands[node.all_input_nodes[1]] = self.weight
        elif target in PLACES:
            result = SharedQuantizationSpec((first, node))
            operands |= dict.fromkeys(node.all_input_nodes[1:], result)
        else:
            operands |= dict.fromkeys(node.all_input_nodes[1:], self.activation)
        if target is _aten.relu.default and _joins(first):
            operands = {}
        if _joins(node) and next(iter(node.users)).target is _aten.relu.default:
            result = None  # computed in one go: no rounding in between
        node.meta["quantization_annotation"] = QuantizationAnnotation(
            input_qspec_map=operands, output_qspec=result, _annotated=True
        )

    def _mark_recurrent(self, node: Node) -> None:
        """Mark input and hidden states; `lstm.put_in` sees to all that lies between."""
        for each, operands, result in (
            (node, {node.all_input_nodes[0]: self.activation}, None),
            *((user, {}, self.activation) for user in node.users if user.args[1] == 0),
        ):
            each.meta["quantization_annotation"] = QuantizationAnnotation(
                input_qspec_map=operands, output_qspec=result, _annotated=True
            )


def layer_name(node: Node) -> str:
    """Name a layer by its weight, such as ``stem.0`` or ``blocks.1.depthwise.0``."""
    weights = [str(n.target) for n in node.all_input_nodes if n.op == "get_attr"]
    return weights[0].removeprefix("network.").rpartition(".")[0] if weights else node.name


def _joins(node: Node) -> bool:
    """Whether an operation takes a ReLU behind it into itself."""
    return node.target in WEIGHTED | {_aten.add.Tensor} and len(node.users) == 1

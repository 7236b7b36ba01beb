"""An LSTM layer of int8 weights, in the whole numbers of TFLite Micro's kernel: see `lstm`."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan

from lightspeech.fixed_point import quantize_multiplier
from lightspeech.models import lstm_arithmetic as arithmetic
from lightspeech.models._rounding import Activation
from lightspeech.models.lstm import GATE_SCALE, GATES, SUM_SCALE, RoundedLSTM, gate_scales

_State = tuple[Tensor, Tensor]


class KernelArguments:
    """What the kernel is given: every whole number of a layer, and the scales around it."""

    def __init__(self, layer: RoundedLSTM, source: Activation) -> None:
        """Round a layer that has its ranges.

        Args:
            layer: rounded.
            source: rounding of what it is given.
        """
        with torch.no_grad():
            self.scales = [gate_scales(w) for w in (layer.weight_ih, layer.weight_hh)]
            self.weights = [
                _whole(w.detach().view(GATES, -1) / scale[:, None]).view_as(w)
                for w, scale in zip((layer.weight_ih, layer.weight_hh), self.scales, strict=True)
            ]
            bias_scale = source.scale.float() * self.scales[0]
            self.bias = (layer.bias.view(GATES, -1).double() / bias_scale.double()[:, None]).round()
        self.bias = self.bias.clamp(-(2**31), 2**31 - 1)
        self.source, self.hidden = (
            (float(each.scale.float()), int(each.zero_point)) for each in (source, layer.hidden)
        )
        self.cell_scale = float(layer.cell_scale)


def _whole(x: Tensor) -> Tensor:
    return x.round().clamp(-127, 127)


class IntegerLSTM(nn.Module):
    """One layer in whole numbers; its input and output are their real values."""

    def __init__(self, integers: KernelArguments) -> None:
        """Take a layer.

        Args:
            integers: of it.
        """
        super().__init__()
        self.source_scale, self.hidden_scale = integers.source[0], integers.hidden[0]
        self.zero, self.power = integers.hidden[1], round(math.log2(integers.cell_scale))
        units = integers.bias.shape[1]
        around = (self.source_scale, self.hidden_scale)
        for name, weight, scales, outer in zip(
            ("ih", "hh"), integers.weights, integers.scales, around, strict=True
        ):
            self.register_buffer(f"weight_{name}", weight.T.to(torch.int8))
            # A product of floats, as both kernels have it.
            pairs = [quantize_multiplier(float(s * outer) / SUM_SCALE) for s in scales]
            self._keep(f"sum_{name}", pairs, units)
        self.register_buffer("bias", integers.bias.flatten())
        self._keep("forget", [quantize_multiplier(GATE_SCALE)], 1)
        self._keep("entry", [quantize_multiplier(GATE_SCALE**2 / integers.cell_scale)], 1)
        self._keep("out", [quantize_multiplier(GATE_SCALE**2 / self.hidden_scale)], 1)

    def _keep(self, name: str, pairs: list[tuple[int, int]], repeats: int) -> None:
        for part, numbers in zip(("factor", "divisor"), arithmetic.factors(pairs), strict=True):
            self.register_buffer(f"{name}_{part}", numbers.repeat_interleave(repeats))

    def forward(self, x: Tensor) -> Tensor:
        """Hidden states.

        Args:
            x: rounded, shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, frames, units)``.
        """
        whole = (x / self.source_scale).round().double().transpose(0, 1)
        products = whole @ _floats(self.get_buffer("weight_ih")) + self.get_buffer("bias")
        sums = arithmetic.int16(self._scaled(products, "sum_ih"))
        recurrent = _floats(self.get_buffer("weight_hh"))
        start = torch.zeros_like(sums[0, :, : len(recurrent)])
        step = partial(self._step, weights=recurrent)
        hidden = _frame_by_frame(step, (start, start.clone()), sums)
        return hidden.transpose(0, 1).float() * self.hidden_scale

    def _step(self, state: _State, sums: Tensor, *, weights: Tensor) -> tuple[_State, Tensor]:
        """Hidden and cell state behind one more frame, ``(batch, units)``, and what it gives."""
        hidden, cell = state
        recurrent = self._scaled(hidden @ weights, "sum_hh")
        sums = arithmetic.int16(sums + arithmetic.int16(recurrent))
        entry, forget, _, out = arithmetic.sigmoid(sums).chunk(GATES, 1)
        candidate = arithmetic.tanh(sums.chunk(GATES, 1)[2], -12)
        kept = arithmetic.int16(self._scaled(forget * cell, "forget"))
        new = arithmetic.int16(self._scaled(entry * candidate, "entry"))
        cell = arithmetic.int16(kept + new)
        product = arithmetic.tanh(cell, self.power) * out
        hidden = self._scaled(product, "out") + self.zero
        hidden = hidden.clamp(-128, 127) - self.zero
        return (hidden, cell), hidden.clone()

    def _scaled(self, x: Tensor, name: str) -> Tensor:
        factor, divisor = (self.get_buffer(f"{name}_{part}") for part in ("factor", "divisor"))
        return arithmetic.scaled(x, factor, divisor)


def _frame_by_frame(
    step: Callable[[_State, Tensor], tuple[_State, Tensor]], state: _State, frames: Tensor
) -> Tensor:
    """Go through ``frames``, ``(frames, …)``: one operation of a graph, a loop outside of one."""
    if torch.compiler.is_exporting():
        return scan(step, state, frames)[1]  # type: ignore[no-any-return]
    given = []
    for frame in frames:
        state, each = step(state, frame)
        given.append(each)
    return torch.stack(given)


def _floats(weight: Tensor) -> Tensor:
    """Int8 weights as doubles; a file keeps them as int8."""
    plain = torch.ops.quantized_decomposed.dequantize_per_tensor.default
    weights: Tensor = plain(weight, 1.0, 0, -128, 127, torch.int8)
    return weights.double()


class StandIn(nn.Module):
    """A matrix product of the shapes of a layer, which a converter knows: its place gets the layer.

    Its weights are those of the input gate, so that it is found again.
    """

    def __init__(self, integers: KernelArguments) -> None:
        """Take a layer.

        Args:
            integers: of it.
        """
        super().__init__()
        self.integers, (scales, _) = integers, integers.scales
        weight = integers.weights[0].chunk(GATES)[0] * scales[0]
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.register_buffer("scale", scales[:1].repeat(len(weight)))
        self.register_buffer("zero", torch.zeros(len(weight), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Give something of the shape that the layer gives.

        Args:
            x: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, frames, units)``.
        """
        ops, limits = torch.ops.quantized_decomposed, (-127, 127, torch.int8)
        whole = ops.quantize_per_channel.default(self.weight, self.scale, self.zero, 0, *limits)
        back = ops.dequantize_per_channel.default(whole, self.scale, self.zero, 0, *limits)
        return nn.functional.linear(x, back, self.get_buffer("scale"))

"""An LSTM layer as it trains for int8: rounded where TFLite Micro's kernel rounds.

Input, weights and the hidden state are int8, the cell state is int16 with a power of two for its
scale; sums of gates have 12 bits behind the point, gates 15. A gate's weights share one scale.
Gates stand in torch's order: input, forget, cell, output.
"""

import math

import torch
from torch import Tensor, nn

from lightspeech.models._rounding import EPS, Activation

GATES = 4
SUM_SCALE, GATE_SCALE = 2.0**-12, 2.0**-15
LARGEST_BITS = 6
"""Before the point of a cell state, as LiteRT's kernel takes it."""


class RoundedLSTM(nn.Module):
    """One layer, zero state before the first frame; rounds where the kernel rounds."""

    keeps_state = True

    def __init__(self, weight_ih: Tensor, weight_hh: Tensor, bias: Tensor) -> None:
        """Take trained weights.

        Args:
            weight_ih: shape ``(4 * units, n_features)``.
            weight_hh: shape ``(4 * units, units)``.
            bias: of both together, shape ``(4 * units,)``.
        """
        super().__init__()
        self.weight_ih, self.weight_hh = nn.Parameter(weight_ih), nn.Parameter(weight_hh)
        self.bias = nn.Parameter(bias)
        self.register_buffer("cell_scale", torch.tensor(2.0**-11))
        self.cell_scale: Tensor
        self._hidden: list[Activation] = []  # a list: the rounding is a part of the graph already
        self._largest: list[float] = []
        self.off = False

    def join(self, hidden: Activation) -> None:
        """Round the hidden state as the layer's output, which it is."""
        self._hidden = [hidden]

    @property
    def hidden(self) -> Activation:
        """Rounding of the hidden state."""
        [rounding] = self._hidden
        return rounding

    def begin(self) -> None:
        """Watch instead of rounding."""
        self._largest = [0.0]

    def settle(self) -> None:
        """Choose the scale that holds every cell state that was seen, and round from now on."""
        [largest] = self._largest
        bits = math.ceil(math.log2(max(largest, EPS)))
        self.cell_scale.fill_(2.0 ** (min(max(bits, 0), LARGEST_BITS) - 15))
        self._largest = []

    def forward(self, x: Tensor) -> Tensor:
        """Hidden states.

        Args:
            x: rounded, shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, frames, units)``.
        """
        rounds = not (self._largest or self.off)
        weight_ih, weight_hh = (
            _rounded_weights(w) if rounds else w for w in (self.weight_ih, self.weight_hh)
        )
        from_input = self._round(x @ weight_ih.T + self.bias, SUM_SCALE)
        hidden = cell = x.new_zeros(len(x), self.weight_hh.shape[1])
        states = []
        for each in from_input.unbind(1):
            recurrent = self._round(hidden @ weight_hh.T, SUM_SCALE)
            hidden, cell = self._step(self._round(each + recurrent, SUM_SCALE), cell)
            if rounds:
                hidden = self.hidden(hidden)
            states.append(hidden)
        return torch.stack(states, 1)

    def _step(self, sums: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        entry, forget, candidate, out = sums.chunk(GATES, 1)
        entry, forget, out = (
            self._round(each.sigmoid(), GATE_SCALE) for each in (entry, forget, out)
        )
        candidate = self._round(candidate.tanh(), GATE_SCALE)
        cell = self._round(forget * cell + entry * candidate, self.cell_scale)
        if self._largest:
            self._largest = [max(self._largest[0], float(cell.detach().abs().max()))]
        return out * self._round(cell.tanh(), GATE_SCALE), cell

    def _round(self, x: Tensor, scale: float | Tensor) -> Tensor:
        """Round to 16 bits, or let pass."""
        if self._largest or self.off:
            return x
        zero = torch.zeros((), dtype=torch.int32)
        return torch.fake_quantize_per_tensor_affine(
            x, torch.as_tensor(scale), zero, -(2**15), 2**15 - 1
        )


def gate_scales(weight: Tensor) -> Tensor:
    """Scale of each gate's weights, the largest over 127.

    Args:
        weight: shape ``(4 * units, n)``.

    Returns:
        Shape ``(4,)``.
    """
    return (weight.detach().view(GATES, -1).abs().amax(1) / 127).clamp(min=EPS)


def _rounded_weights(weight: Tensor) -> Tensor:
    scales, zeros = gate_scales(weight), torch.zeros(GATES, dtype=torch.int32)
    rows = weight.view(GATES, -1)
    rounded = torch.fake_quantize_per_channel_affine(rows, scales, zeros, 0, -127, 127)
    return rounded.view_as(weight)

"""Late fusion: two trained networks hear one window, each its own features, and answer as one.

Kittler et al. (1998), "On combining classifiers", product rule: the geometric mean of calibrated
probabilities, which is the mean of logits over their temperatures.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Fusion(nn.Module):
    """Two networks side by side, both with the same say."""

    temperatures: Tensor

    def __init__(
        self,
        first: nn.Module,
        second: nn.Module,
        *,
        n_first: int,
        second_shape: tuple[int, int],
        temperatures: Sequence[float] = (1.0, 1.0),
    ) -> None:
        """Take both as they are.

        Args:
            first: hears windows of any number of frames.
            second: hears windows of one length.
            n_first: numbers a frame of what the first hears.
            second_shape: frames, and numbers a frame, of what the second hears.
            temperatures: the logits of each are divided by its own.
        """
        super().__init__()
        self.first, self.second = first, second
        self.n_first, self.second_shape = n_first, second_shape
        self.register_buffer("temperatures", torch.tensor(temperatures)[:, None, None])

    def forward(self, features: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``, of features as `side_by_side` puts them."""
        frames, n = self.second_shape
        first, second = features[:, : -frames * n], features[:, -frames * n :]
        return self.fuse(
            self.first(first.reshape(len(features), -1, self.n_first)),
            self.second(second.reshape(-1, *self.second_shape)),
        )

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Put the logits of both together."""
        return (torch.stack([first, second]) / self.temperatures).mean(0)


def side_by_side(first: Tensor, second: Tensor) -> Tensor:
    """Put the features of both into one tensor, shape ``(batch, numbers)``.

    Args:
        first: shape ``(batch, frames, numbers)``.
        second: likewise, with frames and numbers of its own.
    """
    return torch.cat([first.flatten(1), second.flatten(1)], 1)

"""What a network is given: a tensor, or several by name."""

from collections.abc import Callable

import torch
from torch import Tensor

Inputs = Tensor | dict[str, Tensor]
"""Batch first in each, such as ``(batch, frames, n_features)``."""


def apply(function: Callable[..., Tensor], *inputs: Inputs) -> Inputs:
    """Call a function on each tensor of inputs, or on those of the same name of several.

    Args:
        function: takes as many tensors as there are inputs.
        inputs: all of one kind, of any shape that the function takes.

    Returns:
        Of the same kind, each tensor of the shape that the function gives.
    """
    tensors = [each for each in inputs if isinstance(each, Tensor)]
    if tensors:
        return function(*tensors)
    named = [each for each in inputs if not isinstance(each, Tensor)]
    return {name: function(*(each[name] for each in named)) for name in named[0]}


def tensors(inputs: Inputs) -> list[Tensor]:
    """List the tensors of ``inputs``, in order; each keeps its shape, ``(batch, ...)``."""
    return [inputs] if isinstance(inputs, Tensor) else list(inputs.values())


def repeat(inputs: Inputs, n: int) -> Inputs:
    """Put copies of a batch behind each other.

    Args:
        inputs: batch first, shape ``(batch, ...)``.
        n: number of copies.

    Returns:
        Shape ``(n * batch, ...)``.
    """
    return apply(lambda x: torch.cat([x] * n), inputs)


def n_examples(inputs: Inputs) -> int:
    """Count the examples of ``inputs``, batch first, shape ``(batch, ...)``."""
    return len(tensors(inputs)[0])

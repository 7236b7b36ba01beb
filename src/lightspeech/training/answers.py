"""The one way to ask a network: batches of inputs in, logits and embeddings out."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lightspeech.errors import ConfigError
from lightspeech.frontends.inputs import Inputs, apply
from lightspeech.models.contract import head_of


class Answers(NamedTuple):
    """What a network says of examples, in order.

    Attributes:
        logits: shape ``(n, n_classes)``.
        embeddings: what its head reads, shape ``(n, width)``; None where nobody asked for them.
    """

    logits: Tensor
    embeddings: Tensor | None = None


@torch.no_grad()
def answer(network: nn.Module, batches: Iterable[Inputs], *, embeddings: bool = False) -> Answers:
    """Ask a network, where its weights are.

    Args:
        network: it is put into evaluation mode.
        batches: of inputs, shapes ``(batch, …)`` of one front end, on any device.
        embeddings: also give what its head reads.

    Raises:
        ConfigError: if embeddings are asked for and it shows none.
    """
    network.eval()
    device = next((weights.device for weights in network.parameters()), torch.device("cpu"))
    answers = []
    for batch in batches:
        moved = apply(lambda x: x.to(device), batch)
        pair = with_embedding(network, network, moved) if embeddings else (network(moved),)
        answers.append([each.float().cpu() for each in pair])
    return Answers(*(torch.cat(part) for part in zip(*answers, strict=True)))


def with_embedding(model: nn.Module, network: nn.Module, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """Run a model and also give what its head reads, shapes ``(B, n_classes)``, ``(B, width)``.

    Args:
        model: the network, or what is wrapped around it.
        network: the network itself.
        inputs: a batch, shapes ``(B, …)``.

    Raises:
        ConfigError: if the network shows no embedding.
    """
    with _reads(head_of(network)) as read:
        logits = model(inputs)
    if not read:
        raise ConfigError(
            f"{type(network).__name__} never calls its self.head, so it shows no embedding; let "
            "forward end in self.head(embedding), or set distill.features and distill.relations "
            "to 0 and leave out the training.objectives that read it"
        )
    return logits, read[-1]


@contextmanager
def _reads(head: nn.Module) -> Iterator[list[Tensor]]:
    read: list[Tensor] = []
    hook = head.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    try:
        yield read
    finally:
        hook.remove()


def embedding_width(network: nn.Module) -> int:
    """Width of what the head of a network reads.

    Raises:
        ConfigError: if the network ends in no head.
    """
    linear = next(part for part in head_of(network).modules() if isinstance(part, nn.Linear))
    return linear.in_features

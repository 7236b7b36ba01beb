"""What every network is: a standardization in floats, then a part that can become int8.

A model module needs no more than `torch.nn.Module` from inputs to logits: `speech_model` completes
and checks what its ``build`` returns, before anything is trained.
"""

from typing import Protocol

import torch
from torch import Tensor, nn

from lightspeech.errors import ConfigError
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.inputs import Inputs, repeat

FAILURES = (RuntimeError, TypeError, ValueError, IndexError, KeyError, AttributeError)
"""What a network raises whose layers do not fit each other, or its inputs."""


class SpeechModel(Protocol):
    """Features to logits in two steps; ``forward`` does both.

    An ensemble in training answers with every member, shape ``(batch, members, n_classes)``.

    Bands differ in level by far more than an int8 input with one scale can hold. So they are
    standardized in floats first: on a device, one multiply-add a band at the end of its front end.
    """

    def standardize(self, features: Tensor) -> Tensor:
        """Standardize each feature by statistics learnt in training.

        Args:
            features: as the front end gives them, shape ``(batch, frames, n_features)``.

        Returns:
            The same shape.
        """
        ...

    def classify(self, standardized: Tensor) -> Tensor:
        """Compute logits.

        Args:
            standardized: what `standardize` gave, shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        ...


class TwoSteps:
    """A network that standardizes in floats, then tells classes apart in any arithmetic."""

    def forward(self, features: Tensor) -> Tensor:
        """Logits of features.

        Args:
            features: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        return self.classify(self.standardize(features))

    def standardize(self, features: Tensor) -> Tensor:
        """Standardize each feature, see `SpeechModel.standardize`.

        Args:
            features: shape ``(batch, frames, n_features)``.

        Returns:
            The same shape.
        """
        raise NotImplementedError

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        raise NotImplementedError


class Standardized(TwoSteps):
    """A network whose ``norm`` holds the statistics of each feature."""

    norm: nn.Module

    def standardize(self, features: Tensor) -> Tensor:
        """Divide by the statistics of each feature.

        Args:
            features: shape ``(batch, frames, n_features)``.

        Returns:
            The same shape.
        """
        standardized: Tensor
        if not torch.compiler.is_exporting():  # a fifth of the time, and a reshape more in a graph
            standardized = self.norm(features.flatten(0, 1))
            return standardized.reshape(features.shape)
        standardized = self.norm(features.transpose(1, 2))
        return standardized.transpose(1, 2).contiguous()


class Unstandardized(TwoSteps):
    """A network that takes features as they are."""

    def standardize(self, features: Tensor) -> Tensor:
        """Give ``features``, shape ``(batch, frames, n_features)``, as they are: the same shape."""
        return features


class Completed(Standardized, nn.Module):
    """A network without a standardization of its own, and one before it."""

    def __init__(self, network: nn.Module, n_features: int) -> None:
        """Take the network as it is.

        Args:
            network: standardized features to logits.
            n_features: numbers a frame.
        """
        super().__init__()
        self.norm = nn.BatchNorm1d(n_features, affine=False)
        self.network = network

    @property
    def head(self) -> nn.Module:
        """Of the network."""
        return head_of(self.network)

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        logits: Tensor = self.network(standardized)
        return logits


def is_recurrent(network: nn.Module) -> bool:
    """Whether a network keeps a state from frame to frame, or a part says ``keeps_state``."""
    return any(
        isinstance(part, nn.RNNBase) or getattr(part, "keeps_state", False)
        for part in network.modules()
    )


def can_narrow(network: nn.Module) -> bool:
    """Whether layers of a network may lose channels, each as many as it will.

    Not where a layer keeps a state, nor where one says ``narrows = False``, since it reads parts of
    one width.
    """
    parts = network.modules()
    return not is_recurrent(network) and all(getattr(part, "narrows", True) for part in parts)


def head_of(network: nn.Module) -> nn.Module:
    """Find what gives the logits, whose input is the embedding: ``head``, or the last part.

    Raises:
        ConfigError: if that has no linear layer, so that there is no embedding.
    """
    head = getattr(network, "head", None) or [network, *network.children()][-1]
    if not any(isinstance(part, nn.Linear) for part in head.modules()):
        raise ConfigError(
            f"{type(network).__name__} ends in {type(head).__name__}, so it shows no embedding; "
            "name its last linear layer self.head, or set distill.features and distill.relations "
            "to 0 and leave out the training.objectives that read it"
        )
    return head


def speech_model(
    network: nn.Module, frontend: Frontend, n_classes: int, *, name: str = "the model"
) -> nn.Module:
    """Complete and check a network by running the front end's example through it.

    Args:
        network: as a model's ``build`` returns it.
        frontend: that it is to be given.
        n_classes: logits that it is to give.
        name: of the model, for messages.

    Returns:
        The network, with a standardization before it where it states none.

    Raises:
        ConfigError: if it fails on the example, or gives anything but a finite logit a class.
    """
    example = repeat(frontend.example(), 2)
    if not hasattr(network, "standardize") and isinstance(example, Tensor):
        network = Completed(network, frontend.n_features)
    logits = _try(network, example, name)
    if not isinstance(logits, Tensor) or logits.shape != (2, n_classes):
        shape = tuple(getattr(logits, "shape", ())) or type(logits).__name__
        raise ConfigError(
            f"{name} gives {shape} for 2 examples of {_shape(example)}, expected logits of shape "
            f"(2, {n_classes}), one a class; look at what its build returns"
        )
    if not logits.isfinite().all():
        raise ConfigError(f"{name} gives logits that are not finite for silence")
    return network


@torch.no_grad()
def _try(network: nn.Module, example: Inputs, name: str) -> object:
    training = network.training
    try:
        return network.eval()(example)
    except FAILURES as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(
            f"{name} fails on 2 examples of {_shape(example)}: {reason}; look at what its build "
            "returns"
        ) from None
    finally:
        network.train(training)


def _shape(inputs: Inputs) -> str:
    if isinstance(inputs, Tensor):
        return f"shape {tuple(inputs.shape[1:])}"
    return ", ".join(f"{name} {tuple(x.shape[1:])}" for name, x in inputs.items())

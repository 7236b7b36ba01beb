"""What every network is: a standardization in floats, then a part that can become int8."""

from typing import Protocol

from torch import Tensor, nn


class SpeechModel(Protocol):
    """Features to logits in two steps; ``forward`` does both.

    An ensemble in training answers with every member, shape ``(batch, members, n_classes)``.

    Bands differ in level by far more than an int8 input with one scale can hold. So they are
    standardized in floats first: on a device, one multiply-add a band at the end of its front end.
    """

    def standardize(self, features: Tensor) -> Tensor:
        """Standardize each feature by statistics learnt in training; keeps the shape."""
        ...

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``, of what `standardize` gave."""
        ...


class Standardized:
    """The step in floats of a network whose ``norm`` holds the statistics of each feature."""

    norm: nn.Module

    def forward(self, features: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``."""
        return self.classify(self.standardize(features))

    def standardize(self, features: Tensor) -> Tensor:
        """Standardize each feature, see `SpeechModel.standardize`."""
        standardized: Tensor = self.norm(features.transpose(1, 2))
        return standardized.transpose(1, 2).contiguous()

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`."""
        raise NotImplementedError

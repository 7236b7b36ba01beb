"""What every network is: a standardization in floats, then a part that can become int8."""

from typing import Protocol

from torch import Tensor


class SpeechModel(Protocol):
    """Features to logits in two steps; ``forward`` does both.

    Bands differ in level by far more than an int8 input with one scale can hold. So they are
    standardized in floats first: on a device, one multiply-add a band at the end of its front end.
    """

    def standardize(self, features: Tensor) -> Tensor:
        """Standardize each feature by statistics learnt in training; keeps the shape."""
        ...

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, shape ``(batch, n_classes)``, of what `standardize` gave."""
        ...

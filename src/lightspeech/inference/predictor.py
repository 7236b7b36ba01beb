"""What a back end holds: ``open(bundle) -> Predictor``."""

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from lightspeech.bundle import Bundle

Probabilities = npt.NDArray[np.float32]


class Predictor(Protocol):
    """A bundle made ready to answer."""

    @property
    def bundle(self) -> Bundle:
        """The bundle it runs."""

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, at ``bundle.sample_rate``.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1.

        Raises:
            BundleError: if the model does not give that.
        """


@runtime_checkable
class Classifier(Protocol):
    """A back end whose front end stands apart, so that its network can be asked alone."""

    def classify(self, features: npt.NDArray[np.float32]) -> Probabilities:
        """Answer the features of one window, shape ``(frames, n_features)``: ``(n_classes,)``.

        Raises:
            BundleError: if the model does not give that.
        """

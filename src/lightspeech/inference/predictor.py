"""What a back end holds: ``open(bundle) -> Predictor``."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from lightspeech.audio.gate import Marks
from lightspeech.audio.windows import Waveform
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, ConfigError

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
            Shape ``(batch, n_classes)``, rows sum to 1; of a bundle that rates
            ``(batch, ratings)``, on its scale.

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


Behind = Callable[[npt.NDArray[np.float32]], Probabilities]
"""Energies of mel bands, floor added, shape ``(batch, frames, bands)``, to ``(batch, n_classes)``:
what comes after the bands in a bundle."""


@runtime_checkable
class Divisible(Protocol):
    """A back end that can be asked from its mel bands on, so that spectra are computed once."""

    def behind_bands(self) -> Behind | None:
        """Give what answers energies of bands; None where the model does not begin with them.

        Raises:
            BundleError: if that part of the model does not load.
        """


@runtime_checkable
class Listener(Protocol):
    """A back end that hears an utterance whole: its windows, and where somebody speaks."""

    def listen(self, waveform: Waveform) -> tuple[Probabilities, Marks | None]:
        """Answer all windows of an utterance.

        Args:
            waveform: shape ``(samples,)``, −1…1, one or more, at the bundle's sample rate.

        Returns:
            Probabilities of each window, shape ``(n, n_classes)``, and which cells sound like
            speech, shape ``(cells,)``, as of `Gate.knowing`; None where it has no such gate.
        """


@runtime_checkable
class Reader(Protocol):
    """A back end of models that read what is said beside how it is said."""

    def saying(self, text: str) -> Predictor:
        """Give a predictor of windows in which a text is said.

        Args:
            text: empty where nobody knows what is said.

        Raises:
            ConfigError: if it is longer than the model reads.
        """


def require_whole(windows: npt.NDArray[np.float32], bundle: Bundle) -> None:
    """Refuse windows of another length than a bundle hears.

    Args:
        windows: shape ``(batch, samples)``.
        bundle: says how long they are.

    Raises:
        BundleError: if they have another length.
    """
    samples, _ = bundle.windows.samples(bundle.sample_rate)
    if windows.shape[1:] != (samples,):
        raise BundleError(
            f"{bundle.path}: hears windows of {samples} samples, found {windows.shape}"
        )


def said(predictor: Predictor, text: str | None) -> Predictor:
    """Give a predictor of windows in which a text is said, if it reads any.

    Args:
        predictor: an open bundle.
        text: None where none is given.

    Raises:
        ConfigError: if it reads text and gets none, or reads none and gets one, or not so long a
            one.
    """
    name = predictor.bundle.name
    if predictor.bundle.text is None or not isinstance(predictor, Reader):
        if text is None:
            return predictor
        raise ConfigError(f"{name} hears alone and reads no text; leave the text out")
    if text is None:
        raise ConfigError(
            f"{name} reads what is said, too; give text=..., in commands --text or --transcripts, "
            "and an empty one where nobody knows it"
        )
    return predictor.saying(text)


def timed(predictor: Predictor) -> Predictor:
    """Give a predictor that can be timed: one that reads text is told eight words, or what fits.

    Args:
        predictor: an open bundle.
    """
    text = predictor.bundle.text
    return predictor if text is None else said(predictor, "a " * min(8, text["longest"] - 2))

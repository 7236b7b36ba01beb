"""The default back end: onnxruntime on the processor."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.bundle import Bundle
from lightspeech.inference.predictor import Probabilities
from lightspeech.runtime.onnx_session import OnnxSession

WAVEFORM, FEATURES = "waveform", "features"
"""What a model takes; before one that takes features stands the NumPy front end."""
OUTPUT = "probabilities"
FLOAT = "tensor(float)"
"""What onnxruntime calls the type of all inputs and outputs of ours."""
WINDOWS_AT_ONCE = 1
"""Windows of a call that is timed."""


@dataclass(frozen=True)
class OnnxPredictor:
    """A bundle on onnxruntime."""

    bundle: Bundle
    session: OnnxSession
    front: MelConfig | None = None
    """Before the model, where it is not inside."""

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, at the bundle's sample rate.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1.

        Raises:
            BundleError: if the model fails on them, or gives no probabilities.
        """
        name, inputs = WAVEFORM, waveforms
        if self.front is not None:
            rows = [frontend.features(waveform, self.front) for waveform in waveforms]
            voice = self.bundle.voice
            inputs = np.stack(rows if voice is None else [voice.standardize(row) for row in rows])
            name = FEATURES
        answer = self.session.run(OUTPUT, {name: inputs})
        shape = (len(waveforms), len(self.bundle.labels))
        if answer.shape != shape or not np.allclose(answer.sum(1), 1, atol=1e-3):
            raise self.session.fault(f"gives no probabilities of shape {shape}, but {answer.shape}")
        return answer


def opens(bundle: Bundle) -> bool:
    """Tell whether this back end opens a bundle: its model is an ``.onnx`` file."""
    return bundle.model_file.endswith(".onnx")


def open(bundle: Bundle, *, threads: int = 1) -> OnnxPredictor:
    """Load a bundle's model.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: processor threads; small models gain nothing from more than one.

    Raises:
        BundleError: if the file is no ONNX model, asks for more than a network may (see
            `onnx_file.check`), does not take waveforms or features and give probabilities, or must
            know its speaker and cannot.
    """
    file = bundle.path / bundle.model_file
    session = OnnxSession(file.read_bytes(), str(file), threads=threads)
    inputs, outputs = list(session.inputs), list(session.outputs)
    kinds = {*session.inputs.values(), *session.outputs.values()}
    if inputs not in ([WAVEFORM], [FEATURES]) or OUTPUT not in outputs:
        raise session.fault(f"maps {inputs} to {outputs}, not {WAVEFORM!r} to {OUTPUT!r}")
    if kinds != {FLOAT}:
        raise session.fault(f"takes and gives {sorted(kinds)}, not {FLOAT} alone")
    if inputs == [WAVEFORM]:
        if bundle.knows_speaker:
            raise session.fault("takes waveforms, so that no voice could be taken out of them")
        return OnnxPredictor(bundle, session)
    return OnnxPredictor(bundle, session, bundle.mel)


def ram_bytes(bundle: Bundle) -> None:
    """None: how much memory it takes, only the whole process that opened the bundle tells."""

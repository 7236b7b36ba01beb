"""The default back end: onnxruntime on the processor."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state

from lightspeech import onnx_file
from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.inference.predictor import Probabilities

WAVEFORM, FEATURES = "waveform", "features"
"""What a model takes; before one that takes features stands the NumPy front end."""
OUTPUT = "probabilities"
FLOAT = "tensor(float)"
"""What onnxruntime calls the type of all inputs and outputs of ours."""
WINDOWS_AT_ONCE = 1
"""Windows of a call that is timed."""

# onnxruntime's errors have no base of their own, and may quote names that are no text.
_ERRORS: tuple[type[Exception], ...] = (
    UnicodeDecodeError,
    *(
        error
        for error in vars(onnxruntime_pybind11_state).values()
        if isinstance(error, type) and issubclass(error, Exception)
    ),
)


@dataclass(frozen=True)
class OnnxPredictor:
    """A bundle on onnxruntime."""

    bundle: Bundle
    session: onnxruntime.InferenceSession
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
        try:
            [answer] = self.session.run([OUTPUT], {name: inputs})
        except _ERRORS as error:
            raise _fault(self.bundle, f"fails on input {inputs.shape} ({_line(error)})") from None
        shape = (len(waveforms), len(self.bundle.labels))
        if answer.shape != shape or not np.allclose(answer.sum(1), 1, atol=1e-3):
            raise _fault(
                self.bundle, f"gives no probabilities of shape {shape}, but {answer.shape}"
            )
        probabilities: Probabilities = answer
        return probabilities


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
    model = (bundle.path / bundle.model_file).read_bytes()
    try:
        onnx_file.check(model)
    except BundleError as error:
        raise _fault(bundle, str(error)) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised; nothing is printed besides
    try:
        session = onnxruntime.InferenceSession(
            model,
            options,
            ["CPUExecutionProvider"],
            enable_fallback=False,  # to the same provider, with words on standard output
        )
    except _ERRORS as error:
        raise _fault(bundle, f"is no model that onnxruntime loads ({_line(error)})") from None
    inputs = [item.name for item in session.get_inputs()]
    outputs = [item.name for item in session.get_outputs()]
    kinds = {item.type for item in (*session.get_inputs(), *session.get_outputs())}
    if inputs not in ([WAVEFORM], [FEATURES]) or OUTPUT not in outputs:
        raise _fault(bundle, f"maps {inputs} to {outputs}, not {WAVEFORM!r} to {OUTPUT!r}")
    if kinds != {FLOAT}:
        raise _fault(bundle, f"takes and gives {sorted(kinds)}, not {FLOAT} alone")
    if inputs == [WAVEFORM]:
        if bundle.knows_speaker:
            raise _fault(bundle, "takes waveforms, so that no voice could be taken out of them")
        return OnnxPredictor(bundle, session)
    return OnnxPredictor(bundle, session, bundle.mel)


def ram_bytes(bundle: Bundle) -> None:
    """None: how much memory it takes, only the whole process that opened the bundle tells."""


def _fault(bundle: Bundle, what: str) -> BundleError:
    return BundleError(f"{bundle.path / bundle.model_file}: {what}; export the model again")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]

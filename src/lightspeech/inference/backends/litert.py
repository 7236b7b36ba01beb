"""LiteRT as a back end: a bundle whose model is a ``.tflite`` file."""

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, MissingExtra
from lightspeech.export import c99, tflite_check, tflite_file
from lightspeech.inference.predictor import Probabilities
from lightspeech.quiet import muted

WINDOWS_AT_ONCE = 1
"""Windows of a call that is timed."""


@dataclass(frozen=True)
class LiteRTPredictor:
    """A bundle on LiteRT, one window at a time."""

    bundle: Bundle
    interpreter: Any
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    """An interpreter keeps one input and one answer, whichever thread asks."""

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch of windows, one after the other.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, each one window of the bundle.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1.

        Raises:
            BundleError: if the windows have another length, or the model gives no probabilities.
        """
        [source], [answer] = (
            self.interpreter.get_input_details(), self.interpreter.get_output_details(),
        )  # fmt: skip
        if waveforms.shape[1:] != tuple(source["shape"][1:]):
            raise _fault(
                self.bundle, f"takes {source['shape'][1]} samples, found {waveforms.shape[1]}"
            )
        answers = []
        for waveform in waveforms:
            with self.lock:
                self.interpreter.reset_all_variables()  # states of the window before
                self.interpreter.set_tensor(source["index"], waveform[None])
                try:
                    self.interpreter.invoke()
                except RuntimeError as error:
                    raise _fault(self.bundle, f"does not run ({_line(error)})") from None
                answers.append(self.interpreter.get_tensor(answer["index"])[0])
        probabilities: Probabilities = np.stack(answers)
        if not np.allclose(probabilities.sum(1), 1, atol=1e-3):
            raise _fault(self.bundle, "gives no probabilities: they do not sum to 1")
        return probabilities


def opens(bundle: Bundle) -> bool:
    """Tell whether this back end opens a bundle: a ``.tflite`` file that no C is written from."""
    return bundle.model_file.endswith(".tflite") and not c99.is_network(bundle)


def open(bundle: Bundle, *, threads: int = 1, reference: bool = False) -> LiteRTPredictor:
    """Load a bundle's model.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: processor threads.
        reference: the plain kernels, which round as TFLite Micro does, not the fast ones.

    Raises:
        MissingExtra: if LiteRT is not installed.
        BundleError: if the file is no LiteRT model, or does not take one window of waveform.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ModuleNotFoundError:
        raise MissingExtra("a LiteRT bundle", "litert-runtime") from None
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    model = (bundle.path / bundle.model_file).read_bytes()
    _check(bundle, model)
    try:
        with muted():
            interpreter = Interpreter(
                model_content=model, num_threads=threads, experimental_op_resolver_type=kernels
            )
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise _fault(bundle, f"is no model that LiteRT loads ({_line(error)})") from None
    return LiteRTPredictor(bundle, interpreter)


def ram_bytes(bundle: Bundle) -> None:
    """None: how much memory it takes, only the whole process that opened the bundle tells."""


def _check(bundle: Bundle, model: bytes) -> None:
    """Refuse what the runtime would take on trust, before it takes memory for it."""
    try:
        graph = tflite_file.read(model)
        tflite_check.check(graph)
    except BundleError as error:
        reason = str(error).partition(";")[0]
        raise _fault(bundle, f"is no model that LiteRT loads ({reason})") from None
    ends = [graph.tensors[place] for place in (*graph.inputs, *graph.outputs)]
    shapes = [(end.dtype, end.shape) for end in ends]
    window, _ = bundle.windows.samples(bundle.sample_rate)
    if shapes != [("float32", (1, window)), ("float32", (1, len(bundle.labels)))]:
        raise _fault(bundle, f"maps {shapes}, not one window of waveform to probabilities")


def _fault(bundle: Bundle, what: str) -> BundleError:
    return BundleError(f"{bundle.path / bundle.model_file}: {what}; export the model again")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]

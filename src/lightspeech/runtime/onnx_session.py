"""The one door to onnxruntime: what goes in was checked, what comes out as an error is ours."""

import subprocess
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state

from lightspeech.errors import BundleError
from lightspeech.runtime import onnx_file

# onnxruntime's errors have no base of their own, and may quote names that are no text.
_ERRORS: tuple[type[Exception], ...] = (
    UnicodeDecodeError,
    *(
        error
        for error in vars(onnxruntime_pybind11_state).values()
        if isinstance(error, type) and issubclass(error, Exception)
    ),
)

# onnxruntime 1.31 ends the process where it quantizes the bias of a convolution that reaches beyond
# its input; it gives an error of any other.
REACH = 16
"""Frames that a convolution may reach without a trial; those of the models here reach 7."""
TRIAL_S = 60
TRIAL = (
    "import sys, onnxruntime as o; s = o.SessionOptions(); s.log_severity_level = 4; "
    "o.InferenceSession(sys.stdin.buffer.read(), s, ['CPUExecutionProvider'])"
)


class OnnxSession:
    """A model of one output on onnxruntime, on the processor."""

    def __init__(self, model: bytes, name: str, *, threads: int = 1) -> None:
        """Load a model.

        Args:
            model: content of an ONNX file.
            name: what an error calls it, such as its path.
            threads: of the processor that one operation may take.

        Raises:
            BundleError: if it is no ONNX model, or asks for more than a network may, see
                `onnx_file.check`.
        """
        self.name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4  # what goes wrong is raised; nothing is printed besides
        try:
            onnx_file.check(model)
            if onnx_file.reach(model) > REACH:
                _try(model)
            self._session = onnxruntime.InferenceSession(
                model,
                options,
                ["CPUExecutionProvider"],
                enable_fallback=False,  # to the same provider, with words on standard output
            )
        except BundleError as error:
            raise self.fault(str(error)) from None
        except _ERRORS as error:
            raise self.fault(f"is no model that onnxruntime loads ({_line(error)})") from None

    @property
    def inputs(self) -> dict[str, str]:
        """Type of each input, such as ``tensor(float)``, by its name."""
        return {each.name: each.type for each in self._session.get_inputs()}

    @property
    def outputs(self) -> dict[str, str]:
        """Type of each output by its name."""
        return {each.name: each.type for each in self._session.get_outputs()}

    def run(self, output: str, inputs: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        """Compute an output.

        Args:
            output: its name.
            inputs: by name, of the shapes that the model takes.

        Returns:
            Of the shape that the model gives.

        Raises:
            BundleError: if the model fails on them.
        """
        try:
            [answer] = self._session.run([output], inputs)
        except _ERRORS as error:
            shapes = ", ".join(str(array.shape) for array in inputs.values())
            raise self.fault(f"fails on input {shapes} ({_line(error)})") from None
        given: npt.NDArray[np.float32] = answer
        return given

    def fault(self, what: str) -> BundleError:
        """Make an error of this model: what is wrong with it, and what to do."""
        return BundleError(f"{self.name}: {what}; export the model again")


def _try(model: bytes) -> None:
    """Load a model once in a process that it may end."""
    command = [sys.executable, "-c", TRIAL]
    try:
        ended = subprocess.run(command, input=model, capture_output=True, timeout=TRIAL_S)
    except subprocess.TimeoutExpired:
        raise BundleError(f"is not loaded within {TRIAL_S} s") from None
    if ended.returncode < 0:  # an error is told by the load that follows
        raise BundleError("ends the process that loads it")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]

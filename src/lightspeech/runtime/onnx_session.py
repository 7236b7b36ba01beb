"""The one door to onnxruntime: what goes in was checked, what comes out as an error is ours."""

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


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]

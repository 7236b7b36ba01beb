"""A bundle of WebAssembly, run by Node.js, in which it can do nothing but compute.

The JavaScript around it is that of this package; what lies in the bundle's folder is not run.
"""

import shutil
import subprocess
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, MissingTool
from lightspeech.inference.predictor import Probabilities, require_whole

SUFFIX = ".wasm"
ENGINE = "node"
PROGRAM = "pipe.mjs"
TIMEOUT_S = 600
WINDOWS_AT_ONCE = 20
"""Windows of a call that is timed: it starts a program, whose start is no part of their time."""


@dataclass(frozen=True)
class WasmPredictor:
    """An opened bundle."""

    bundle: Bundle

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch of windows; heard as 16-bit samples.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, each one window of the bundle.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1.

        Raises:
            BundleError: if the windows have another length, or the module gives no answer.
        """
        require_whole(waveforms, self.bundle)
        shape = (len(waveforms), len(self.bundle.labels))
        answer = _run(self.bundle, waveforms.astype("<f4").tobytes())
        if len(answer) != 4 * shape[0] * shape[1]:
            raise BundleError(f"{self.bundle.path}: gives no answer; export the model again")
        return np.frombuffer(answer, "<f4").reshape(shape)


def opens(bundle: Bundle) -> bool:
    """Tell whether this back end opens a bundle: it holds WebAssembly."""
    return bundle.model_file.endswith(SUFFIX)


def open(bundle: Bundle, *, threads: int = 1) -> WasmPredictor:
    """Open a bundle of WebAssembly.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: taken and left alone: the module has one.

    Raises:
        MissingTool: if there is no Node.js.
    """
    if not shutil.which(ENGINE):
        raise MissingTool(ENGINE, "nodejs")
    return WasmPredictor(bundle)


def ram_bytes(bundle: Bundle) -> None:
    """Nothing says what the network alone keeps.

    Args:
        bundle: of WebAssembly.
    """


def _run(bundle: Bundle, data: bytes) -> bytes:
    program = files("lightspeech.export.wasm") / PROGRAM
    command = [ENGINE, str(program), str(bundle.path / bundle.model_file)]
    try:
        ended = subprocess.run(command, input=data, capture_output=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise BundleError(f"{bundle.path}: no answer after {TIMEOUT_S} s") from None
    if ended.returncode != 0:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        why = next((line for line in said if "Error" in line), "failed")
        raise BundleError(f"{bundle.path}: {ENGINE}: {why[:200]}; export the model again")
    return ended.stdout

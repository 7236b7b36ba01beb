"""A bundle on ExecuTorch: the runtime of phones, here on this machine's processor.

Its Python package brings torch; on a phone the runtime is a library of C++. What it verifies of a
program is not what XNNPACK reads, and a forged one ends the process: it is tried in another first.
"""

import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, MissingExtra
from lightspeech.inference.predictor import Probabilities
from lightspeech.quiet import muted

IDENTIFIER = slice(4, 6), b"ET"
"""Where a program says what it is: the file identifier of its flatbuffer."""
TRIAL = """
import sys
from pathlib import Path
import torch
from executorch.extension.pybindings import _C
data, checks = Path(sys.argv[1]).read_bytes(), _C.Verification.InternalConsistency
program = _C._load_program_from_buffer(data, program_verification=checks)
method = program.load_method("forward")
[answer] = method((torch.zeros([int(length) for length in sys.argv[2:]]),))
"""
"""The compiled runtime alone: ``executorch.runtime`` imports the exporter too, four seconds."""
TRIAL_S = 600
WINDOWS_AT_ONCE = 1
"""Windows of a call that is timed."""


@dataclass(frozen=True)
class ExecutorchPredictor:
    """A loaded program, and the front end before it."""

    bundle: Bundle
    front: MelConfig
    method: Any
    program: Any
    """The method runs on its memory."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    """A method keeps one answer, whichever thread asks."""

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch of windows.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, each one window of the bundle.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1.

        Raises:
            BundleError: see `classify`.
        """
        rows = [self.classify(frontend.features(waveform, self.front)) for waveform in waveforms]
        return np.stack(rows)

    def classify(self, features: npt.NDArray[np.float32]) -> Probabilities:
        """Answer the features of one window, shape ``(frames, n_features)``: ``(n_classes,)``.

        Raises:
            BundleError: if the features have another shape, or the program gives no probabilities.
        """
        import torch

        wanted = _shape(self.bundle, self.front)
        if features.shape != wanted:  # the runtime would read past its end
            raise BundleError(f"{self.bundle.path}: hears {wanted} features, not {features.shape}")
        window = torch.from_numpy(np.ascontiguousarray(features[None], np.float32))
        with self.lock:
            [answer] = self.method.execute((window,))
            probabilities: Probabilities = answer.numpy()[0].copy()
        n_classes = len(self.bundle.labels)
        if probabilities.shape != (n_classes,) or abs(probabilities.sum() - 1) > 1e-3:
            raise _fault(self.bundle, f"gives no probabilities of {n_classes} classes")
        return probabilities


def opens(bundle: Bundle) -> bool:
    """Tell whether this back end opens a bundle: its model is a ``.pte`` file."""
    return bundle.model_file.endswith(".pte")


def open(bundle: Bundle, *, threads: int = 1) -> ExecutorchPredictor:
    """Load a bundle's program.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: processor threads, of all programs of this process.

    Raises:
        MissingExtra: if executorch is not installed.
        BundleError: if the file is no program that the runtime loads and runs.
    """
    model = (bundle.path / bundle.model_file).read_bytes()
    place, identifier = IDENTIFIER
    if model[place] != identifier:
        raise _fault(bundle, "is no ExecuTorch program")
    with muted():
        try:
            from executorch.extension.pybindings import portable_lib
            from executorch.runtime import Runtime
        except ModuleNotFoundError:
            raise MissingExtra("answers of ExecuTorch", "executorch") from None
        front = bundle.mel
        _try(bundle, (1, *_shape(bundle, front)))
        portable_lib._unsafe_reset_threadpool(threads)
        program = Runtime.get().load_program(model)
        method = program.load_method("forward")
    return ExecutorchPredictor(bundle, front, method, program)


def ram_bytes(bundle: Bundle) -> None:
    """None: how much memory it takes, only the whole process that opened the bundle tells."""


def _try(bundle: Bundle, shape: tuple[int, ...]) -> None:
    """Run a program once in a process that it may end."""
    model = str(bundle.path / bundle.model_file)
    command = [sys.executable, "-c", TRIAL, model, *map(str, shape)]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=TRIAL_S)
    except subprocess.TimeoutExpired:
        raise _fault(bundle, f"is a program without an answer after {TRIAL_S} s") from None
    if ended.returncode != 0:
        why = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or [""]
        raise _fault(bundle, f"is no program that the runtime loads and runs ({why[0][:120]!r})")


def _shape(bundle: Bundle, front: MelConfig) -> tuple[int, int]:
    return front.n_frames(bundle.windows.samples(front.sample_rate)[0]), front.n_features


def _fault(bundle: Bundle, what: str) -> BundleError:
    return BundleError(f"{bundle.path / bundle.model_file}: {what}; export the model again")

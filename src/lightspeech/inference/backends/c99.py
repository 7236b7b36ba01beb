"""A bundle of C, or of the network it is written from: the device's program, compiled and run here.

Where the C has no front end (see `export.c99`), that of NumPy stands before it.
"""

import errno
import os
import shutil
import subprocess
import tempfile
import weakref
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, MissingTool, OutputError
from lightspeech.export import c99
from lightspeech.export.c99 import header, trusted
from lightspeech.files import write_text
from lightspeech.inference.predictor import Probabilities, require_whole

COMPILER = "gcc"
FLAGS = ("-std=c99", "-O3")
PROGRAM = "ls_pipe.c"
"""Samples, or features where there is no front end, from standard input to probabilities."""
FRONT_END = "ls_frontend.h"
TIMEOUT_S = 600
FULL = os.strerror(errno.ENOSPC)
WINDOWS_AT_ONCE = 20
"""Windows of a call that is timed: it starts a program, whose start is no part of their time."""


@dataclass(frozen=True)
class C99Predictor:
    """A compiled bundle; the program's folder goes when this does."""

    bundle: Bundle
    program: Path
    model: bytes
    listens: bool
    """It has a front end in C."""

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch of windows; heard as 16-bit samples.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, each one window of the bundle.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1.

        Raises:
            BundleError: if the windows have another length, or the program gives no answer.
        """
        require_whole(waveforms, self.bundle)
        inputs = np.clip(np.rint(waveforms * 32_768.0), -32_768, 32_767).astype("<i2")
        if not self.listens:
            inputs = _features(self.bundle, self.model, inputs / np.float32(32_768.0))
        answer = _run(self.bundle, [self.program, str(waveforms.shape[1])], inputs.tobytes())
        shape = (len(waveforms), len(self.bundle.labels))
        if len(answer) != 4 * shape[0] * shape[1]:
            raise BundleError(f"{self.bundle.path}: gives no answer; export the model again")
        return np.frombuffer(answer, np.float32).reshape(shape)


def opens(bundle: Bundle) -> bool:
    """Tell whether this back end opens a bundle: it holds generated C, or the network alone."""
    return (bundle.path / header.FILE).is_file() or c99.is_network(bundle)


def open(bundle: Bundle, *, threads: int = 1) -> C99Predictor:
    """Compile a bundle's C for this machine.

    Nothing is compiled but what this version writes itself, see `c99.trusted`.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: taken and left alone: the program has one.

    Raises:
        MissingTool: if there is no C compiler.
        BundleError: if its files are not what this version writes, or do not compile.
    """
    if not shutil.which(COMPILER):
        raise MissingTool(COMPILER, "gcc")
    model = (bundle.path / bundle.model_file).read_bytes()
    written = trusted.sources(bundle)
    program = (files("lightspeech.export.c99") / PROGRAM).read_text("utf-8")
    folder = Path(tempfile.mkdtemp(prefix="lightspeech-"))
    opened = C99Predictor(bundle, folder / "pipe", model, FRONT_END in written)
    weakref.finalize(opened, shutil.rmtree, folder, ignore_errors=True)
    for name, text in {**written, PROGRAM: program}.items():
        write_text(folder / name, text)
    flags = FLAGS if opened.listens else (*FLAGS, "-DLS_FEATURES")
    _run(bundle, [COMPILER, *flags, "-o", opened.program, *sorted(folder.glob("*.c")), "-lm"])
    return opened


def ram_bytes(bundle: Bundle) -> int:
    """Tell all that the C keeps for the network, in bytes: what its header states.

    Raises:
        BundleError: if the bundle holds no generated C.
    """
    return header.read(bundle)["LS_MODEL_ARENA_SIZE"]


def _features(
    bundle: Bundle, model: bytes, waveforms: npt.NDArray[np.float32]
) -> npt.NDArray[np.int8]:
    """What the network hears of windows, shape ``(batch, frames, n_features)``."""
    cfg, scale = c99.hears(bundle, model)
    rows = [scale.quantize(frontend.features(waveform, cfg)) for waveform in waveforms]
    return np.stack(rows).astype(np.int8)


def _run(bundle: Bundle, command: list[str | Path], data: bytes = b"") -> bytes:
    try:
        ended = subprocess.run(command, input=data, capture_output=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise BundleError(f"{bundle.path}: no answer after {TIMEOUT_S} s") from None
    if ended.returncode != 0:
        said = ended.stderr.decode(errors="replace")
        if FULL in said:
            raise OutputError(
                f"{tempfile.gettempdir()}: {FULL}, {command[0]} cannot write there; free space or "
                "set TMPDIR"
            )
        why = said.strip().splitlines()[-1:] or ["failed"]
        raise BundleError(f"{bundle.path}: {command[0]}: {why[0][:200]}; export the model again")
    return ended.stdout

"""The generated C of a bundle in this process: compiled for this very processor, once.

Its vectors compute the bits of the C that runs on boards, so that answers are those of a device;
its gate is the one of the C too. A bundle of another format brings the int8 network along that the
C is written from, or is not opened.
"""

import ctypes
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech import bundle as bundles
from lightspeech.audio import gate
from lightspeech.audio.gate import Marks
from lightspeech.audio.windows import Waveform
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.export import c99
from lightspeech.export.c99 import prefix
from lightspeech.inference.predictor import Probabilities, require_whole
from lightspeech.runtime import shared_library

Array = npt.NDArray[Any]

PROGRAM = "ls_library.c"
VECTORS = "-DLS_VECTORS"
WINDOWS_AT_ONCE = 1
"""Windows of a call that is timed."""


@dataclass(frozen=True)
class NativePredictor:
    """A bundle whose C was compiled; any number of threads may ask it."""

    bundle: Bundle
    library: Any

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch of windows, one by one; heard as 16-bit samples.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, each one window of the bundle.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1.

        Raises:
            BundleError: if the windows have another length.
        """
        require_whole(waveforms, self.bundle)
        answers = np.empty((len(waveforms), len(self.bundle.labels)), np.float32)
        for window, answer in zip(waveforms, answers, strict=True):
            self._answer(window, answer)
        return answers

    def listen(self, waveform: Waveform) -> tuple[Probabilities, Marks | None]:
        """Answer all windows of an utterance, and hear where somebody speaks.

        What the first window and the gate have in common is computed once.

        Args:
            waveform: shape ``(samples,)``, −1…1, one or more.

        Returns:
            Probabilities of each window, shape ``(n, n_classes)``, and which cells sound like
            speech, shape ``(cells,)``, as of `Gate.knowing`; None where the front end has not the
            bands of the gate.
        """
        size, windows = self._size, self.bundle.windows
        marks = np.zeros(gate.cells(len(waveform)), np.uint8)
        if len(waveform) < size:
            self._listen(waveform, marks, None)
            return self.predict(windows.cut(waveform, self.bundle.sample_rate)), self._told(marks)
        starts = windows.starts(len(waveform), self.bundle.sample_rate)
        answers = np.empty((len(starts), len(self.bundle.labels)), np.float32)
        self._listen(waveform, marks, answers)
        for start, answer in zip(starts, answers, strict=True):
            if start > 0:
                self._answer(waveform[start : start + size], answer)
        return answers, self._told(marks)

    @property
    def _size(self) -> int:
        return self.bundle.windows.samples(self.bundle.sample_rate)[0]

    def _answer(self, window: Waveform, answer: Probabilities) -> None:
        window = np.ascontiguousarray(window, np.float32)
        self.library.library_answer(_place(window), _size(len(window)), _place(answer))

    def _listen(self, waveform: Waveform, marks: Array, answers: Probabilities | None) -> None:
        """Hear all of it, and answer the window that it begins with into the first row."""
        waveform = np.ascontiguousarray(waveform, np.float32)
        first = None if answers is None else _place(answers)
        told = _place(marks), ctypes.c_uint32(len(marks))
        self.library.library_listen(_place(waveform), _size(len(waveform)), *told, first)

    def _told(self, marks: Array) -> Marks | None:
        return marks.view(np.bool_) if self._has_gate else None

    @property
    def _has_gate(self) -> bool:
        return bool(ctypes.c_int32.in_dll(self.library, "library_has_gate").value)


def opens(bundle: Bundle) -> bool:
    """Tell whether this back end opens a bundle: it is the int8 network, or has it beside it."""
    return _network(bundle) is not None


def open(bundle: Bundle, *, threads: int = 1) -> NativePredictor:
    """Compile a bundle's C for this processor, or find it compiled.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: taken and left alone: an answer takes one.

    Raises:
        MissingTool: if there is no C compiler.
        BundleError: if the bundle has no int8 network or no front end in C, or does not compile.
        OutputError: if the user's cache cannot be written.
    """
    network = _network(bundle)
    if network is None:
        raise BundleError(
            f"{bundle.path}: has no int8 network to write C from; export its run with --format c99"
        )
    if not c99.streams(network.mel):
        raise BundleError(
            f"{bundle.path}: its front end is not written in C, since its level needs a whole "
            "window; leave --backend out"
        )
    own = prefix.without(replace(network, voice=bundle.voice))
    sources = c99.files_of(own, (network.path / network.model_file).read_bytes())
    program = (files("lightspeech.export.c99") / PROGRAM).read_text("utf-8")
    library = shared_library.load({**sources, PROGRAM: program}, VECTORS)
    return NativePredictor(bundle, library)


def ram_bytes(bundle: Bundle) -> None:
    """None: how much memory it takes, only the whole process that opened the bundle tells."""


def _network(bundle: Bundle) -> Bundle | None:
    return next((each for each in (bundle, *bundles.parts(bundle)) if c99.is_network(each)), None)


def _place(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.__array_interface__["data"][0])  # .ctypes takes ten times as long


def _size(number: int) -> ctypes.c_size_t:
    return ctypes.c_size_t(number)

"""Sound of a microphone as it comes, by the extra ``live``."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.errors import AudioError, MissingExtra, MissingTool

CHUNK_S = 0.1


class Microphone:
    """An open microphone.

    Attributes:
        sample_rate: in Hz, that which the device truly has.
        n_lost: times that sound was lost because nobody took it.
    """

    def __init__(self, stream: Any, sample_rate: int) -> None:
        """Keep what was opened.

        Args:
            stream: of sounddevice, mono, of 16 bits.
            sample_rate: of it, in Hz.
        """
        self._stream, self.sample_rate, self.n_lost = stream, sample_rate, 0

    def chunks(self) -> Iterator[npt.NDArray[np.int16]]:
        """Read for ever.

        Yields:
            A tenth of a second, shape ``(samples,)``.

        Raises:
            AudioError: if the device fails, as when it is pulled out.
        """
        import sounddevice

        while True:
            try:
                chunk, was_lost = self._stream.read(round(CHUNK_S * self.sample_rate))
            except sounddevice.PortAudioError as error:
                raise AudioError(f"the microphone failed ({error}); plug it in again") from None
            self.n_lost += bool(was_lost)
            yield chunk[:, 0]


@contextmanager
def opened(device: int | None = None) -> Iterator[Microphone]:
    """Open a microphone at the rate that it has.

    Args:
        device: its number, as ``python -m sounddevice`` lists them; default: the system's.

    Raises:
        MissingExtra: if sounddevice is not installed.
        MissingTool: if the library that it needs is not.
        AudioError: if there is no such microphone, or it cannot be opened.
    """
    try:
        import sounddevice
    except ImportError:
        raise MissingExtra("the microphone", "live") from None
    except OSError:  # its wheel for Linux does not hold the library
        raise MissingTool("PortAudio, which the microphone needs,", "libportaudio2") from None
    try:
        sample_rate = int(sounddevice.query_devices(device, "input")["default_samplerate"])
        stream = sounddevice.InputStream(
            sample_rate, device=device, channels=1, dtype="int16", latency="high"
        )
    except (sounddevice.PortAudioError, ValueError) as error:
        name = "no microphone" if device is None else f"device {device} is no microphone"
        raise AudioError(
            f"{name} ({error}); list them: python -m sounddevice, then give --device N; sound of "
            "another program: --raw RATE"
        ) from None
    with stream:
        yield Microphone(stream, sample_rate)

"""What happens to speech on its way: each a function of a waveform at 16 kHz, seeded."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from benchmarks.robustness.codecs import RATE, Waveform, through
from scipy import signal

Bend = Callable[[Waveform, np.random.Generator], Waveform]


def _as_loud(bent: npt.NDArray[np.float64], as_: Waveform) -> Waveform:
    """Bring a mixture to the power of the voice: recorders are set for what they hear."""
    gain = np.sqrt((as_**2).mean() / max(float((bent**2).mean()), 1e-12))
    return np.asarray(np.clip(bent * gain, -1, 1), np.float32)


def clean(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """As it was recorded."""
    return waveform


def quiet(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """40 dB less, in floats: nothing but the gain."""
    return np.asarray(waveform * 0.01, np.float32)


def quiet_device(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """40 dB less, in the steps of a converter of 16 bits."""
    return np.asarray(np.round(waveform * 0.01 * 32_767) / 32_767, np.float32)


def telephone(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """300 to 3,400 Hz at 8 kHz, µ-law (ITU-T G.711)."""
    band = signal.butter(4, (300, 3400), "bandpass", fs=RATE, output="sos")
    narrow = signal.resample_poly(signal.sosfilt(band, waveform), 1, 2)
    peak = max(float(np.abs(narrow).max()), 1e-9)
    u = narrow / peak * 0.5
    steps = np.round(np.sign(u) * np.log1p(255 * np.abs(u)) / np.log(256) * 127) / 127
    line = np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255 * peak / 0.5
    return np.asarray(signal.resample_poly(line, 2, 1), np.float32)


def far_room(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """A room of 0.6 s (60 dB), its sound 6 dB above what comes directly."""
    time = np.arange(int(0.9 * RATE)) / RATE
    echo = rng.normal(size=len(time)) * 10 ** (-3 * time / 0.6) * (time > 0.005)
    heard = signal.fftconvolve(waveform, echo)[: len(waveform)]
    gain = np.sqrt((waveform**2).mean() / max((heard**2).mean(), 1e-12)) * 10 ** (6 / 20)
    return _as_loud(waveform + heard * gain, waveform)


def car(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """Noise as in a car, falling by 6 dB an octave above 60 Hz, 5 dB below the voice."""
    low = signal.butter(1, 60, "lowpass", fs=RATE, output="sos")
    noise = signal.sosfilt(low, rng.normal(size=len(waveform)))
    gain = np.sqrt((waveform**2).mean() / (noise**2).mean()) * 10 ** (-5 / 20)
    return _as_loud(waveform + noise * gain, waveform)


def mobile(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """AMR at 5.9 kb/s and 8 kHz, as mobile telephones send it."""
    return through(waveform, "libopencore_amrnb", "amr", 8_000, 5_900)


def opus(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """Opus at 12 kb/s, as messengers send it."""
    return through(waveform, "libopus", "ogg", 48_000, 12_000)


def clipped(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """12 dB too loud for the converter."""
    peak = max(float(np.abs(waveform).max()), 1e-9)
    return np.asarray(np.clip(waveform / peak * 10 ** (12 / 20), -1, 1), np.float32)


def one_second(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """The second in the middle, no more."""
    start = max(len(waveform) - RATE, 0) // 2
    return waveform[start : start + RATE]


def half_a_minute(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """Said again and again, for 30 s."""
    return np.tile(waveform, -(-30 * RATE // len(waveform)))[: 30 * RATE]


BENDS: dict[str, Bend] = {
    "clean": clean,
    "-40 dB": quiet,
    "-40 dB, 16 bits": quiet_device,
    "telephone": telephone,
    "mobile telephone": mobile,
    "far room": far_room,
    "car noise, 5 dB": car,
    "Opus, 12 kb/s": opus,
    "clipped": clipped,
    "one second": one_second,
    "30 s": half_a_minute,
}
"""By the name that tables have."""

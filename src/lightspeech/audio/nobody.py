"""Sounds that nobody says, made by rules: tones, chords, melodies, noises, clicks and silence."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lightspeech.audio.windows import Waveform

Rng = np.random.Generator
Double = npt.NDArray[np.float64]
RATE = 16_000
"""Hz."""
LENGTH_S = 5.0


def made(kind: str, rng: Rng, seconds: float = LENGTH_S) -> Waveform:
    """Make a sound.

    Args:
        kind: one of `KINDS`.
        rng: draws all that may vary.
        seconds: how long.

    Returns:
        At `RATE`, peak 1 unless it is silence, shape ``(samples,)``.
    """
    t = np.arange(round(seconds * RATE)) / RATE
    waveform = np.asarray(_MAKERS[kind](t, rng), np.float64)
    peak = np.abs(waveform).max()
    return (waveform / peak if peak > 1e-3 else waveform).astype(np.float32)


def _offset(t: Double, rng: Rng) -> Double:
    hiss: Double = rng.choice((0, 1e-4)) * rng.standard_normal(len(t))
    return rng.uniform(-1, 1) + hiss


def _tone(t: Double, rng: Rng) -> Double:
    return np.sin(2 * np.pi * rng.uniform(80, 3500) * t)


def _hum(t: Double, rng: Rng) -> Double:
    base = rng.choice((50, 60, 100, 120)) * rng.uniform(0.99, 1.01)
    heights = 10 ** (rng.uniform(-40, 0, 20) / 20)
    wave = sum(
        h * np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) for k, h in enumerate(heights, 1)
    )
    return np.asarray(wave + rng.choice((0, 0.01, 0.1)) * rng.standard_normal(len(t)))


def _note(t: Double, rng: Rng, frequency: float) -> Double:
    depth, rate = rng.uniform(0, 0.02), rng.uniform(4, 7)
    phase = 2 * np.pi * frequency * (t + depth / rate / 6 * np.sin(2 * np.pi * rate * t))
    heights = rng.uniform(0.2, 1) ** np.arange(8)
    return np.asarray(
        sum(h * np.sin(k * phase) for k, h in enumerate(heights, 1) if k * frequency < 7500)
    )


def _chord(t: Double, rng: Rng) -> Double:
    root = rng.uniform(80, 500)
    notes = rng.choice((0, 3, 4, 5, 7, 9, 10, 12, 16, 19), rng.integers(2, 6), replace=False)
    wave = sum(_note(t, rng, root * 2 ** (note / 12)) for note in notes)
    return np.asarray(wave * (1 + rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(1, 8) * t)))


def _melody(t: Double, rng: Rng) -> Double:
    wave = np.zeros(len(t))
    length = rng.uniform(0.08, 0.6)
    decay, legato = rng.uniform(0, 8), rng.random() < 0.3
    scale = np.array((0, 2, 4, 5, 7, 9, 11, 12))
    root, voices = rng.uniform(100, 600), rng.integers(1, 4)
    for start in np.arange(0, t[-1], length):
        if rng.random() < 0.15:
            continue
        inside = (t >= start) & (t < start + length)
        local = t[inside] - start
        rise = np.minimum(local / 0.01, 1) * (
            1 if legato else np.minimum((length - local) / 0.02, 1)
        )
        for note in rng.choice(scale, voices):
            wave[inside] += (
                _note(local, rng, root * 2 ** (note / 12)) * rise * np.exp(-decay * local)
            )
    return wave


def _sweep(t: Double, rng: Rng) -> Double:
    low, high = rng.uniform(60, 500), rng.uniform(800, 7000)
    period = rng.uniform(0.3, 5)
    ramp = (t % period) / period
    if rng.random() < 0.5:
        ramp = np.abs(2 * ramp - 1)
    return np.sin(2 * np.pi * np.cumsum(low * (high / low) ** ramp) / RATE)


def _colored(t: Double, rng: Rng, slope: float) -> Double:
    spectrum = np.fft.rfft(rng.standard_normal(len(t)))
    return np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 20) ** slope, len(t))


def _band(t: Double, rng: Rng) -> Double:
    spectrum = np.fft.rfft(rng.standard_normal(len(t)))
    frequency = np.fft.rfftfreq(len(t), 1 / RATE)
    centre, width = rng.uniform(200, 6000), rng.uniform(0.05, 0.6)
    return np.fft.irfft(
        spectrum * np.exp(-((np.log(np.maximum(frequency, 1) / centre) / width) ** 2)), len(t)
    )


def _swell(t: Double, rng: Rng) -> Double:
    rate, depth = rng.uniform(0.2, 10), rng.uniform(0.3, 1)
    shape = 1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * rate * t))
    return np.asarray(_colored(t, rng, rng.uniform(0, 1)) * shape)


def _clicks(t: Double, rng: Rng) -> Double:
    wave = np.zeros(len(t))
    regular = rng.random() < 0.5
    gap = rng.uniform(0.1, 1.0)
    times = np.arange(0, t[-1], gap) if regular else np.cumsum(rng.exponential(gap, 60))
    ring, pitch = rng.uniform(20, 2000), rng.uniform(200, 5000)
    for start in times[times < t[-1] - 0.01]:
        at = int(start * RATE)
        local = t[: len(t) - at][:8000]
        wave[at : at + len(local)] += (
            np.exp(-ring * local) * np.cos(2 * np.pi * pitch * local) * rng.uniform(0.3, 1)
        )
    return np.asarray(wave + rng.choice((0, 1e-4, 1e-2)) * rng.standard_normal(len(t)))


def _beats(t: Double, rng: Rng) -> Double:
    wave = np.zeros(len(t))
    gap = rng.uniform(0.12, 0.6)
    for n, start in enumerate(np.arange(0, t[-1], gap)):
        at = int(start * RATE)
        local = t[: len(t) - at][: int(0.3 * RATE)]
        if n % 2:
            hit = rng.standard_normal(len(local)) * np.exp(-rng.uniform(10, 60) * local)
        else:
            hit = np.sin(2 * np.pi * (50 + 80 * np.exp(-30 * local)) * local) * np.exp(-12 * local)
        wave[at : at + len(local)] += hit * rng.uniform(0.5, 1)
    return wave


def _burst(t: Double, rng: Rng) -> Double:
    wave: Double = rng.choice((0, 1e-4, 1e-3)) * rng.standard_normal(len(t))
    for _ in range(rng.integers(1, 5)):
        at, length = rng.integers(len(t) - 1000), int(rng.uniform(0.005, 0.4) * RATE)
        wave[at : at + length] += rng.standard_normal(len(wave[at : at + length])) * rng.uniform(
            0.2, 1
        )
    return wave


_MAKERS: dict[str, Callable[[Double, Rng], Double]] = {
    "silence": lambda t, rng: np.zeros(len(t)),
    "dither": lambda t, rng: rng.integers(-1, 2, len(t)) * np.float64(3e-5),
    "offset": _offset,
    "tone": _tone, "hum": _hum, "chord": _chord, "melody": _melody, "sweep": _sweep,
    "white": lambda t, rng: _colored(t, rng, 0), "pink": lambda t, rng: _colored(t, rng, 0.5),
    "brown": lambda t, rng: _colored(t, rng, 1), "band": _band, "swell": _swell,
    "clicks": _clicks, "beats": _beats, "burst": _burst,
}  # fmt: skip
KINDS = tuple(_MAKERS)
"""That can be made."""

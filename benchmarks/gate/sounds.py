"""What the gate learns from and is measured on: speech, noise, music, and sounds that are made.

``SOUNDS`` is a folder, no part of this project: ``cremad``, ``emodb``, ``ravdess``, ``nemo`` (the
corpora as they come), ``asterisk/<language>`` (spoken prompts), ``esc10`` (its ten folders),
``effects/<origin>``, ``music/train/<origin>``, ``music/test/<origin>`` and ``speechbrain``
(noises).
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech.audio import io
from lightspeech.audio.windows import Waveform
from lightspeech.corpora import synthetic

Rng = np.random.Generator
Double = npt.NDArray[np.float64]
RATE = 16_000
PARTS = ("train", "select", "test")
EXCERPT_S = 5.0
N_TEST = 400
"""Noises, tones and pieces of music that are measured."""
MADE = (
    "silence", "dither", "offset", "tone", "hum", "chord", "melody", "sweep", "white", "pink",
    "brown", "band", "swell", "clicks", "beats", "burst",
)  # fmt: skip
SUFFIXES = {".wav", ".flac", ".ogg", ".opus"}
SMALLEST = 1000
"""Bytes; some prompts are empty."""


def speech(folder: Path, part: str) -> dict[str, list[Path]]:
    """Recordings of speech by corpus; no speaker is in two parts."""
    cremad = [path for path in _sounds(folder / "cremad") if _actor(path) == part]
    found = {"cremad": cremad}
    languages = {"train": ("en", "es", "fr", "it"), "select": ("ru",), "test": ()}[part]
    for language in languages:
        prompts = _sounds(folder / "asterisk" / language)
        found[f"asterisk-{language}"] = [path for path in prompts if _is_spoken(path)]
    if part == "train":
        found["emodb"] = _sounds(folder / "emodb")
    if part == "test":
        found["ravdess"] = _sounds(folder / "ravdess")
        found["nemo"] = _sounds(folder / "nemo")[
            ::2
        ]  # half of it has as many cells as the others together
    return found


def robots(work: Path, part: str) -> dict[str, list[Path]]:
    """Make recordings of a voice by rules, which tests and examples speak with."""
    if part == "test":
        return {}
    speakers, seed = {"train": (12, 101), "select": (3, 102)}[part]
    root = work / f"{part}-robots"
    cfg = synthetic.Config(speakers=speakers, sentences=3, seed=seed, root=root)
    return {"synthetic": [utterance.path for utterance in synthetic.read(cfg).utterances]}


def noise(folder: Path, part: str) -> dict[str, list[Path]]:
    """Recordings without speech by origin; no source is in two parts."""
    folds = {"train": "123", "select": "", "test": "45"}[part]
    found = {"esc10": [path for path in _sounds(folder / "esc10") if path.name[0] in folds]}
    if part == "test":
        found["speechbrain"] = _sounds(folder / "speechbrain")
        return found | _folders(folder / "music" / "test")
    if part == "select":
        found = {}
    others = _folders(folder / "music" / "train") | {"effects": _sounds(folder / "effects")}
    kept = {"train": (0, 1, 2), "select": (3,)}[part]
    return found | {
        name: [path for n, path in enumerate(paths) if n % 4 in kept]
        for name, paths in others.items()
    }


def excerpts(path: Path, seconds: float, most: int = 3) -> list[Waveform]:
    """Cut the beginning of a recording into pieces; a short one is one piece."""
    size, n_samples, blocks = round(seconds * RATE), 0, []
    for block in io.stream(path, RATE):
        blocks.append(block)
        n_samples += len(block)
        if n_samples >= most * size:
            break
    waveform = np.concatenate(blocks)[: most * size]
    starts = range(0, max(len(waveform) - size // 2, 1), size)
    return [waveform[start : start + size] for start in starts]


def made(kind: str, rng: Rng, seconds: float = EXCERPT_S) -> Waveform:
    """Make a sound that nobody says, peak 1 unless it is silence."""
    n = round(seconds * RATE)
    t = np.arange(n) / RATE
    waveform = np.asarray(_MAKERS[kind](t, rng), np.float64)
    peak = np.abs(waveform).max()
    return (waveform / peak if peak > 1e-3 else waveform).astype(np.float32)


def test_sounds(folder: Path) -> Iterator[tuple[str, Waveform]]:
    """Give `N_TEST` sounds with their kinds: all noises, then half music and half made."""
    n = 0
    for origin in ("esc10", "speechbrain"):
        for path in noise(folder, "test")[origin]:
            kind = path.parent.name.split(" - ")[-1] if origin == "esc10" else "noise"
            yield kind, excerpts(path, EXCERPT_S)[0]
            n += 1
    rng = np.random.default_rng(1)
    pieces = [path for name, paths in noise(folder, "test").items()
              if name not in ("esc10", "speechbrain") for path in paths]  # fmt: skip
    n_music = (N_TEST - n) // 2
    for at in range(n_music):
        pieces_of_it = excerpts(pieces[at % len(pieces)], EXCERPT_S, 10)
        yield "music", pieces_of_it[rng.integers(len(pieces_of_it))]
    for at in range(N_TEST - n - n_music):
        kind = MADE[at % len(MADE)]
        gain = 10 ** (rng.uniform(-50, -3) / 20)
        yield kind, made(kind, rng) * np.float32(gain)


def _sounds(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SystemExit(f"{folder}: is missing; the docstring of benchmarks/gate says what is")
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            found += _sounds(path)
        elif path.suffix in SUFFIXES and path.stat().st_size > SMALLEST:
            found.append(path)
    return found


def _folders(folder: Path) -> dict[str, list[Path]]:
    return {path.name: _sounds(path) for path in sorted(folder.iterdir())}


def _actor(path: Path) -> str:
    return {0: "test", 1: "select"}.get(int(path.name[:4]) % 5, "train")


def _is_spoken(path: Path) -> bool:
    tones = re.compile(r"beep|tone|monkeys|tt-|ascending|descending|confbridge-(join|leave)")
    return "silence" not in path.parts and not tones.search(path.name)


def _offset(t: Double, rng: Rng) -> Double:
    hiss = rng.choice((0, 1e-4)) * rng.standard_normal(len(t))
    return rng.uniform(-1, 1) + hiss


def _tone(t: Double, rng: Rng) -> Double:
    return np.sin(2 * np.pi * rng.uniform(80, 3500) * t)


def _hum(t: Double, rng: Rng) -> Double:
    base = rng.choice((50, 60, 100, 120)) * rng.uniform(0.99, 1.01)
    heights = 10 ** (rng.uniform(-40, 0, 20) / 20)
    wave = sum(
        h * np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) for k, h in enumerate(heights, 1)
    )
    return wave + rng.choice((0, 0.01, 0.1)) * rng.standard_normal(len(t))


def _note(t: Double, rng: Rng, frequency: float) -> Double:
    depth, rate = rng.uniform(0, 0.02), rng.uniform(4, 7)
    phase = 2 * np.pi * frequency * (t + depth / rate / 6 * np.sin(2 * np.pi * rate * t))
    heights = rng.uniform(0.2, 1) ** np.arange(8)
    return sum(h * np.sin(k * phase) for k, h in enumerate(heights, 1) if k * frequency < 7500)


def _chord(t: Double, rng: Rng) -> Double:
    root = rng.uniform(80, 500)
    notes = rng.choice((0, 3, 4, 5, 7, 9, 10, 12, 16, 19), rng.integers(2, 6), replace=False)
    wave = sum(_note(t, rng, root * 2 ** (note / 12)) for note in notes)
    return wave * (1 + rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(1, 8) * t))


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
    return _colored(t, rng, rng.uniform(0, 1)) * shape


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
    return wave + rng.choice((0, 1e-4, 1e-2)) * rng.standard_normal(len(t))


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
    wave = rng.choice((0, 1e-4, 1e-3)) * rng.standard_normal(len(t))
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

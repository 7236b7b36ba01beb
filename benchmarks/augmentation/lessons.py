"""What a recording is made into before a network learns from it, drawn anew for each.

Those that were worth it are plug-ins of `lightspeech.frontends.bends`. What is measured is bent by
`benchmarks.robustness.bends`: a line of a certain band and another law, a certain room and car.
"""

import io
from collections.abc import Callable

import numpy as np
import soundfile
from benchmarks.augmentation import image_room
from benchmarks.robustness.codecs import RATE, Waveform, through
from scipy import signal

from lightspeech import plugins
from lightspeech.frontends import bends
from lightspeech.frontends.bends._sounds import Double, filtered, mixed

Other = Callable[[bool], Waveform]
"""Another recording: of the same speaker and emotion, or of anybody."""
Lesson = Callable[[Waveform, np.random.Generator, Other], Waveform]


def _kept(name: str) -> Lesson:
    """Give a bend that recipes may ask for."""
    bend = plugins.load(bends.PACKAGE, name).bend
    return lambda waveform, rng, other: bend(waveform, RATE, rng)


def mobile(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """AMR at 4.75 to 12.2 kb/s."""
    bits = int(rng.choice([4750, 7400, 12200]))
    return through(waveform, "libopencore_amrnb", "amr", 8000, bits)


def opus(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """Opus at 8 to 24 kb/s."""
    return through(waveform, "libopus", "ogg", 48_000, int(rng.integers(8, 25)) * 1000)


def mp3(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """MP3 at 16 to 32 kb/s."""
    return through(waveform, "libmp3lame", "mp3", RATE, int(rng.choice([16, 24, 32])) * 1000)


def _at_8_khz(waveform: Waveform, rng: np.random.Generator, subtype: str) -> Waveform:
    """Through a codec of libsndfile, the loudest sample up to 24 dB below full scale."""
    narrow = signal.resample_poly(waveform, 1, 2)
    gain = 10 ** (-rng.uniform(0, 24) / 20) / max(float(np.abs(narrow).max()), 1e-9)
    file = io.BytesIO()
    soundfile.write(file, narrow * gain, RATE // 2, subtype, format="WAV")
    file.seek(0)
    decoded, _ = soundfile.read(file, frames=len(narrow))
    heard = signal.resample_poly(decoded / gain, 2, 1)
    return np.asarray(np.clip(heard[: len(waveform)], -1, 1), np.float32)


def gsm(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """GSM full rate, 13 kb/s."""
    return _at_8_khz(waveform, rng, "GSM610")


def mu_law(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """µ-law at 8 kHz, without the band of a line."""
    return _at_8_khz(waveform, rng, "ULAW")


def _as_loud(sound: Double, voice: Waveform) -> Waveform:
    power = float((voice**2).mean()) / max(float((sound**2).mean()), 1e-20)
    return np.asarray(np.clip(sound * np.sqrt(power), -1, 1), np.float32)


def image(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """A room by the image method, as loud as the voice was."""
    return _as_loud(image_room.heard(waveform, RATE, rng), waveform)


def microphone(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """One or two resonances of 3 to 12 dB, and nothing far above 3 to 8 kHz."""
    shape = (rng.integers(1, 3), 1)
    centre = 200 * 30 ** rng.uniform(size=shape)  # to 6 kHz
    height, q = 10 ** (rng.uniform(3, 12, shape) / 40), rng.uniform(1, 6, shape)
    edge = rng.uniform(3000, 8000)

    def gain(hertz: Double) -> Double:
        s = 1j * hertz / centre
        peaks = (s**2 + s * height / q + 1) / (s**2 + s / (height * q) + 1)
        return np.asarray(np.abs(peaks.prod(0)) / np.sqrt(1 + (hertz / edge) ** 6))

    return _as_loud(filtered(waveform, RATE, gain), waveform)


def babble(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """Four others at once, 0 to 20 dB below."""
    others = sum(np.resize(other(False), len(waveform)) for _ in range(4))
    return mixed(waveform, np.asarray(others), rng.uniform(0, 20))


def clipped(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """3 to 15 dB too loud for the converter."""
    peak = max(float(np.abs(waveform).max()), 1e-9)
    return np.asarray(np.clip(waveform / peak * 10 ** (rng.uniform(3, 15) / 20), -1, 1), np.float32)


def silence_around(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """0.2 to 1.5 s of faint noise before and behind."""
    faint = np.abs(waveform).max() * 10 ** (rng.uniform(-70, -45) / 20)
    before, behind = (int(RATE * rng.uniform(0.2, 1.5)) for _ in range(2))
    around = rng.normal(size=before + len(waveform) + behind) * faint
    around[before : before + len(waveform)] += waveform
    return np.asarray(np.clip(around, -1, 1), np.float32)


def cut_off(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """Up to a third cut off at both ends, half a second left at least."""
    room = max(len(waveform) - RATE // 2, 0)
    start = int(min(rng.uniform(0, 1 / 3) * len(waveform), room / 2))
    end = len(waveform) - int(min(rng.uniform(0, 1 / 3) * len(waveform), room / 2))
    return waveform[start:end]


def joined(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """With another sentence of the speaker, said in the same way, behind it."""
    return np.concatenate([waveform, other(True)])


LESSONS: dict[str, Lesson] = {
    **{name: _kept(name) for name in plugins.names(bends.PACKAGE)},
    "mobile telephone": mobile,
    "Opus": opus,
    "MP3": mp3,
    "GSM full rate": gsm,
    "mu-law": mu_law,
    "room by images": image,
    "microphone": microphone,
    "babble": babble,
    "clipped": clipped,
    "silence around": silence_around,
    "cut off": cut_off,
    "joined": joined,
}
"""By the name that tables have."""

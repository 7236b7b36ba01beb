"""What a recording is made into before a network learns from it, drawn anew for each.

None is a bend of `benchmarks.robustness.bends`, which measures: lines have other bands and codecs,
rooms other times.
"""

import io
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from scipy import signal

Waveform = npt.NDArray[np.float32]
RATE = 16_000
Other = Callable[[bool], Waveform]
"""Another recording: of the same speaker and emotion, or of anybody."""
Lesson = Callable[[Waveform, np.random.Generator, Other], Waveform]


def _through(waveform: Waveform, codec: str, container: str, rate: int, bits: int) -> Waveform:
    """Encode and decode; what a codec delays is cut off again, to its frame."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = bits
        given = signal.resample_poly(waveform, rate // 1000, RATE // 1000).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(given[None], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        form = stream.codec_context.format.name
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(form, "mono", rate, frame_size=size)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as back:
        plain = av.AudioResampler("flt", "mono", RATE)
        decoded = [p for f in back.decode(audio=0) for p in plain.resample(f)]
        heard = np.concatenate([p.to_ndarray()[0] for p in decoded + plain.resample(None)])
    return np.asarray(heard[: len(waveform)], np.float32)


def _mixed(waveform: Waveform, added: npt.NDArray[np.floating], snr_db: float) -> Waveform:
    """Add a sound so many dB below, as loud together as the recording was."""
    power, of_added = float((waveform**2).mean()), max(float((added**2).mean()), 1e-12)
    both = waveform + added * np.sqrt(power / of_added) * 10 ** (-snr_db / 20)
    both *= np.sqrt(power / max(float((both**2).mean()), 1e-12))
    return np.asarray(np.clip(both, -1, 1), np.float32)


def telephone(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """200–450 to 2,900–3,700 Hz, then AMR at 4.75 to 12.2 kb/s or G.726."""
    edges = rng.uniform((200, 2900), (450, 3700))
    line = signal.sosfilt(signal.butter(3, edges, "bandpass", fs=RATE, output="sos"), waveform)
    if rng.random() < 0.5:
        bits = int(rng.choice([4750, 5900, 7400, 12200]))
        return _through(np.float32(line), "libopencore_amrnb", "amr", 8000, bits)
    return _through(np.float32(line), "adpcm_g726", "wav", 8000, 32_000)


def opus(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """Opus at 8 to 24 kb/s."""
    return _through(waveform, "libopus", "ogg", 48_000, int(rng.integers(8, 25)) * 1000)


def mp3(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """MP3 at 16 to 32 kb/s."""
    return _through(waveform, "libmp3lame", "mp3", RATE, int(rng.choice([16, 24, 32])) * 1000)


def room(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """A room of 0.2 to 1 s (60 dB), darker than it is bright, the voice −6 to 12 dB above it."""
    t60, direct_db = rng.uniform(0.2, 1.0), rng.uniform(-6, 12)
    time = np.arange(int(1.2 * t60 * RATE)) / RATE
    echo = rng.normal(size=len(time)) * 10 ** (-3 * time / t60) * (time > rng.uniform(0.002, 0.01))
    dark = signal.butter(1, rng.uniform(2000, 7000), "lowpass", fs=RATE, output="sos")
    heard = signal.fftconvolve(waveform, signal.sosfilt(dark, echo))[: len(waveform)]
    return _mixed(waveform, heard, direct_db)


def babble(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """Four others at once, 0 to 20 dB below."""
    others = sum(np.resize(other(False), len(waveform)) for _ in range(4))
    return _mixed(waveform, np.asarray(others), rng.uniform(0, 20))


def rumble(waveform: Waveform, rng: np.random.Generator, other: Other) -> Waveform:
    """Noise falling by 6 dB an octave above 30 to 300 Hz, 0 to 20 dB below."""
    low = signal.butter(1, rng.uniform(30, 300), "lowpass", fs=RATE, output="sos")
    noise = signal.sosfilt(low, rng.normal(size=len(waveform)))
    return _mixed(waveform, noise, rng.uniform(0, 20))


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
    "telephone": telephone,
    "Opus": opus,
    "MP3": mp3,
    "room": room,
    "babble": babble,
    "rumble": rumble,
    "clipped": clipped,
    "silence around": silence_around,
    "cut off": cut_off,
    "joined": joined,
}
"""By the name that tables have."""

"""A parametric voice: glottal pulses through moving formants, every cue of it a number."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech.audio.windows import Waveform as Waveform

Array = npt.NDArray[np.floating]

SAMPLE_RATE = 16_000
SYLLABLE_S = 0.22
"""A syllable of an unhurried speaker: 4.5 a second."""
LEVEL_DB = -32.0
"""RMS re full scale of a neutral sentence; leaves 12 dB to shout and as much for peaks."""
SILENCE_S = 0.1
FLOOR_DB = -70.0
OPEN, CLOSING = 0.6, 0.16
"""Share of a period in which the glottis is open, and in which it closes (Rosenberg 1971)."""

VOWELS = np.array(
    [
        (730, 1090, 2440, 3400),
        (530, 1840, 2480, 3500),
        (270, 2290, 3010, 3600),
        (570, 840, 2410, 3300),
        (300, 870, 2240, 3300),
    ],
    float,
)
"""Formants of a, e, i, o, u in Hz, adult men, shape ``(5, 4)`` (F1-F3: Peterson & Barney 1952)."""
BANDWIDTHS = np.array([80.0, 100.0, 140.0, 200.0])


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """What stays the same whatever a person feels.

    Attributes:
        f0_hz: resting pitch.
        tract: formants relative to those of adult men; a shorter vocal tract is above 1.
        loudness_db: relative to other people.
        rate: syllables a second, relative to other people.
        expression: how strongly feelings show; 1 follows the rule, 0 is a poker face.
    """

    f0_hz: float
    tract: float
    loudness_db: float
    rate: float
    expression: float


@dataclass(frozen=True, kw_only=True)
class Cues:
    """How one sentence is said, relative to how its speaker usually speaks.

    Attributes:
        pitch_st: pitch level, in semitones.
        range_st: standard deviation of the intonation, in semitones, above 0.
        loudness_db: RMS level.
        rate: syllables a second, as a factor.
        tilt_db: spectral tilt per octave; above 0 is brighter, as in a pressed voice.
        jitter: deviation of a period from its neighbours, as a share of it.
    """

    pitch_st: float
    range_st: float
    loudness_db: float
    rate: float
    tilt_db: float
    jitter: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Sentence:
    """The text: one entry a syllable, the same from every mouth; each array of shape ``(n,)``.

    Attributes:
        vowels: rows of `VOWELS`.
        hiss: level of the consonant, 0 (none) to 1.
        lengths: relative to `SYLLABLE_S`.
        accents: intonation, in standard deviations of its range.
    """

    vowels: npt.NDArray[np.int64]
    hiss: Array
    lengths: Array
    accents: Array


def sentence(rng: np.random.Generator) -> Sentence:
    """Make up a sentence of five to eight syllables."""
    n = int(rng.integers(5, 9))
    accents = rng.normal(size=n) - np.linspace(-0.5, 0.5, n)  # pitch falls towards the end
    return Sentence(
        vowels=rng.integers(0, len(VOWELS), n),
        hiss=rng.choice([0.0, 0.3, 0.8], n),
        lengths=rng.uniform(0.7, 1.3, n),
        accents=(accents - accents.mean()) / accents.std(),
    )


def say(text: Sentence, speaker: Speaker, cues: Cues, rng: np.random.Generator) -> Waveform:
    """Say a sentence.

    Args:
        text: the syllables.
        speaker: who says it.
        cues: how.
        rng: of jitter, shimmer and noise.

    Returns:
        Waveform at `SAMPLE_RATE`, −1 to 1, shape ``(samples,)``.
    """
    lengths = text.lengths * SYLLABLE_S / (speaker.rate * cues.rate)
    ends = np.cumsum(lengths)
    time = np.arange(int(ends[-1] * SAMPLE_RATE)) / SAMPLE_RATE
    syllable = np.searchsorted(ends, time, side="right").clip(max=len(ends) - 1)
    phase = 1 - (ends[syllable] - time) / lengths[syllable]  # 0 to 1 through a syllable
    middles = ends - lengths / 2

    semitones = cues.pitch_st + cues.range_st * np.interp(time, middles, text.accents)
    voice = pulses(speaker.f0_hz * 2 ** (semitones / 12), cues.jitter, rng)
    voice *= np.sin(np.pi * phase.clip(0, 1)) ** 0.7
    hiss = np.diff(rng.normal(size=len(time)), prepend=0.0) * text.hiss[syllable]
    source = voice + 0.15 * hiss * (phase < 0.25) + 0.004 * rng.normal(size=len(time))

    formants = speaker.tract * VOWELS[text.vowels]
    spoken = resonate(source, middles, formants, cues.tilt_db)
    return _level(spoken, speaker.loudness_db + cues.loudness_db, rng)


def pulses(f0_hz: Array, jitter: float, rng: np.random.Generator) -> Array:
    """Flow derivative of Rosenberg pulses that follow a pitch contour.

    Args:
        f0_hz: pitch at each sample, shape ``(samples,)``.
        jitter: deviation of a period from its neighbours, as a share of it.
        rng: of jitter and shimmer.

    Returns:
        As many samples, shape ``(samples,)``.
    """
    phase = np.cumsum(f0_hz) / SAMPLE_RATE
    n = int(phase[-1]) + 2
    starts = np.arange(n) + jitter * rng.normal(size=n)
    cycle = (np.searchsorted(starts, phase, side="right") - 1).clip(0, n - 2)
    period = np.maximum(starts[cycle + 1] - starts[cycle], 0.2)
    x = ((phase - starts[cycle]) / period).clip(0, 1)
    opening = np.sin(np.pi * x / (OPEN - CLOSING)) * (x < OPEN - CLOSING)
    closing = np.sin(np.pi / 2 * (x - OPEN + CLOSING) / CLOSING)
    closing *= (x >= OPEN - CLOSING) & (x < OPEN)
    shimmer = 1 + 3 * jitter * rng.normal(size=n)
    pulses: Array = (opening / (OPEN - CLOSING) - closing / CLOSING) * shimmer[cycle]
    return pulses


def resonate(source: Array, middles: Array, formants: Array, tilt_db: float) -> Array:
    """Filter a source by formants that glide from syllable to syllable, frame by frame.

    Args:
        source: shape ``(samples,)``.
        middles: time of each syllable in s, shape ``(n,)``.
        formants: in Hz, shape ``(n, 4)``.
        tilt_db: gain per octave around 500 Hz.

    Returns:
        As many samples, shape ``(samples,)``.
    """
    frame, hop = 512, 128
    padded = np.pad(source, (frame, frame + -len(source) % hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    hertz = np.fft.rfftfreq(2 * frame, 1 / SAMPLE_RATE)  # twice as long: room for the ringing
    times = (np.arange(len(frames)) * hop - frame / 2) / SAMPLE_RATE
    gliding = np.stack([np.interp(times, middles, track) for track in formants.T], 1)
    gain = _formant_gain(gliding, hertz) * _tilt_gain(tilt_db, hertz)
    spectrum = np.fft.rfft(frames * np.hanning(frame + 1)[:-1], 2 * frame)
    filtered = np.fft.irfft(spectrum * gain)  # (frames, 2 · frame)
    overlapped = np.zeros(len(padded) + frame)
    for start, row in zip(range(0, len(frames) * hop, hop), filtered, strict=True):
        overlapped[start : start + 2 * frame] += row
    return overlapped[frame : frame + len(source)]


def _formant_gain(formants: Array, hertz: Array) -> npt.NDArray[np.complex128]:
    """Response of resonators in cascade, each with gain 1 at 0 Hz, shape ``(frames, bins)``."""
    z = np.exp(-2j * np.pi * hertz / SAMPLE_RATE)
    radius = np.exp(-np.pi * BANDWIDTHS / SAMPLE_RATE)
    gain = np.ones((len(formants), len(hertz)), np.complex128)
    for track, r in zip(formants.T, radius, strict=True):
        b = 2 * r * np.cos(2 * np.pi * track / SAMPLE_RATE)[:, None]
        gain *= (1 - b + r**2) / (1 - b * z + r**2 * z**2)
    return gain


def _tilt_gain(tilt_db: float, hertz: Array) -> Array:
    octaves = np.log2(hertz.clip(100) / 500)
    return np.asarray(10 ** (tilt_db * octaves / 20))


def _level(spoken: Array, relative_db: float, rng: np.random.Generator) -> Waveform:
    """Bring speech to its level and lay it into faint noise with silence around."""
    gain = 10 ** ((LEVEL_DB + relative_db) / 20) / np.sqrt(np.mean(spoken**2))
    quiet = np.pad(spoken * gain, int(SILENCE_S * SAMPLE_RATE))
    noise = 10 ** (FLOOR_DB / 20) * rng.normal(size=len(quiet))
    return (quiet + noise).clip(-1, 1).astype(np.float32)

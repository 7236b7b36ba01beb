"""One recording explained: three sentences in plain words, and a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio.cues.edit import Edit
from lightspeech.audio.cues.loudness import envelope
from lightspeech.audio.measures import UNITS
from lightspeech.audio.pitch import HOP, SAMPLE_RATE
from lightspeech.explain.places import EDGES_HZ, PIECE_S
from lightspeech.explain.recording import Told
from lightspeech.files import write_text
from lightspeech.reporting import _canvas
from lightspeech.reporting._canvas import ACCENT, THIRD, WARNING, Drawing

LOW, HIGH = 0.1, 0.9
"""Shares of recordings of the training speakers beyond which a value is unusual."""
LINES = 3
"""Classes whose probability is drawn over time."""
CHANGES = 3
"""Changes of the answer that are told."""
WORDS = {
    "st": ("{:g} semitones higher", "{:g} semitones lower"),
    "dB": ("{:g} dB louder", "{:g} dB fainter"),
    "dB/oct": ("brighter by {:g} dB an octave", "darker by {:g} dB an octave"),
}
"""Of amounts that are added, above and below zero."""
SAID = {
    "pitch range": "with intonation times {:g}",
    "loudness contour": "with its loudness contour times {:g}",
    "rate": "{:g} times as fast",
    "breath": "with breath at {:g} dB",
    "jitter": "with {:g} % of jitter",
    "order": "in pieces of {:g} s in another order",
    "low band": "without what is above 1 kHz",
    "high band": "without what is below 1 kHz",
    "telephone": "over a telephone",
}


def sentences(told: Told, thresholds: Sequence[float]) -> tuple[str, str, str]:
    """Say what was heard, what would change the answer, and how sure that is.

    Args:
        told: by `recording.explain`.
        thresholds: of each label, the probability below which the bundle calls it uncertain.
    """
    return _heard(told), _would_change(told), _how_sure(told, thresholds)


def _heard(told: Told) -> str:
    values = dict(zip(UNITS, told.measures, strict=True))
    ranked = np.argsort(-told.probabilities)
    answer = ", ".join(f"{told.labels[n]} {told.probabilities[n]:.0%}" for n in ranked[:2])
    if np.isnan(values["pitch"]):
        return f"{told.name} answers {answer}; it heard no voice with a pitch."
    hertz = 100 * 2 ** (values["pitch"] / 12)
    return (
        f"{told.name} answers {answer}; it heard a voice at {hertz:.0f} Hz that moves by "
        f"{values['pitch range']:.1f} semitones, {-values['loudness']:.0f} dB below full scale "
        f"with {values['loudness range']:.0f} dB of contrast, "
        f"{values['voiced segments']:.1f} voiced segments a second{_beside(told)}."
    )


def _beside(told: Told) -> str:
    """Name what is unusual beside the training speakers, where the bundle says how these speak."""
    if told.speakers is None:
        return ""
    found = [
        f"{name} {'above' if share >= HIGH else 'below'} {max(share, 1 - share):.0%} of them"
        for name, value in zip(UNITS, told.measures, strict=True)
        if (share := told.speakers.share_below(name, value)) is not None and not LOW < share < HIGH
    ]
    words = ", ".join(found) if found else "nothing of it is unusual"
    return f"; beside {told.speakers.n_recordings:,} recordings that it learnt from: {words}"


def _would_change(told: Told) -> str:
    if changes := told.changing()[:CHANGES]:
        words = "; ".join(f"{said(edit)} it would be {label}" for edit, label in changes)
        return f"{words[0].upper()}{words[1:]}."
    strongest = told.strongest()
    if strongest is None:
        return "It is too short for a cue of it to be changed."
    edit, change = strongest
    return (
        f"No edit gives another answer; most is taken from it {said(edit)}: "
        f"{100 * change:+.0f} points."
    )


def said(edit: Edit) -> str:
    """Say an edit in words, such as ``2 semitones lower``."""
    if edit.cue in SAID:
        return SAID[edit.cue].format(edit.amount)
    above, below = WORDS[edit.unit]
    return (above if edit.amount > 0 else below).format(abs(edit.amount))


def _how_sure(told: Told, thresholds: Sequence[float]) -> str:
    own = int(told.probabilities.argmax())
    moved = 100 * (told.copy[own] - told.probabilities[own])
    limit, label = thresholds[own], told.labels[own]
    sure = "above" if told.probabilities[own] >= limit else "below"
    points = (
        f"what its map puts first is worth {100 * told.map.worth:.0f} points where what is loudest "
        f"is worth {100 * told.map.energy_worth:.0f} and chance {100 * told.map.random_worth:.0f}"
    )
    worth = "" if told.map.beats_energy else ", so it tells no more than where it is loud"
    return (
        f"That is {sure} the {100 * limit:.3g} % from which this model is sure of {label}; a copy "
        f"that changes no cue moves it by {moved:+.1f} points, and {points}{worth}."
    )


def picture(told: Told) -> Drawing:
    """Draw spectrogram, pitch, loudness, the map of an answer and the answer over time.

    Args:
        told: by `recording.explain`.

    Raises:
        MissingExtra: if matplotlib is not installed.
    """
    waveform, pitch = told.voice.waveform, told.voice.pitch
    seconds = len(waveform) / SAMPLE_RATE
    with _canvas.figure(6.4, 6.6) as figure:
        axes = figure.subplots(5, 1, sharex=True, height_ratios=(2, 1, 1, 2, 1.2))
        frames = np.lib.stride_tricks.sliding_window_view(np.pad(waveform, 256), 512)[::128]
        power = 20 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(512))) + 1e-6)
        axes[0].imshow(
            power.T,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, SAMPLE_RATE / 2000),
            vmin=power.max() - 70,
            cmap="Greys",
        )
        axes[0].set_ylabel("kHz")
        time = np.arange(len(pitch.f0_hz)) * HOP / SAMPLE_RATE
        axes[1].plot(time, np.where(pitch.voiced, pitch.f0_hz, np.nan), color=ACCENT)
        axes[1].set_ylabel("pitch, Hz")
        loudness = 20 * np.log10(envelope(waveform))
        axes[2].plot(np.arange(len(loudness)) / SAMPLE_RATE, loudness, color=WARNING)
        axes[2].set_ylim(loudness.max() - 50, loudness.max() + 3)
        axes[2].set_ylabel("dB")
        image = _draw_map(axes[3], told.map.values)
        figure.colorbar(image, ax=axes[3], label=f"points of {told.label}")
        _over_time(axes[4], told, seconds)
        figure.suptitle(f"{told.label} {told.probabilities.max():.0%}")
    return Drawing(figure, f"explain-{told.name}", _heard(told))


def _draw_map(axes: Any, values: npt.NDArray[np.float64]) -> Any:
    """Draw a map of shape ``(pieces, bands)`` in points; give the image."""
    limit = max(100 * float(np.abs(values).max()), 1e-4)
    image = axes.imshow(
        100 * values.T,
        origin="lower",
        aspect="auto",
        extent=(0, len(values) * PIECE_S, 0, len(EDGES_HZ) - 1),
        vmin=-limit,
        vmax=limit,
        cmap="RdBu_r",
    )
    axes.set_yticks(range(len(EDGES_HZ)), [f"{edge / 1000:g}" for edge in EDGES_HZ])
    axes.set_ylabel("kHz")
    return image


def map_alone(values: npt.ArrayLike) -> Drawing:
    """Draw the map of an answer.

    Args:
        values: shape ``(pieces, bands)``.

    Raises:
        MissingExtra: if matplotlib is not installed.
    """
    with _canvas.figure(5.4, 2.2) as figure:
        axes = figure.subplots()
        image = _draw_map(axes, np.asarray(values, float))
        figure.colorbar(image, label="points", pad=0.01)
        axes.set_xlabel("seconds")
        return Drawing(figure, "map", "Map of the answer to one utterance")


def _over_time(axes: Any, told: Told, seconds: float) -> None:
    """Draw what the model said of all until then, the likeliest classes."""
    ends = [*(PIECE_S * np.arange(1, len(told.over_time))), seconds]
    likeliest = np.argsort(-told.over_time.max(0))[:LINES]
    for place, colour in zip(likeliest, (ACCENT, WARNING, THIRD), strict=False):
        axes.plot(ends, 100 * told.over_time[:, place], color=colour, label=told.labels[place])
    axes.set_ylim(0, 100)
    axes.set_ylabel("% so far")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_xlabel("s")
    axes.set_xlim(0, seconds)


def write(told: Told, thresholds: Sequence[float], folder: Path, name: str) -> str:
    """Write the sentences and the picture of a recording.

    Args:
        told: by `recording.explain`.
        thresholds: of the bundle, one for each label, 0 to 1.
        folder: where they go.
        name: of both files, without an ending.

    Returns:
        The sentences, a line each.

    Raises:
        MissingExtra: if matplotlib is not installed.
        OutputError: if the folder cannot be written.
    """
    lines = "\n".join(sentences(told, thresholds))
    write_text(folder / f"{name}.txt", f"{lines}\n")
    write_text(folder / f"{name}.svg", _canvas.standalone(picture(told), lines))
    return lines

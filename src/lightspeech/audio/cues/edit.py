"""What an edit is, and the level that edits of other cues leave as it was."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lightspeech.audio.pitch import SAMPLE_RATE, Array
from lightspeech.audio.psola import Voice, at_rms_of
from lightspeech.audio.windows import Waveform

MIN_S = 0.3
"""Seconds; what is shorter has no pace, order or contour to change."""
MIN_VOICED_S = 0.15
"""Seconds of voice below which there is no pitch to move."""
DIFFERENCES = ("st", "dB", "dB/oct")
"""Units of amounts that are added, and told with their sign."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One cue changed by one amount.

    Attributes:
        cue: which, such as ``pitch level``.
        amount: by how much, in its own unit.
        unit: of the amount, as people read it.
        apply: makes the edited waveform, at `pitch.SAMPLE_RATE`; None where the recording is too
            short, has no pitch or would clip: there is nothing to edit, so nothing is made up.
        resynthesized: whether the voice is put together anew; such edits are compared with a copy
            that is put together anew as well.
    """

    cue: str
    amount: float
    unit: str
    apply: Callable[[Voice], Waveform | None]
    resynthesized: bool = False

    @property
    def name(self) -> str:
        """Cue, amount and unit, such as ``pitch level +2 st`` or ``rate 0.8 ×``."""
        if not self.unit:
            return self.cue
        sign = "+" if self.unit in DIFFERENCES else ""
        return f"{self.cue} {self.amount:{sign}g} {self.unit}"


def is_long(voice: Voice) -> bool:
    """Tell whether a recording has `MIN_S`."""
    return len(voice.waveform) >= MIN_S * SAMPLE_RATE


def has_pitch(voice: Voice) -> bool:
    """Tell whether a recording has `MIN_VOICED_S` of voice."""
    return sum(end - start for start, end in voice.pitch.spans()) >= MIN_VOICED_S * SAMPLE_RATE


def at_level_of(edited: Array, original: Waveform) -> Waveform | None:
    """Bring an edited waveform to the RMS of the original; None where that clips.

    Args:
        edited: shape ``(samples,)``.
        original: shape ``(samples,)``, perhaps of another length.

    Returns:
        Shape ``(samples,)``.
    """
    return unless_clipped(at_rms_of(original, edited))


def unless_clipped(edited: Array) -> Waveform | None:
    """Give a waveform as float32; None where a sample is beyond ±1.

    Args:
        edited: shape ``(samples,)``.

    Returns:
        As many samples, shape ``(samples,)``.
    """
    waveform: Waveform = edited.astype(np.float32)
    return waveform if np.abs(waveform).max(initial=0) <= 1 else None

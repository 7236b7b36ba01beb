"""All edits, in the order in which they are told, and the two that change no cue."""

from lightspeech.audio.cues import loudness, order, pitch, quality, rate, spectrum

COPY, CONTROL = pitch.COPY, pitch.CONTROL
"""What resynthesized edits are compared with, and an edit that changes no cue: an effect no larger
than that of the control may be one of the resynthesis."""
EDITS = (
    *pitch.EDITS,
    *loudness.EDITS,
    *rate.EDITS,
    *spectrum.EDITS,
    *quality.EDITS,
    *order.EDITS,
)
CUES = tuple(dict.fromkeys(edit.cue for edit in EDITS))
"""Their cues, each once."""

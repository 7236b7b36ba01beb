"""What eGeMAPS says of a recording: 88 hand-made numbers (Eyben et al. 2016), kept a file each."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech.audio import io
from lightspeech.corpora.base import Utterance
from lightspeech.errors import AudioError, MissingExtra, StudyError
from lightspeech.frontends.cache import find, keep

Array = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000
N_FUNCTIONALS = 88
SHORTEST_S = 0.1
"""openSMILE has no answer to less: its longest window is 60 ms."""


def load(
    utterances: Sequence[Utterance], cache: Path, *, step: Callable[[], None] = lambda: None
) -> Array:
    """Read the functionals of a corpus from the cache, computing those that are not there.

    Args:
        utterances: with paths and hashes.
        cache: folder; the functionals live below it, named by the sound.
        step: called after each utterance.

    Returns:
        Shape ``(n, 88)``, in the order of the utterances.

    Raises:
        AudioError: if a recording cannot be decoded, or is shorter than 0.1 s.
        MissingExtra: if openSMILE is not installed.
        OutputError: if the cache cannot be written.
        StudyError: if openSMILE was interrupted.
    """
    extract = None
    rows = []
    for utterance in utterances:
        file = cache / "egemaps" / f"{utterance.audio_hash}-{utterance.sample_rate}.npy"
        row = find(file, axes=1)
        if row is None or np.isnan(row).any():  # kept by a version that took NaN for an answer
            extract = extract or extractor()
            row = _of(utterance, extract)
            keep(row, file)
        rows.append(row)
        step()
    return np.stack(rows)


def extractor() -> Callable[[Array], Array]:
    """Give the function from a waveform at 16 kHz, shape ``(samples,)``, to 88 numbers.

    Raises:
        MissingExtra: if openSMILE is not installed.
    """
    try:
        import opensmile
    except ModuleNotFoundError:
        raise MissingExtra("eGeMAPS", "yardstick") from None
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )

    def extract(waveform: Array) -> Array:
        numbers: Array = smile.process_signal(waveform, SAMPLE_RATE).to_numpy(np.float32)[0]
        return numbers

    return extract


def _of(utterance: Utterance, extract: Callable[[Array], Array]) -> Array:
    waveform = io.load(utterance.path, SAMPLE_RATE)
    if len(waveform) < SHORTEST_S * SAMPLE_RATE:
        raise AudioError(
            f"{utterance.path}: {len(waveform) / SAMPLE_RATE:.3f} s, eGeMAPS needs {SHORTEST_S} s; "
            "remove it from the corpus"
        )
    numbers = extract(waveform)
    if np.isnan(numbers).any():
        # It loses Ctrl-C and SIGTERM (opensmile 2.6.0) and answers so.
        raise StudyError(
            f"{utterance.path}: openSMILE was interrupted; type the command again with --resume"
        )
    return numbers

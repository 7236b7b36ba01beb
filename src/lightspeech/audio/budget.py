"""What windows and a front end may ask of a machine, told before anything is computed."""

import math

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError

MAX_BYTES = 256 << 20
"""Of memory that they may ask for."""
MAX_SECONDS = 10
"""Of processor for a minute of audio; the models of the package ask for a hundredth of it."""
SECONDS_A_SAMPLE, SECONDS_A_BUTTERFLY = 1e-9, 2e-9
"""Of NumPy for a sample of a window, and for one of n log n in its transform; rounded up."""


def check(windows: Windows, sample_rate: int, mel: MelConfig | None) -> None:
    """Refuse what no device has.

    Args:
        windows: how audio is cut.
        sample_rate: of it, in Hz.
        mel: the front end; None: another, which is given samples.

    Raises:
        ConfigError: if they ask for more memory or time than is allowed.
    """
    window, hop = windows.samples(sample_rate)
    per_minute = 60 * sample_rate / hop
    n_bytes, seconds = 4 * window, per_minute * window * SECONDS_A_SAMPLE
    if mel is not None:
        frames = mel.n_frames(window)
        n_bytes += 20 * frames * mel.n_fft + 24 * mel.n_fft * mel.n_mels  # spectra; its tables
        seconds += per_minute * frames * mel.n_fft * math.log2(mel.n_fft) * SECONDS_A_BUTTERFLY
    if n_bytes > MAX_BYTES or seconds > MAX_SECONDS:
        raise ConfigError(
            f"windows and front end ask for {n_bytes >> 20} MiB and {seconds:.0f} s of processor "
            f"for a minute of audio; allowed are {MAX_BYTES >> 20} MiB and {MAX_SECONDS} s"
        )

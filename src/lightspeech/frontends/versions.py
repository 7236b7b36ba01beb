"""As what an encoder hears a recording: as it is, in windows, at other speeds, bent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lightspeech.audio import io
from lightspeech.audio.windows import Waveform, Windows
from lightspeech.corpora.base import Utterance
from lightspeech.frontends import bends
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.listen import HALF, Listen
from lightspeech.frontends.states import SAMPLE_RATE


@dataclass(frozen=True)
class Copies:
    """What recordings are heard as, too, in training.

    Attributes:
        speeds: faster or slower, see `Augment.speeds`.
        bends: names of `lightspeech.frontends.bends`.
        in_windows: what is bent is heard in windows, as it is measured, else whole.
    """

    speeds: tuple[float, ...] = ()
    bends: tuple[str, ...] = ()
    in_windows: bool = False

    @classmethod
    def of(cls, augment: Augment) -> "Copies":
        """Read off what training asks for."""
        return cls(augment.speeds, tuple(augment.bends), augment.as_measured)


NO_COPIES = Copies()


@dataclass(frozen=True)
class Version:
    """One way in which recordings are heard.

    Attributes:
        ending: of the names of its files.
        made: gives its waveform of that of a recording, which the hash of its sound names.
        windows: in which it is heard; None: whole.
    """

    ending: str
    made: Callable[[Waveform, str], Waveform]
    windows: Windows | None = None

    @property
    def axes(self) -> int:
        """Of the array in a file."""
        return 2 if self.windows is None else 3

    def file(self, folder: Path, utterance: Utterance) -> Path:
        """Name the file of a recording, by its sound.

        Args:
            folder: of the encoder, in the cache.
            utterance: whose recording it is.
        """
        sound = utterance.audio_hash
        return folder / sound[:2] / f"{sound}-{utterance.sample_rate}{self.ending}.npy"

    def hear(self, waveform: Waveform, utterance: Utterance, listen: Listen) -> HALF:
        """Compute the hidden states of a recording.

        Args:
            waveform: of the recording, at `SAMPLE_RATE`, shape ``(samples,)``.
            utterance: whose it is.
            listen: what hears it.

        Returns:
            Shape ``(frames, n_features)``, or ``(windows, frames, n_features)``.
        """
        made = self.made(waveform, utterance.audio_hash)
        if self.windows is None:
            return listen(made)
        return np.stack([listen(piece) for piece in self.windows.cut(made, SAMPLE_RATE)])


@dataclass(frozen=True)
class Versions:
    """All of them: as they are, in the windows of measuring where there are any, and copies."""

    whole: Version
    measured: Version | None
    at_speeds: tuple[Version, ...]
    bent: tuple[Version, ...]

    def __iter__(self) -> Iterator[Version]:
        """Go through them."""
        measured = () if self.measured is None else (self.measured,)
        yield from (self.whole, *measured, *self.at_speeds, *self.bent)


def versions(windows: Windows | None, copies: Copies) -> Versions:
    """List the ways in which recordings are heard.

    Args:
        windows: in which they are measured; None: whole.
        copies: that are heard, too.
    """
    cut = "" if windows is None else f"-{windows.window_s:g}-{windows.hop_s}"
    of_bends, ending = (windows, cut) if copies.in_windows else (None, "")
    return Versions(
        whole=Version("", _as_it_is),
        measured=Version(cut, _as_it_is, windows) if windows is not None else None,
        at_speeds=tuple(Version(f"-x{x:g}", partial(_sped_up, x)) for x in copies.speeds),
        bent=tuple(
            Version(f"{ending}-{bends.version(x)}", partial(_bent, x), of_bends)
            for x in copies.bends
        ),
    )


def _as_it_is(waveform: Waveform, sound: str) -> Waveform:
    return waveform


def _sped_up(speed: float, waveform: Waveform, sound: str) -> Waveform:
    return io.sped_up(waveform, speed)


def _bent(name: str, waveform: Waveform, sound: str) -> Waveform:
    return bends.bent(waveform, SAMPLE_RATE, recording=sound, name=name)

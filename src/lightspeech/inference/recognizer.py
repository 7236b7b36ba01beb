"""Any bundle, ready for files, arrays and streams."""

import os
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lightspeech import bundle as bundles
from lightspeech.audio import reading
from lightspeech.audio.reading import Audio
from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError, LightspeechError
from lightspeech.inference import dispatch, parallel
from lightspeech.inference.answers import Answer
from lightspeech.inference.live_stream import LiveStream
from lightspeech.inference.parallel import Job
from lightspeech.inference.predictor import Predictor, said
from lightspeech.inference.recognize import answer
from lightspeech.inference.stream import Stream
from lightspeech.studies import engine


def load(
    bundle: str | Path | None = None, *, threads: int = 1, backend: str | None = None
) -> "Recognizer":
    """Open a bundle.

    Args:
        bundle: its folder, or the name of one that comes with the package: ``nano``, ``micro``,
            ``small``; default: ``$LIGHTSPEECH_BUNDLE``, else ``micro``.
        threads: processor threads of one answer; small models gain nothing from more than one.
        backend: what computes it; default: the runtime of its format. ``native`` compiles its C for
            this processor, once, which pays with hundreds of recordings.

    Raises:
        BundleError: if there is none, it is damaged, or it must know its speaker and does not; if
            the back end does not open it.
        ConfigError: if an argument is of another kind, or there is no such back end.
        MissingExtra: if the runtime of its format is not installed.
        MissingTool: if it is generated C and there is no compiler.
        OutputError: if the C that was compiled cannot be kept.
    """
    if bundle is not None and not isinstance(bundle, str | os.PathLike):
        raise ConfigError(
            f"bundle is a {type(bundle).__name__}; give a folder, or one of {bundles.shipped()}"
        )
    _check_count("threads", threads)
    opened = bundles.read(bundles.find(None if bundle is None else Path(bundle)), rated=True)
    predictor = dispatch.open(opened, threads=threads, backend=backend)
    return Recognizer(predictor, threads=threads, backend=backend)


@dataclass(frozen=True, repr=False)
class Recognizer:
    """An open bundle, which any number of threads may share; `load` opens it.

    Attributes:
        predictor: its back end: windows of waveform to probabilities.
        threads: processor threads of one answer.
        backend: what was asked to compute it; None: the runtime of its format.
    """

    predictor: Predictor
    threads: int = field(default=1, kw_only=True)
    backend: str | None = field(default=None, kw_only=True)

    @property
    def bundle(self) -> Bundle:
        """What the bundle says of itself: windows, threshold, figures, licences."""
        return self.predictor.bundle

    @property
    def labels(self) -> tuple[str, ...]:
        """What it tells apart, or rates, in the order of its numbers."""
        return self.bundle.labels

    @property
    def sample_rate(self) -> int:
        """Hz that it hears at; audio of another rate is resampled."""
        return self.bundle.sample_rate

    def __repr__(self) -> str:
        """Tell the model and what it tells apart."""
        return f"<Recognizer {self.bundle.name}: {', '.join(self.labels)}>"

    def __call__(
        self,
        audio: Audio,
        *,
        text: str | None = None,
        sample_rate: int | None = None,
        whole: bool = False,
        at_once: int = 1,
    ) -> Answer:
        """Answer one recording of any length.

        Args:
            audio: a path, the bytes of a file, an open binary file, or an array of shape
                ``(samples,)`` or ``(samples, channels)``: floats from −1 to 1, or integers of 8,
                16 or 32 bits, scaled by their type.
            text: what is said, for a model that reads it; empty where nobody knows.
            sample_rate: of an array, in Hz; a file tells its own.
            whole: one segment for all of it, however long: the mean over windows.
            at_once: windows of audio over ten seconds that are answered at once, each by a thread;
                the answer is the same.

        Raises:
            AudioError: if it is missing, cut short, damaged, shorter than 10 ms, no audio, or holds
                NaN, infinities or numbers far outside −1…1.
            ConfigError: if it is nothing of that, or the rate of an array is missing; if the model
                reads text and gets none, or none so long, or reads none and gets one.
            BundleError: if the model gives no probabilities.
        """
        predictor = said(self.predictor, text)
        blocks = reading.blocks(audio, self.sample_rate, sample_rate=sample_rate)
        return answer(predictor, blocks, whole=whole, at_once=at_once)

    def batch(
        self,
        items: Iterable[Audio],
        *,
        texts: Iterable[str] | None = None,
        sample_rate: int | None = None,
        whole: bool = False,
        at_once: int = 1,
        processes: int = 1,
    ) -> Iterator[Answer | LightspeechError]:
        """Answer many recordings, in their order, as they are taken: memory stays flat.

        In a script that takes more than one process, what is to run once must stand below
        ``if __name__ == "__main__":``, since each process imports the script anew.

        Args:
            items: each as of ``recognizer(audio)``; an endless generator is fine.
            texts: what is said in each, for a model that reads it.
            sample_rate: of arrays, in Hz.
            whole: one segment an item, however long.
            at_once: recordings that are answered at once, each by a thread of this process; of a
                list of a single one its windows.
            processes: that answer at once instead. Each opens the bundle of the same folder; they
                pay with more than some cores and some hundred recordings.

        Yields:
            For each item its answer, or the error that it would have raised.

        Raises:
            ConfigError: if ``items`` is a single recording, or one of the two no number above 0.
            WorkerError: if a process ended, killed or for want of the line above.
        """
        _check_count("processes", processes)
        _check_count("at_once", at_once)
        if not isinstance(items, Iterable) or isinstance(items, str | bytes | np.ndarray):
            raise ConfigError(
                f"items are a {type(items).__name__}; give a list of recordings, as in "
                "batch(Path(folder).glob('*.wav'))"
            )
        options = {"sample_rate": sample_rate, "whole": whole}
        asked = items if texts is None else parallel.spoken(items, texts)
        if processes > 1 or engine.elsewhere():
            opened = {"threads": self.threads, "backend": self.backend}
            job = Job(load, self.bundle.path.absolute(), opened, sample_rate, whole)
            return parallel.answers(asked, job, processes)
        if at_once > 1 and not (isinstance(items, Sized) and len(items) == 1):
            return parallel.threaded(asked, self, at_once, **options)
        return (parallel.result(self, item, at_once=at_once, **options) for item in asked)

    def stream(self, sample_rate: int, channels: int = 1) -> Stream:
        """Begin to listen; many streams of one recognizer know nothing of each other.

        Args:
            sample_rate: of what will be fed, in Hz.
            channels: likewise; they are averaged.

        Raises:
            AudioError: if no recording has such a rate or so many channels.
            ConfigError: if one of the two is no whole number.
        """
        _check_count("channels", channels)
        return Stream(self.predictor, sample_rate, channels)

    def live(
        self, sample_rate: int, channels: int = 1, *, smoothing: float = 0.0, turns: bool = True
    ) -> LiveStream:
        """Begin to listen to what is answered at once: the last window, turns, and segments.

        Args:
            sample_rate: of what will be fed, in Hz.
            channels: likewise; they are averaged.
            smoothing: weight that the answer a hop before keeps in ``now``, 0 to 1.
            turns: tell what was said between two pauses.

        Raises:
            AudioError: if no recording has such a rate or so many channels.
            ConfigError: if one of the two is no whole number, or the weight not 0 to 1.
        """
        _check_count("channels", channels)
        return LiveStream(self.predictor, sample_rate, channels, smoothing=smoothing, turns=turns)


def _check_count(name: str, number: object) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ConfigError(f"{name} is {number!r}; give a whole number, 1 or more")

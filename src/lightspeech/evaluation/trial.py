"""One model in many formats, many models in one: what each says, weighs, needs and takes.

Accuracy and speed come from the same opened back end, so that no figure is of another program.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from lightspeech import bundle as bundles
from lightspeech import metrics, plugins
from lightspeech.audio import io
from lightspeech.audio.windows import Waveform
from lightspeech.bundle import Bundle
from lightspeech.config import config, read_json
from lightspeech.corpora.base import Utterance
from lightspeech.errors import LightspeechError
from lightspeech.evaluation import bundle_quality, latency, tflite_micro
from lightspeech.evaluation.latency import Latency
from lightspeech.evaluation.results import DIGITS
from lightspeech.inference import dispatch
from lightspeech.inference.predictor import Predictor, timed
from lightspeech.progress import Progress, no_progress
from lightspeech.training.predictions import Predictions

REFERENCE = "onnx"
"""The format in floats that others of the same model are compared with."""
MACS_AT_ONCE = 40_000_000
"""A call of several windows has fewer of a network so large that they take long themselves."""
PATH = Path("benchmark.json")
"""Below the folder of all results."""
STATUS = Path("/proc/self/status")
PEAK = "import sys; from lightspeech.evaluation import trial; print(trial.peak_bytes(sys.argv[1]))"


@config
class Row:
    """A model in a format; what could not be measured is null."""

    model: str
    format: str
    status: Literal["ok", "failed"] = "ok"
    why: str = ""
    """It failed."""
    n_params: int | None = None
    macs: int | None = None
    """Multiply-accumulates of one window."""
    size_bytes: int | None = None
    uar: float | None = None
    """On the test speakers of its own fold, or on a table of others, through this very format."""
    uar_change: float | None = None
    """From the same model in floats."""
    n_utterances: int | None = None
    ram_bytes: int | None = None
    ram: Literal["arena", "process"] | None = None
    """``arena``: all that generated C keeps for the network; ``process``: the most that a Python
    process held which opened it and answered one window."""
    micro_bytes: int | None = None
    """Arena that TFLite Micro takes for the very network that C was generated of."""
    window_s: float | None = None
    latency: Latency | None = None
    """Waveform of one window to answer."""
    network: Latency | None = None
    """Features of one window to answer, or to int8 scores."""
    rtf: float | None = None
    """Median latency by the window's own duration."""


@config
class Benchmark:
    """The rows of a table, and on what machine they were measured."""

    machine: dict[str, str | int]
    """As `machine.describe` tells it: ``cpu``, ``cores``, versions."""
    threads: int
    """Of the processor, for each model."""
    rounds: int
    """Calls of each that were timed."""
    rows: list[Row]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row, and what is timed for it.

    Attributes:
        row: all but the times.
        call: answers `n_windows` windows; None where it failed.
        n_windows: answered by one call, at least 1.
        network: answers one window's features; None where nobody can ask for that.
    """

    row: Row
    call: Callable[[], object] | None = None
    n_windows: int = 1
    network: Callable[[], object] | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What bundles are measured on.

    Attributes:
        utterances: recordings, of which those are heard whom the bundle does not know; may be none.
        vocabulary: maps their labels onto the bundle's.
        threads: processor threads of a back end.
        progress: told of every answer.
    """

    utterances: Sequence[Utterance]
    vocabulary: str | None
    threads: int = 1
    progress: Progress = no_progress


def entry(bundle: Bundle, row: Row, trial: Trial) -> tuple[Entry, Predictor | None]:
    """Open a bundle and measure all but its times; what fails is told in the row.

    Args:
        bundle: as read by `bundle.read`.
        row: says model and format.
        trial: what it is measured on.

    Returns:
        The entry, and the opened bundle where it did not fail.
    """
    try:
        predictor = dispatch.open(bundle, threads=trial.threads)
        answers, window = _answers(predictor, row, trial)
        back_end = plugins.load(dispatch.BACK_ENDS, dispatch.back_end(bundle))
        arena_bytes = back_end.ram_bytes(bundle)
    except LightspeechError as error:
        return Entry(row=failed(row, error)), None
    n_windows = at_once(back_end.WINDOWS_AT_ONCE, row.macs)
    batch = np.repeat(window[None], n_windows, axis=0)
    is_arena = arena_bytes is not None
    row = replace(
        row,
        size_bytes=bundle.size_bytes,
        n_params=bundle.model.get("n_params"),
        ram_bytes=arena_bytes if is_arena else _process_bytes(bundle),
        ram="arena" if is_arena else "process",
        micro_bytes=tflite_micro.arena_bytes(bundle.path / bundle.model_file) if is_arena else None,
        window_s=bundle.windows.window_s,
    )
    call = partial(timed(predictor).predict, batch)
    return Entry(row=with_answers(row, answers), call=call, n_windows=n_windows), predictor


def at_once(windows: int, macs: int | None) -> int:
    """Count the windows that are answered in one call.

    Args:
        windows: that the back end wishes for, at least 1.
        macs: multiply-accumulates of one window; None where nobody counted.
    """
    return min(windows, max(1, MACS_AT_ONCE // (macs or 1)))


def failed(row: Row, error: Exception) -> Row:
    """Say in a row why there is no more in it, on one line.

    Args:
        row: says model and format.
        error: that ended it.
    """
    return replace(row, status="failed", why=" ".join(str(error).split())[:300])


def _answers(predictor: Predictor, row: Row, trial: Trial) -> tuple[Predictions | None, Waveform]:
    """Answer whom the bundle does not know; give a window to time, of speech or of silence."""
    bundle = predictor.bundle
    if not trial.utterances:
        return None, np.zeros(bundle.windows.samples(bundle.sample_rate)[0], np.float32)
    utterances = bundle_quality.strangers(bundle, trial.utterances)
    waveform = io.load(utterances[0].path, bundle.sample_rate)

    def progress(_: str, n_answered: int, total: int) -> None:
        trial.progress(f"{row.model} {row.format}", n_answered, total)

    answers = bundle_quality.answer_all(predictor, utterances, trial.vocabulary, progress=progress)
    return answers, bundle.windows.cut(waveform, bundle.sample_rate)[0]


def with_answers(row: Row, answers: Predictions | None) -> Row:
    """Say how good answers are.

    Args:
        row: of the format that was asked.
        answers: on the test speakers; None where nobody was tested.
    """
    if answers is None:
        return row
    n_classes = len(answers.labels)
    uar = metrics.uar(answers.truth, answers.probabilities.argmax(1), n_classes)
    return replace(row, uar=round(float(uar), DIGITS), n_utterances=len(answers.ids))


def rows(entries: Sequence[Entry], *, rounds: int) -> list[Row]:
    """Time all that did not fail, interleaved, and compare each with its model in floats.

    Args:
        entries: of one benchmark, in the order of the table.
        rounds: calls of each that are timed, at least 1.
    """
    calls = {("call", n): e.call for n, e in enumerate(entries) if e.call}
    calls |= {("network", n): e.network for n, e in enumerate(entries) if e.network}
    latencies = latency.measure({f"{part} {n}": f for (part, n), f in calls.items()}, rounds=rounds)
    float_uars = {e.row.model: e.row.uar for e in entries if e.row.format == REFERENCE}
    return [
        _finished(e, latencies.get(f"call {n}"), latencies.get(f"network {n}"), float_uars)
        for n, e in enumerate(entries)
    ]


def _finished(
    entry: Entry,
    whole: Latency | None,
    network: Latency | None,
    float_uars: dict[str, float | None],
) -> Row:
    row = entry.row
    float_uar = float_uars.get(row.model)
    if row.uar is not None and float_uar is not None:
        row = replace(row, uar_change=round(row.uar - float_uar, DIGITS))
    row = replace(row, network=network)
    if whole is None or row.window_s is None:
        return row
    per_window = _one(whole, entry.n_windows)
    return replace(
        row, latency=per_window, rtf=round(per_window.median_ms / 1_000 / row.window_s, 6)
    )


def _one(whole: Latency, n: int) -> Latency:
    """Times of one of the windows that a call answered."""
    cpu_ms = None if whole.cpu_ms is None else round(whole.cpu_ms / n, 4)
    median_ms, p95_ms = round(whole.median_ms / n, 4), round(whole.p95_ms / n, 4)
    return replace(whole, median_ms=median_ms, p95_ms=p95_ms, cpu_ms=cpu_ms)


def _process_bytes(bundle: Bundle) -> int | None:
    """The most memory that a process of its own holds which answers one window."""
    command = [sys.executable, "-W", "ignore", "-c", PEAK, str(bundle.path)]
    ended = subprocess.run(command, capture_output=True, text=True)
    words = ended.stdout.split()[-1:]
    return int(words[0]) if words and words[0].isdigit() else None


def peak_bytes(path: str) -> int | None:
    """Answer one window in this process, and tell the most memory that it has held (Linux)."""
    predictor = timed(dispatch.open(bundles.read(Path(path))))
    samples, _ = predictor.bundle.windows.samples(predictor.bundle.sample_rate)
    predictor.predict(np.zeros((1, samples), np.float32))
    if not STATUS.is_file():
        return None
    [kilobytes] = (line.split()[1] for line in STATUS.open() if line.startswith("VmHWM"))
    return 1024 * int(kilobytes)


def read(path: Path) -> Benchmark:
    """Read what ``lightspeech benchmark --output`` wrote.

    Args:
        path: of the file.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if it does not hold what it should.
    """
    return read_json(Benchmark, path)

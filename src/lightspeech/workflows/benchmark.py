"""Runs become bundles in every format asked for, and all are measured together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lightspeech import bundle
from lightspeech.audio import io
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, ConfigError, LightspeechError
from lightspeech.evaluation import trial as benchmark
from lightspeech.evaluation.bundle_quality import Progress
from lightspeech.evaluation.trial import Entry, Row, Trial
from lightspeech.export import int8_tflite
from lightspeech.frontends import functionals
from lightspeech.inference.predictor import Classifier, Predictor
from lightspeech.models import int8_onnx
from lightspeech.models.int8_onnx import OnnxNetwork
from lightspeech.quiet import silent
from lightspeech.studies import engine as study
from lightspeech.studies import stages
from lightspeech.studies.stages import Study
from lightspeech.training import cost
from lightspeech.training import run as runs
from lightspeech.training.run import Run
from lightspeech.workflows import publish, yardstick

FORMATS = (
    "onnx", "onnx-fp16", "onnx-int8", "litert", "litert-int8", "executorch", "executorch-int8",
    "c99",
)  # fmt: skip
"""Exporter and number format; C is int8 always."""
QUANTIZED = "*-quantize"
"""Folder of the int8 runs of a study."""


def of_run(
    run: Path, formats: Sequence[str], bundles: Path, *, threads: int, progress: Progress
) -> Iterator[Entry]:
    """Export a run in each format, and measure all but the times of what comes out.

    Args:
        run: folder of a run; its int8 formats are those of the run that `quantize` made of it.
        formats: of `FORMATS`.
        bundles: folder that exported models go into.
        threads: processor threads of a back end.
        progress: told of every answer.

    Raises:
        ConfigError: if a format or the study is none.
        CorpusError: if the run is not finished.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise ConfigError(f"unknown format {unknown[0]!r}; choose of {list(FORMATS)}")
    trained = stages.read_study(run.parent)
    trial = Trial(
        utterances=trained.utterances, vocabulary=trained.recipe.labels, threads=threads,
        progress=progress,
    )  # fmt: skip
    macs = publish.costs(runs.read_run(run))["macs"]
    for format in formats:
        row = Row(model=trained.recipe.name, format=format, macs=macs)
        try:
            source = _source(run, format)
        except ConfigError as error:
            yield Entry(row=benchmark.failed(row, error))
        else:
            yield _measured(source, row, trained, bundles, trial)


def _measured(run: Path, row: Row, trained: Study, bundles: Path, trial: Trial) -> Entry:
    done, opened = runs.read_run(run), None
    try:
        made = _export(done, row.format, trained, bundles)
        found, opened = benchmark.entry(made, row, trial)
    except LightspeechError as error:
        found = Entry(row=benchmark.failed(row, error))
    return replace(found, network=_network(done, run, row.format, opened, trial.threads))


def _source(run: Path, format: str) -> Path:
    """Find the run of the number format that a format needs.

    Raises:
        ConfigError: if there is none.
    """
    is_int8 = runs.read_config(run).quantize is not None
    if (format == "c99" or format.endswith("-int8")) == is_int8:
        return run
    if is_int8:
        raise ConfigError("this run is int8; name the run that it was made of")
    of_step = (run.parent / stages.STEPS).is_file()
    study = run.parents[1] if of_step else run.parent
    found = sorted(study.glob(f"{QUANTIZED}/{run.name}"))
    if not found:
        raise ConfigError("no int8 run; add {name: quantize} to the recipe's compress")
    return found[-1]


def _export(done: Run, format: str, trained: Study, bundles: Path) -> Bundle:
    described = publish.describe(trained, done, bundles / f"{trained.recipe.name}-{format}")
    try:
        made = publish.exporter(done, format.removesuffix("-int8"))(done, described)
    except LightspeechError:
        raise
    except Exception as error:  # converters raise whatever they like; the other rows stay
        raise BundleError(f"{type(error).__name__}: {error}") from error
    return bundle.read(made.path)


def _network(
    done: Run, run: Path, format: str, opened: Predictor | None, threads: int
) -> Callable[[], object] | None:
    """Give the network alone, one window's features to answer, in the runtime of the format."""
    features = cost.example(done.config)
    if isinstance(opened, Classifier):
        return lambda: opened.classify(features[0].numpy())
    if format == "onnx-int8":
        network = OnnxNetwork((run / int8_onnx.NAME).read_bytes(), threads=threads)
        return lambda: network(features)
    if format == "litert-int8":
        return _on_litert(int8_tflite.to_bytes(done), threads)
    return None


def _on_litert(model: bytes, threads: int) -> Callable[[], object] | None:
    """An int8 network of int8 input: what is in it takes no part in how long it takes."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError:
        return None
    with silent():
        interpreter = Interpreter(model_content=model, num_threads=threads)
        interpreter.allocate_tensors()
    called: Callable[[], object] = interpreter.invoke
    return called


def of_yardstick(run: Path, cache: Path, *, progress: Progress) -> Entry:
    """Measure eGeMAPS and a support vector machine on the fold of a run.

    Args:
        run: folder of a run.
        cache: folder of cached features.
        progress: told of features computed.

    Raises:
        MissingExtra: if openSMILE or scikit-learn is not installed.
    """
    trained, done = stages.read_study(run.parent), runs.read_run(run)
    recipe = trained.recipe
    task = study.tasks(
        recipe.run_config(), trained.utterances, trained.protocol,
        vocabulary=recipe.labels, seeds=(done.seed,), folder=run.parent, cache=cache,
    )[done.fold]  # fmt: skip
    heard = 0

    def step() -> None:
        nonlocal heard
        heard += 1
        progress(yardstick.NAME, heard, len(task.utterances))

    machine, answers = yardstick.answer(task, functionals.load(task.utterances, cache, step=step))
    first = next(u for u in trained.utterances if u.id == answers.ids[0])
    rate, windows = functionals.SAMPLE_RATE, Windows(hop_s=None)
    window = windows.cut(io.load(first.path, rate), rate)[0]
    extract = functionals.extractor()
    row = Row(
        model=yardstick.NAME, format="opensmile", n_params=machine.n_params,
        size_bytes=4 * machine.n_params, window_s=windows.window_s,
    )  # fmt: skip
    return Entry(
        row=benchmark.with_answers(row, answers),
        call=lambda: machine.scores(extract(window)[None]),
    )

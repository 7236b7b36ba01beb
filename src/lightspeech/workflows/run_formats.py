"""Runs become bundles in every format asked for, and all are measured together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from lightspeech import bundle as bundle_files
from lightspeech.audio import io
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, ConfigError, LightspeechError
from lightspeech.evaluation import trial as benchmark
from lightspeech.evaluation.trial import Entry, Row, Trial
from lightspeech.export import checks
from lightspeech.frontends import functionals
from lightspeech.inference.predictor import Classifier, Predictor
from lightspeech.progress import Progress, step_of
from lightspeech.studies import tasks
from lightspeech.studies.study import Study, read_study
from lightspeech.training import layout, networks
from lightspeech.training import run as runs
from lightspeech.training.run import Run
from lightspeech.workflows import bundling, measuring, yardstick


def of_run(
    run: Path, formats: Sequence[str], bundles: Path, *, threads: int, progress: Progress
) -> Iterator[Entry]:
    """Export a run in each format, and measure all but the times of what comes out.

    Args:
        run: folder of a run; its int8 formats are those of the run that `quantize` made of it.
        formats: of `checks.formats`.
        bundles: folder that exported models go into.
        threads: processor threads of a back end.
        progress: told of every answer.

    Raises:
        ConfigError: if a format or the study is none.
        CorpusError: if the run is not finished.
    """
    if unknown := sorted(set(formats) - set(checks.formats())):
        raise ConfigError(f"unknown format {unknown[0]!r}; choose of {list(checks.formats())}")
    study = read_study(run.parent)
    trial = Trial(
        utterances=study.utterances, vocabulary=study.recipe.labels, threads=threads,
        progress=progress,
    )  # fmt: skip
    macs = measuring.costs(runs.read_run(run))["macs"]
    for format in formats:
        row = Row(model=study.recipe.name, format=format, macs=macs)
        try:
            source = source_of(run, format)
        except ConfigError as error:
            yield Entry(row=benchmark.failed(row, error))
        else:
            yield _measured(source, row, study, bundles, trial)


def _measured(run: Path, row: Row, study: Study, bundles: Path, trial: Trial) -> Entry:
    read, predictor = runs.read_run(run), None
    try:
        bundle = _export(read, row.format, study, bundles)
        entry, predictor = benchmark.entry(bundle, row, trial)
    except LightspeechError as error:
        entry = Entry(row=benchmark.failed(row, error))
    return replace(entry, network=_network(read, run, row.format, predictor, trial.threads))


def source_of(run: Path, format: str) -> Path:
    """Find the run of the number format that a format needs.

    Args:
        run: folder of a run, in floats or int8.
        format: of `checks.formats`.

    Returns:
        Its folder, or that of the last int8 run that the steps of its recipe made of it.

    Raises:
        ConfigError: if there is none.
    """
    _, wanted = checks.formats()[format]
    number = checks.number_format(runs.read_config(run))
    if number == wanted:
        return run
    if number == "int8":
        raise ConfigError("this run is int8; name the run that it was made of")
    study, folder = read_study(run.parent), layout.study_of(run.parent)
    steps = enumerate(study.recipe.compress, start=1)
    int8 = [layout.step_name(n, step.name) for n, step in steps if step.module.BYTES_PER_VALUE == 1]
    there = [folder / name / run.name for name in int8 if (folder / name / run.name).is_dir()]
    if not there:
        raise ConfigError("no int8 run; add {name: quantize} to the recipe's compress")
    return there[-1]


def _export(run: Run, format: str, study: Study, bundles: Path) -> Bundle:
    described = bundling.describe(study, run, bundles / f"{study.recipe.name}-{format}")
    try:
        bundle = _exporter(run, format).export(run, described)
    except LightspeechError:
        raise
    except Exception as error:  # converters raise whatever they like; the other rows stay
        raise BundleError(f"{type(error).__name__}: {error}") from error
    return bundle_files.read(bundle.path)


def _exporter(run: Run, format: str) -> ModuleType:
    name, _ = checks.formats()[format]
    return checks.exporter(run.config, name)


def _network(
    run: Run, folder: Path, format: str, predictor: Predictor | None, threads: int
) -> Callable[[], object] | None:
    """Give the network alone, one window's features to answer, in the runtime of the format."""
    if isinstance(predictor, Classifier):
        features = networks.window(run.config)[0].numpy()
        return lambda: predictor.classify(features)
    if predictor is None:
        return None
    call: Callable[[], object] | None = _exporter(run, format).network_alone(run, folder, threads)
    return call


def of_yardstick(run: Path, cache: Path, *, progress: Progress) -> Entry:
    """Measure eGeMAPS and a support vector machine on the fold of a run.

    Args:
        run: folder of a run.
        cache: folder of cached features.
        progress: told of features computed.

    Raises:
        MissingExtra: if openSMILE or scikit-learn is not installed.
    """
    study, read = read_study(run.parent), runs.read_run(run)
    recipe = study.recipe
    task = tasks.of_study(
        recipe.run_config(), study.utterances, study.protocol,
        vocabulary=recipe.labels, seeds=(read.seed,), folder=run.parent, cache=cache,
    )[read.fold]  # fmt: skip
    step = step_of(yardstick.NAME, len(task.utterances), progress)
    machine, answers = yardstick.answer(task, functionals.load(task.utterances, cache, step=step))
    first = next(u for u in study.utterances if u.id == answers.ids[0])
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

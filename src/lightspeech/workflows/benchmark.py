"""Models in many formats side by side: bundles as they are, runs exported in each format.

Of bundles without torch.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.config import as_dict
from lightspeech.corpora import labels as vocabularies
from lightspeech.corpora import manifest as manifests
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, LightspeechError
from lightspeech.evaluation import machine, trial
from lightspeech.evaluation.trial import Benchmark, Entry, Row, Trial
from lightspeech.files import placed, write_json, write_text
from lightspeech.inference import dispatch
from lightspeech.progress import Progress
from lightspeech.reporting import pictures
from lightspeech.training import layout
from lightspeech.workflows import needs
from lightspeech.workflows.convert import convert

RUN_FORMATS = ("onnx", "onnx-int8", "litert-int8", "executorch-int8", "c99")
"""That a run is measured in where nobody says which."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be measured, and how.

    Attributes:
        targets: folders of runs and bundles, or names of shipped models.
        formats: that runs and int8 bundles are exported in: an exporter, ``-int8`` behind it for
            what ``quantize`` made of a run; none: `RUN_FORMATS` for runs.
        yardstick: measure eGeMAPS and a support vector machine on the fold of the first run too.
        manifest: for bundles: a table of recordings; of a corpus that a bundle learnt from its
            own test speakers alone are heard.
        labels: for bundles: vocabulary of the recordings' labels; None: by its classes.
        columns: for bundles: what the table calls a column, by the name it is read under.
        names: for bundles: label to take by the label that recordings have.
        rounds: calls of each that are timed.
        threads: processor threads of each.
        bundles: folder that exported models go into.
        cache: folder of cached features.
    """

    targets: Sequence[Path]
    formats: Sequence[str] = ()
    yardstick: bool = False
    manifest: Path | None = None
    labels: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    rounds: int = 100
    threads: int = 1
    bundles: Path = Path("bundles")
    cache: Path = Path("cache")


def benchmark(plan: Plan, progress: Progress) -> Benchmark:
    """Measure quality, size, memory and time of every target.

    What fails stays in the table and says why. Rounds are interleaved, so that ratios hold on a
    busy machine.

    Args:
        plan: what is to be measured.
        progress: told of answers and features.

    Raises:
        ConfigError: if a target is neither run nor bundle, or a format is none.
        CorpusError: if a run is not finished, or the table or a recording of it is damaged.
        MissingExtra: if torch is not installed and a target is a run.
    """
    targets = [bundles.find(path) for path in plan.targets]
    runs = [path for path in targets if not _is_bundle(path)]
    _check(runs, plan)
    measured_on = Trial(
        utterances=_recordings(plan, progress),
        vocabulary=plan.labels,
        threads=plan.threads,
        progress=progress,
    )
    entries = [entry for path in targets for entry in _entries(path, plan, measured_on)]
    if plan.yardstick:
        from lightspeech.workflows import run_formats

        entries.append(run_formats.of_yardstick(placed(runs[0]), plan.cache, progress=progress))
    rows = trial.rows(entries, rounds=plan.rounds)
    return Benchmark(
        machine=machine.describe(), threads=plan.threads, rounds=plan.rounds, rows=rows
    )


def write(result: Benchmark, *, output: Path | None, picture: Path | None) -> None:
    """Write a benchmark as JSON, and draw its times and sizes as SVG, where a path is given.

    Args:
        result: of `benchmark`.
        output: JSON file; None: not written.
        picture: SVG file; None: not drawn.

    Raises:
        OutputError: if a file cannot be written.
    """
    if output is not None:
        write_json(output, as_dict(result))
    if picture is not None:
        write_text(picture, pictures.of_benchmark(result.rows).text())


def _recordings(plan: Plan, progress: Progress) -> list[Utterance]:
    if plan.manifest is None:
        return []
    found = manifests.read_any(
        plan.manifest, columns=plan.columns, need_audio=True, progress=progress
    )
    return vocabularies.relabel(found, plan.names)


def _is_bundle(path: Path) -> bool:
    return os.path.isfile(path / bundles.DESCRIPTION)


def _check(runs: Sequence[Path], plan: Plan) -> None:
    """Refuse what is no target, and words for a table that nobody named, before all else."""
    if plan.manifest is None and (plan.columns or plan.names):
        raise ConfigError("--columns and --map are for the table of --manifest")
    if wrong := [path for path in runs if not os.path.isfile(path / layout.RUN)]:
        raise ConfigError(
            f"{wrong[0]}: neither a finished run nor a bundle; name folders such as "
            "runs/NAME/fold0-seed0 or bundles/NAME"
        )
    if runs:
        needs.torch("benchmark of a run")
    elif plan.yardstick:
        raise ConfigError("--yardstick needs a run, whose corpus and fold it is measured on")


def _entries(path: Path, plan: Plan, measured_on: Trial) -> Iterator[Entry]:
    if _is_bundle(path):
        bundle = bundles.read(path)
        row = Row(model=bundle.name, format=dispatch.back_end(bundle))
        yield trial.entry(bundle, row, measured_on)[0]
        for format in plan.formats:
            yield _converted(bundle, replace(row, format=format), plan, measured_on)
        return
    from lightspeech.workflows import run_formats

    yield from run_formats.of_run(
        placed(path), plan.formats or RUN_FORMATS, plan.bundles, threads=plan.threads,
        progress=measured_on.progress,
    )  # fmt: skip


def _converted(bundle: Bundle, row: Row, plan: Plan, measured_on: Trial) -> Entry:
    """A bundle exported in the format of a row, and measured as that."""
    try:
        made = convert(bundle, format=row.format.removesuffix("-int8"), bundles=plan.bundles)
    except LightspeechError as error:
        return Entry(row=trial.failed(row, error))
    return trial.entry(made, row, measured_on)[0]

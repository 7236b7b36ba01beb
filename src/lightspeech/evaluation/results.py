"""Results: the figures of one study as one JSON object, computed from its predictions.

Rates are fractions from 0 to 1. The UAR of a seed is the mean over folds of the fold's UAR, and the
UAR of the study is the mean over seeds of that; WA and F1 likewise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech import config, metrics
from lightspeech.bounds import Share
from lightspeech.errors import CorpusError
from lightspeech.evaluation.conditions import FLOATS, Conditions, is_int8, read_folder
from lightspeech.files import read_json, write_json
from lightspeech.training.predictions import Predictions

DIGITS = 6
"""Kept in a results file: enough for any reader, and equal from machine to machine."""


@config.config
class Uar:
    """The headline figure."""

    mean: Share
    """Over seeds, of the mean over folds."""
    std: Share | None
    """Over seeds (n - 1); null for one seed."""
    ci95: tuple[Share, Share] | None
    """Bootstrap by speaker, see `metrics.bootstrap_ci`; null for one speaker."""
    worst_speaker: Share
    """The lowest UAR of a speaker, mean over seeds."""


@config.config
class Results(Conditions):
    """A study and its figures."""

    seeds: tuple[int, ...]
    folds: int
    n_utterances: int
    """Distinct utterances tested."""
    uar: Uar
    wa: Share
    f1: Share
    per_class_recall: dict[str, Share | None]
    """Mean over seeds and folds; null for a class that was never tested."""
    per_speaker: dict[str, Share]
    """UAR of each speaker over all folds, mean over seeds."""
    per_corpus: dict[str, Share] = field(default_factory=dict)
    """UAR of each corpus over all folds, mean over seeds, where there are several."""
    transfer: dict[str, dict[str, Share]] = field(default_factory=dict)
    """UAR of each corpus by what was learnt from, mean over seeds, where it is one a fold."""
    per_seed: dict[str, Share] = field(default_factory=dict)
    """UAR of each seed, mean over folds."""
    worst_speaker: str
    ece: Share
    """Calibration error of all folds together, mean over seeds."""
    confusion: tuple[tuple[int, ...], ...]
    """Counts over all folds and seeds: rows are the truth, columns the answers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """Confusion counts of a whole study.

    Attributes:
        counts: shape ``(seeds, folds, speakers, n_classes, n_classes)``.
    """

    seeds: tuple[int, ...]
    folds: tuple[int, ...]
    speakers: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    def of_fold(self, fold: int) -> "Tally":
        """Keep one fold, counted from 0, and whom it tests."""
        counts = self.counts[:, fold : fold + 1]
        tested = np.flatnonzero(counts.any((0, 1, 3, 4)))
        speakers = tuple(self.speakers[n] for n in tested)
        folds = self.folds[fold : fold + 1]
        return replace(self, folds=folds, speakers=speakers, counts=counts[:, :, tested])


def tally(runs: Sequence[Predictions], labels: tuple[str, ...]) -> Tally:
    """Count the answers of every fold and seed.

    Args:
        runs: answers on the test set, one of each fold and seed.
        labels: in the order of the classes.

    Raises:
        CorpusError: if a fold of a seed is missing or there twice, or a run has other labels.
    """
    _check_complete(runs, labels)
    seeds = tuple(sorted({run.seed for run in runs}))
    folds = tuple(sorted({run.fold for run in runs}))
    speakers = tuple(sorted({speaker for run in runs for speaker in run.speakers}))
    shape = (len(speakers), len(labels), len(labels))
    counts = np.zeros((len(seeds), len(folds), *shape), np.int64)
    for run in runs:
        speaker_rows = np.searchsorted(speakers, run.speakers)
        cells = np.ravel_multi_index((speaker_rows, run.truth, run.answers), shape)
        cell_counts = np.bincount(cells, minlength=np.prod(shape)).reshape(shape)
        counts[seeds.index(run.seed), folds.index(run.fold)] = cell_counts
    return Tally(seeds=seeds, folds=folds, speakers=speakers, counts=counts)


def _check_complete(runs: Sequence[Predictions], labels: tuple[str, ...]) -> None:
    have = [(run.fold, run.seed) for run in runs]
    want = {(fold, seed) for fold, _ in have for _, seed in have}
    for fold, seed in sorted(want):
        if (n := have.count((fold, seed))) != 1:
            raise CorpusError(
                f"fold {fold} of seed {seed}: found {n} predictions, expected 1; "
                "run the recipe of the study again"
            )
    for run in runs:
        if run.labels != labels:
            raise CorpusError(
                f"fold {run.fold} of seed {run.seed} answers with {list(run.labels)}, the study "
                f"with {list(labels)}; do not mix studies in one folder"
            )


def measure(study: Conditions, runs: Sequence[Predictions]) -> Results:
    """Compute every figure of a study.

    Args:
        study: what is said beside the figures.
        runs: answers on the test set, one of each fold and seed.

    Raises:
        CorpusError: if a fold of a seed is missing or there twice, or labels differ.
    """
    tallied = tally(runs, study.labels)
    by_fold = tallied.counts.sum(2)  # (seeds, folds, classes, classes)
    recalls = metrics.mean_present(metrics.recalls_of(by_fold), (0, 1))
    speakers = metrics.uar_of(tallied.counts.sum(1)).mean(0)
    corpora = _per_corpus(tallied)
    return Results(
        **vars(study),
        seeds=tallied.seeds,
        folds=len(tallied.folds),
        n_utterances=len({name for run in runs for name in run.ids}),
        uar=_uar(tallied, float(speakers.min())),
        wa=_rate(metrics.wa_of(by_fold).mean()),
        f1=_rate(metrics.macro_f1_of(by_fold).mean()),
        per_class_recall={
            label: None if np.isnan(recall) else _rate(recall)
            for label, recall in zip(study.labels, recalls, strict=True)
        },
        per_speaker={
            name: _rate(uar) for name, uar in zip(tallied.speakers, speakers, strict=True)
        },
        per_corpus=corpora if len(corpora) > 1 else {},
        transfer={
            source: _per_corpus(tallied.of_fold(fold)) for fold, source in enumerate(study.sources)
        },
        per_seed={
            str(seed): _rate(uar)
            for seed, uar in zip(tallied.seeds, metrics.uar_of(by_fold).mean(1), strict=True)
        },
        worst_speaker=tallied.speakers[speakers.argmin()],
        ece=_rate(np.mean([calibration_error(runs, seed) for seed in tallied.seeds])),
        confusion=tuple(tuple(row) for row in by_fold.sum((0, 1)).tolist()),
    )


def _per_corpus(tallied: Tally) -> dict[str, float]:
    corpora = np.array([speaker.partition("/")[0] for speaker in tallied.speakers])
    by_corpus = {
        str(name): tallied.counts[:, :, corpora == name].sum((1, 2)) for name in np.unique(corpora)
    }
    return {name: _rate(metrics.uar_of(counts).mean()) for name, counts in by_corpus.items()}


def _uar(tallied: Tally, worst: float) -> Uar:
    by_seed = metrics.uar_of(tallied.counts.sum(2)).mean(1)
    low, high = metrics.bootstrap_ci(tallied.counts)
    return Uar(
        mean=_rate(by_seed.mean()),
        std=_rate(by_seed.std(ddof=1)) if len(by_seed) > 1 else None,
        ci95=(_rate(low), _rate(high)) if len(tallied.speakers) > 1 else None,
        worst_speaker=_rate(worst),
    )


def calibration_error(runs: Sequence[Predictions], seed: int) -> float:
    """Calibration error of one seed over all its folds.

    Args:
        runs: of all folds and seeds.
        seed: whose runs count.

    Returns:
        From 0 to 1, see `metrics.expected_calibration_error`.
    """
    of_seed = [run for run in runs if run.seed == seed]
    probabilities = np.concatenate([run.probabilities for run in of_seed])
    truth = np.concatenate([run.truth for run in of_seed])
    return metrics.expected_calibration_error(probabilities, truth)


def _rate(value: Any) -> float:
    return round(float(value), DIGITS)


def shipped(figures: Sequence[Results]) -> list[Results]:
    """Leave out what a model tells in floats where it tells the same quantity in int8.

    Args:
        figures: of any studies.
    """

    def what(each: Results) -> tuple[object, ...]:
        return each.model, each.corpus, each.labels, each.protocol

    whole = {what(each) for each in figures if is_int8(each.scheme)}
    return [each for each in figures if is_int8(each.scheme) or what(each) not in whole]


def results_path(
    root: Path, corpus: str, model: str, scheme: str = FLOATS, protocol_suffix: str = ""
) -> Path:
    """Name the file of a study: ``<corpus>/<model>[-<scheme>][.<protocol>].json``.

    Args:
        root: folder of all results.
        corpus: as results carry it.
        model: name of the model.
        scheme: left out of the name where it is `FLOATS`.
        protocol_suffix: empty for the corpus's usual protocol.
    """
    of_scheme = "" if scheme == FLOATS else f"-{scheme}"
    of_protocol = f".{protocol_suffix}" if protocol_suffix else ""
    return root / corpus / f"{model}{of_scheme}{of_protocol}.json"


def write(results: Results, path: Path) -> None:
    """Write ``results`` as JSON to a ``path``, atomically.

    Args:
        results: figures of a study.
        path: of the file, see `results_path`.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_json(path, config.as_dict(results))


def read(path: Path) -> Results:
    """Read results, every field checked.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if a field is missing, unknown or out of range.
    """
    return config.read_json(Results, path)


def read_all(root: Path) -> dict[Path, Results]:
    """Read every results file, ``<root>/<corpus>/*.json``, by path.

    A folder is of a corpus where a file in it says its name; other folders hold costs.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    folders = sorted({path.parent for path in root.glob("*/*.json") if _is_of_folder(path)})
    return {
        path: figures
        for folder in folders
        for path, figures in read_folder(Results, folder).items()
    }


def _is_of_folder(path: Path) -> bool:
    return read_json(path).get("corpus") == path.parent.name

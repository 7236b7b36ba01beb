"""Studies and steps that are explained together: what they answered, and to whom."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.explain.explanation import Named
from lightspeech.studies.folders import Places
from lightspeech.studies.study import Study, read_study
from lightspeech.training import layout, predictions, teachers
from lightspeech.training import run as runs
from lightspeech.training.predictions import Predictions
from lightspeech.workflows.explain_bundles import Beside


@dataclass(frozen=True, kw_only=True, eq=False)
class Tested:
    """A study or a step of it, and what its runs answered to their test sets.

    Attributes:
        study: its recipe, corpus and cut.
        answers: of each run, by fold and seed.
    """

    study: Study
    answers: dict[tuple[int, int], Predictions]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of its runs, sorted."""
        return tuple(sorted({seed for _, seed in self.answers}))

    def fold_of(self) -> dict[str, int]:
        """The fold in whose test set each recording is, by its id."""
        return {name: fold for (fold, _), run in self.answers.items() for name in run.ids}

    def runs_of(self, fold: int) -> tuple[Path, ...]:
        """Folders of its runs of a fold, one a seed."""
        seeds = [seed for seed in self.seeds if (fold, seed) in self.answers]
        return tuple(self.run_of(fold, seed) for seed in seeds)

    def run_of(self, fold: int, seed: int) -> Path:
        """Folder of a run.

        Args:
            fold: of it.
            seed: of it.
        """
        return self.study.folder / layout.run_name(fold, seed)

    def named(self) -> Named:
        """What is said of it beside its answers."""
        fold, seed = next(iter(self.answers))
        outcome = runs.read_outcome(self.run_of(fold, seed))
        return Named(
            name=self.study.name,
            scheme=self.study.scheme,
            n_params=outcome.n_params,
            seeds=self.seeds,
        )


def with_steps(folders: Sequence[Path]) -> list[Path]:
    """A study alone brings its steps along.

    Args:
        folders: of studies or steps.
    """
    if len(folders) != 1 or layout.is_step(folders[0]):
        return list(folders)
    study = read_study(folders[0])
    names = (layout.step_name(n, s.name) for n, s in enumerate(study.recipe.compress, start=1))
    steps = [folders[0] / name for name in names]
    return [folders[0], *(step for step in steps if any(map(runs.is_done, layout.runs(step))))]


def tested(folder: Path, seeds: Sequence[int]) -> Tested:
    """Read a study and the answers of its finished runs.

    Args:
        folder: of a study or step.
        seeds: whose; none: all there are.

    Raises:
        CorpusError: if none is finished.
    """
    study = read_study(folder)
    found = {
        (run.fold, run.seed): run
        for path in layout.runs(folder)
        if runs.is_done(path)
        for run in [predictions.read(path / layout.ANSWERS)]
        if not seeds or run.seed in seeds
    }
    if not found:
        raise CorpusError(
            f"{folder}: no finished run{f' of seeds {list(seeds)}' if seeds else ''}; train first: "
            "lightspeech compress RECIPE"
        )
    return Tested(study=study, answers=found)


def teacher_of(students: Sequence[Tested], against: Path | None, places: Places) -> Tested | None:
    """Find whom the others are compared with: one of them, another study, or their teacher.

    Args:
        students: the first is asked for its teacher.
        against: a study or step; None: the teacher that a step names, where it is there.
        places: where studies are.

    Raises:
        CorpusError: if there is no such study.
    """
    if against is not None:
        folder = teachers.find(against, places.runs)
        same = [s for s in students if s.study.folder.resolve() == folder.resolve()]
        return same[0] if same else tested(folder, ())
    study = students[0].study
    for step in study.recipe.compress:
        for name in step.module.learns_from(step.config).studies:
            try:
                return tested(teachers.find(name, layout.study_of(study.folder).parent), ())
            except CorpusError:
                return None  # a folder of soft labels, or a study that is no longer there
    return None


def labels_of(system: Tested) -> tuple[str, ...]:
    """Classes that a system tells apart, in order.

    Args:
        system: one that was tested.
    """
    return next(iter(system.answers.values())).labels


def check_labels(systems: Sequence[Tested]) -> None:
    """Refuse systems of other classes than the first.

    Args:
        systems: all.

    Raises:
        ConfigError: naming one.
    """
    first = labels_of(systems[0])
    for system in systems[1:]:
        if labels_of(system) != first:
            raise ConfigError(
                f"{system.study.folder} tells {list(labels_of(system))} apart, "
                f"{systems[0].study.folder} {list(first)}; compare systems of the same classes"
            )


def common(
    systems: Sequence[Tested], beside: Beside, folds: Sequence[int], limit: int | None
) -> list[Utterance]:
    """Recordings that every system was tested on, those of a fold one behind the other.

    Args:
        systems: all.
        beside: bundles, none of which may know who is heard.
        folds: of the last system; none: all.
        limit: recordings of each fold, spread over speakers and emotions; None: all.

    Raises:
        ConfigError: if there are none.
        CorpusError: if recordings are not there.
    """
    of_systems = [system.fold_of() for system in systems]
    study = systems[-1].study
    kept = [u for u in study.utterances if all(u.id in of_fold for of_fold in of_systems)]
    by_fold: dict[tuple[int, ...], list[Utterance]] = defaultdict(list)
    for utterance in beside.heard(kept, truth_of(systems[0])) if kept else ():
        numbers = tuple(of_fold[utterance.id] for of_fold in of_systems)
        if not folds or numbers[-1] in folds:
            by_fold[numbers].append(utterance)
    if not by_fold:
        raise ConfigError(
            "the systems were not tested on the same recordings"
            f"{f' of folds {list(folds)}' if folds else ''}; name studies of one protocol"
        )
    missing = [u.path for group in by_fold.values() for u in group if not u.path.is_file()]
    if missing:
        raise CorpusError(f"{missing[0]}: not there, nor {len(missing) - 1} others; bring it back")
    return [u for numbers in sorted(by_fold) for u in spread(by_fold[numbers], limit)]


def spread(utterances: Sequence[Utterance], limit: int | None) -> list[Utterance]:
    """Take some, of speakers and emotions in turn.

    Args:
        utterances: of any corpus.
        limit: how many; None: all.
    """
    cells: dict[tuple[str, str], list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        cells[utterance.speaker, utterance.emotion].append(utterance)
    rounds = zip_longest(*cells.values())
    return [u for row in rounds for u in row if u is not None][:limit]


def truth_of(system: Tested) -> dict[str, int]:
    """Class of each recording that a system was tested on, by its id.

    Args:
        system: one that was tested.
    """
    return {
        name: int(truth)
        for run in system.answers.values()
        for name, truth in zip(run.ids, run.truth, strict=True)
    }


def folds_of(system: Tested, heard: Sequence[Utterance]) -> tuple[int, ...]:
    """Folds in whose test sets recordings are.

    Args:
        system: one that was tested on them.
        heard: the recordings.
    """
    of_fold = system.fold_of()
    return tuple(sorted({of_fold[u.id] for u in heard}))

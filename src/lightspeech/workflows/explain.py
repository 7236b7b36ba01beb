"""Which cues a chain hears: every step on its own test speakers, every cue edited, all compared."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.explain import explanation, parts
from lightspeech.explain.explanation import Explanation, Named
from lightspeech.explain.hearing import EDITS
from lightspeech.explain.parts import Asked, Part
from lightspeech.explain.payers import Payers, payers
from lightspeech.explain.reliance import Answered
from lightspeech.progress import Progress
from lightspeech.studies import engine
from lightspeech.studies.stages import Places
from lightspeech.studies.study import Study, read_study
from lightspeech.training import layout, predictions, teachers
from lightspeech.training import run as runs
from lightspeech.training.predictions import Predictions
from lightspeech.workflows.publish import corpus_name


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
        folder = self.study.folder
        seeds = [seed for seed in self.seeds if (fold, seed) in self.answers]
        return tuple(folder / layout.run_name(fold, seed) for seed in seeds)

    def named(self) -> Named:
        """What is said of it beside its answers."""
        fold, seed = next(iter(self.answers))
        outcome = runs.read_outcome(self.study.folder / layout.run_name(fold, seed))
        return Named(
            name=self.study.name,
            scheme=self.study.scheme,
            n_params=outcome.n_params,
            seeds=self.seeds,
        )


def explain(
    folders: Sequence[Path],
    *,
    against: Path | None,
    places: Places,
    progress: Progress,
    folds: Sequence[int] = (),
    seeds: Sequence[int] = (),
    limit: int | None = None,
    processes: int | None = None,
) -> Explanation:
    """Say which cues the systems hear, and which of their teacher's they kept.

    Args:
        folders: of studies or steps; of a study alone its steps follow by themselves.
        against: the study or step that the others are compared with; None: the teacher that a step
            names, where it is there.
        places: where studies are, and where answers are kept.
        progress: told of recordings answered.
        folds: whose test speakers are heard; none: all.
        seeds: whose runs answer; none: all there are.
        limit: recordings of each fold, spread over speakers and emotions; None: all.
        processes: parts at once; None: one a core.

    Raises:
        ConfigError: if systems tell other classes apart, or have no test speakers in common.
        CorpusError: if a folder holds no finished study, or recordings are not there.
    """
    students = [_tested(folder, seeds) for folder in _with_steps(folders)]
    teacher = _teacher(students, against, places)
    others = [student for student in students if student is not teacher]
    systems = [*([teacher] if teacher else []), *others]
    _check_labels(systems)
    utterances = _common(systems, folds, limit)
    named = [system.named() for system in systems]
    todo = _parts(systems, utterances, places.cache)
    size = parts.SIZE
    total = len(utterances)
    engine.map(
        parts.fill,
        todo,
        processes=processes,
        tick=lambda n: progress("recordings", min(n * size, total), total),
    )
    changes, flipped = parts.read(todo)
    heard = [utterance for part in todo for utterance in part.utterances]
    truth = _truth(systems[0])
    answered = {
        one.name: Answered(
            labels=_labels(systems[0]),
            changes=changes[:, place].astype(np.float64),
            flipped=flipped[:, place].astype(np.float64),
            truth=np.array([truth[u.id] for u in heard]),
            speakers=np.array([u.speaker for u in heard]),
        )
        for place, one in enumerate(named)
    }
    study = students[0].study
    return explanation.explain(
        (corpus_name(study.recipe, study.protocol), study.recipe.name, _folds(systems[0], heard)),
        answered,
        {one.name: one for one in named},
        teacher=named[0].name if teacher else None,
        payers=_payers(students),
    )


def _with_steps(folders: Sequence[Path]) -> list[Path]:
    """A study alone brings its steps along."""
    if len(folders) != 1 or layout.is_step(folders[0]):
        return list(folders)
    study = read_study(folders[0])
    names = (layout.step_name(n, s.name) for n, s in enumerate(study.recipe.compress, start=1))
    steps = [folders[0] / name for name in names]
    return [folders[0], *(step for step in steps if any(map(runs.is_done, layout.runs(step))))]


def _tested(folder: Path, seeds: Sequence[int]) -> Tested:
    """Read a study and the answers of its finished runs."""
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


def _teacher(students: Sequence[Tested], against: Path | None, places: Places) -> Tested | None:
    """Find whom the others are compared with: one of them, another study, or their teacher."""
    if against is not None:
        folder = teachers.find(against, places.runs)
        same = [s for s in students if s.study.folder.resolve() == folder.resolve()]
        return same[0] if same else _tested(folder, ())
    study = students[0].study
    for step in study.recipe.compress:
        for name in step.module.learns_from(step.config).studies:
            try:
                return _tested(teachers.find(name, layout.study_of(study.folder).parent), ())
            except CorpusError:
                return None  # a folder of soft labels, or a study that is no longer there
    return None


def _labels(system: Tested) -> tuple[str, ...]:
    return next(iter(system.answers.values())).labels


def _check_labels(systems: Sequence[Tested]) -> None:
    first = _labels(systems[0])
    for system in systems[1:]:
        if _labels(system) != first:
            raise ConfigError(
                f"{system.study.folder} tells {list(_labels(system))} apart, "
                f"{systems[0].study.folder} {list(first)}; compare systems of the same classes"
            )


def _common(systems: Sequence[Tested], folds: Sequence[int], limit: int | None) -> list[Utterance]:
    """Recordings that every system was tested on, those of a fold one behind the other."""
    of_systems = [system.fold_of() for system in systems]
    study = systems[-1].study
    kept = [u for u in study.utterances if all(u.id in of_fold for of_fold in of_systems)]
    by_fold: dict[tuple[int, ...], list[Utterance]] = defaultdict(list)
    for utterance in kept:
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
    return [u for numbers in sorted(by_fold) for u in _spread(by_fold[numbers], limit)]


def _spread(utterances: Sequence[Utterance], limit: int | None) -> list[Utterance]:
    """Take some, of speakers and emotions in turn."""
    cells: dict[tuple[str, str], list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        cells[utterance.speaker, utterance.emotion].append(utterance)
    rounds = zip_longest(*cells.values())
    return [u for row in rounds for u in row if u is not None][:limit]


def _parts(systems: Sequence[Tested], utterances: Sequence[Utterance], cache: Path) -> list[Part]:
    """Cut the work: recordings of one fold of every system, and its runs."""
    of_systems = [system.fold_of() for system in systems]
    groups: dict[tuple[int, ...], list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        groups[tuple(of_fold[utterance.id] for of_fold in of_systems)].append(utterance)
    todo = []
    for folds, group in groups.items():
        runs_ = [system.runs_of(fold) for system, fold in zip(systems, folds, strict=True)]
        for at in range(0, len(group), parts.SIZE):
            some = tuple(group[at : at + parts.SIZE])
            todo.append(_part(some, runs_, cache / explanation.FOLDER))
    return todo


def _part(
    utterances: tuple[Utterance, ...], runs_: Sequence[tuple[Path, ...]], cache: Path
) -> Part:
    names = [parts.name(utterances, folders, EDITS) for folders in runs_]
    asked = [
        Asked(folders=folders, file=cache / f"{name}.npz")
        for folders, name in zip(runs_, names, strict=True)
    ]
    return Part(utterances=utterances, systems=tuple(asked))


def _truth(system: Tested) -> dict[str, int]:
    return {
        name: int(truth)
        for run in system.answers.values()
        for name, truth in zip(run.ids, run.truth, strict=True)
    }


def _folds(system: Tested, heard: Sequence[Utterance]) -> tuple[int, ...]:
    of_fold = system.fold_of()
    return tuple(sorted({of_fold[u.id] for u in heard}))


def _payers(students: Sequence[Tested]) -> list[Payers]:
    """Compare each step with what was before it, on the folds and seeds that both have."""
    found = []
    for before, after in zip(students, students[1:], strict=False):
        both = sorted(before.answers.keys() & after.answers.keys())
        if both:
            names = before.study.name, after.study.name
            first, second = ([each.answers[key] for key in both] for each in (before, after))
            found.append(payers(names, first, second, after.study.utterances))
    return found

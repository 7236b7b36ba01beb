"""Which cues a chain hears: every step on its own test speakers, every cue edited, all compared."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightspeech.corpora.base import Utterance
from lightspeech.explain import explanation, parts
from lightspeech.explain.explanation import Explanation
from lightspeech.explain.hearing import EDITS
from lightspeech.explain.parts import Asked, Part
from lightspeech.explain.payers import Payers, payers
from lightspeech.explain.reliance import Answered
from lightspeech.progress import Progress
from lightspeech.studies import engine
from lightspeech.studies.folders import Places
from lightspeech.workflows import explain_maps, explain_probes
from lightspeech.workflows import explain_systems as chains
from lightspeech.workflows.explain_probes import Probed
from lightspeech.workflows.explain_systems import Tested
from lightspeech.workflows.measuring import corpus_name


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
    cues_alone: bool = False,
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
        cues_alone: leave out probes and maps.

    Raises:
        ConfigError: if systems tell other classes apart, or have no test speakers in common.
        CorpusError: if a folder holds no finished study, or recordings are not there.
    """
    students = [chains.tested(folder, seeds) for folder in chains.with_steps(folders)]
    teacher = chains.teacher_of(students, against, places)
    others = [student for student in students if student is not teacher]
    systems = [*([teacher] if teacher else []), *others]
    chains.check_labels(systems)
    utterances = chains.common(systems, folds, limit)
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
    truth = chains.truth_of(systems[0])
    answered = {
        one.name: Answered(
            labels=chains.labels_of(systems[0]),
            changes=changes[:, place].astype(np.float64),
            flipped=flipped[:, place].astype(np.float64),
            truth=np.array([truth[u.id] for u in heard]),
            speakers=np.array([u.speaker for u in heard]),
        )
        for place, one in enumerate(named)
    }
    study, folds_heard = students[0].study, chains.folds_of(systems[0], heard)
    of_cues = explanation.explain(
        (corpus_name(study.recipe, study.protocol), study.recipe.name, folds_heard),
        answered,
        {one.name: one for one in named},
        teacher=named[0].name if teacher else None,
        payers=_payers(students),
    )
    if cues_alone:
        return of_cues
    tested = chains.common(systems, folds, None)
    probed = Probed(systems, tested, places.cache, progress, processes)
    found = [explain_probes.alike(probed, each, teacher, tested) for each in others if teacher]
    return replace(
        of_cues,
        probes=tuple(one for each in systems for one in explain_probes.read(probed, each, tested)),
        alike=tuple(one for one in found if one is not None),
        maps=tuple(explain_maps.read(systems, heard, places.cache, progress, processes)),
    )


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

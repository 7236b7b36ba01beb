"""Which cues a chain hears: every step on its own test speakers, every cue edited, all compared."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
from lightspeech.workflows import explain_bundles, explain_maps, explain_probes
from lightspeech.workflows import explain_systems as chains
from lightspeech.workflows.explain_bundles import Beside
from lightspeech.workflows.explain_probes import Probed
from lightspeech.workflows.explain_systems import Tested
from lightspeech.workflows.measuring import corpus_name


def explain(
    folders: Sequence[Path],
    *,
    bundles: Sequence[Path] = (),
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
        bundles: that hear the same recordings beside them, of classes that all tell apart and of
            speakers that no bundle knows; told are cues, and maps of the bundles.
        against: the study or step that the others are compared with; None: the teacher that a step
            names, where it is there, else with bundles the first study.
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
    teacher = chains.teacher_of(students, against, places) or (students[0] if bundles else None)
    others = [student for student in students if student is not teacher]
    systems = [*([teacher] if teacher else []), *others]
    chains.check_labels(systems)
    beside = explain_bundles.beside(bundles, chains.labels_of(systems[0]))
    utterances = chains.common(systems, beside, folds, limit)
    named = [*(system.named() for system in systems), *beside.named]
    todo = _parts(systems, beside, utterances, places.cache)
    size, total = parts.SIZE, len(utterances)
    engine.map(
        parts.fill,
        todo,
        processes=processes,
        tick=lambda n: progress("recordings", min(n * size, total), total),
    )
    heard = [utterance for part in todo for utterance in part.utterances]
    study, folds_heard = students[0].study, chains.folds_of(systems[0], heard)
    of_cues = explanation.explain(
        (corpus_name(study.recipe, study.protocol), study.recipe.name, folds_heard),
        dict(zip([one.name for one in named], _answered(systems, beside, todo), strict=True)),
        {one.name: one for one in named},
        teacher=named[0].name if teacher else None,
        bundles=[one.name for one in beside.named],
        left_out=[label for label in beside.classes if label not in beside.shared],
    )
    if cues_alone:
        return of_cues if bundles else replace(of_cues, payers=_payers(students, {}))
    mapped = explain_maps.some(heard)
    truth = [beside.classes[chains.truth_of(systems[0])[u.id]] for u in mapped]
    if bundles:
        work = explain_maps.of_bundles(beside, truth, mapped, places.cache)
        return replace(of_cues, maps=explain_maps.read(work, truth, progress, processes))
    tested = chains.common(systems, beside, folds, None)
    probed = Probed(systems, tested, places.cache, progress, processes)
    work = explain_maps.of_systems(systems, mapped, places.cache)
    found = [explain_probes.alike(probed, each, teacher, tested) for each in others if teacher]
    return replace(
        of_cues,
        payers=_payers(students, probed.levels),
        probes=tuple(one for each in systems for one in explain_probes.read(probed, each, tested)),
        alike=tuple(one for one in found if one is not None),
        maps=explain_maps.read(work, truth, progress, processes),
    )


def _answered(systems: Sequence[Tested], beside: Beside, filled: Sequence[Part]) -> list[Answered]:
    """Read what all systems, then all bundles, answered to the recordings of all parts."""
    heard = [utterance for part in filled for utterance in part.utterances]
    labels = [*map(chains.labels_of, systems), *(bundle.labels for bundle in beside.bundles)]
    changes, flipped = parts.read(filled, [beside.places(of_system) for of_system in labels])
    truth = chains.truth_of(systems[0])
    place = {of: n for n, of in enumerate(beside.places(beside.classes))}
    return [
        Answered(
            labels=beside.shared,
            changes=changes[:, system],
            flipped=flipped[:, system],
            truth=np.array([place[truth[u.id]] for u in heard]),
            speakers=np.array([u.speaker for u in heard]),
        )
        for system in range(len(labels))
    ]


def _parts(
    systems: Sequence[Tested], beside: Beside, utterances: Sequence[Utterance], cache: Path
) -> list[Part]:
    """Cut the work: recordings of one fold of every system, and its runs; bundles hear all."""
    opened = [(bundle.path,) for bundle in beside.bundles]
    of_systems = [system.fold_of() for system in systems]
    groups: dict[tuple[int, ...], list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        groups[tuple(of_fold[utterance.id] for of_fold in of_systems)].append(utterance)
    todo = []
    for folds, group in groups.items():
        runs_ = [system.runs_of(fold) for system, fold in zip(systems, folds, strict=True)]
        runs_ += opened
        for at in range(0, len(group), parts.SIZE):
            some = tuple(group[at : at + parts.SIZE])
            todo.append(_part(some, runs_, cache / explanation.FOLDER))
    return todo


def _part(
    utterances: tuple[Utterance, ...], runs_: Sequence[tuple[Path, ...]], cache: Path
) -> Part:
    names = [parts.name(utterances, folders, EDITS) for folders in runs_]
    asked = [
        Asked(folders=folders, file=cache / f"{name}.npy")
        for folders, name in zip(runs_, names, strict=True)
    ]
    return Part(utterances=utterances, systems=tuple(asked))


def _payers(students: Sequence[Tested], levels: Mapping[str, float]) -> tuple[Payers, ...]:
    """Compare each step with what was before it, on the folds and seeds that both have."""
    found = []
    for before, after in zip(students, students[1:], strict=False):
        both = sorted(before.answers.keys() & after.answers.keys())
        if both:
            names = before.study.name, after.study.name
            first, second = ([each.answers[key] for key in both] for each in (before, after))
            found.append(payers(names, first, second, after.study.utterances, levels))
    return tuple(found)

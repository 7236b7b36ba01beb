"""The tasks of a study: a run for every fold and seed of a protocol, and for each in a step."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightspeech import bundle as bundles
from lightspeech.config import Choice
from lightspeech.corpora import labels as vocabularies
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError
from lightspeech.frontends.batches import Index
from lightspeech.protocols import leaks
from lightspeech.protocols.base import Protocol
from lightspeech.training import layout
from lightspeech.training.task import RunConfig, Task

ENOUGH = 3
"""Recordings of a class: one each to learn from, to select on and to measure."""


def in_vocabulary(utterances: Sequence[Utterance], vocabulary: str) -> list[Utterance]:
    """Keep the utterances whose label the vocabulary has.

    Args:
        utterances: of one or several corpora.
        vocabulary: of `lightspeech.corpora.labels`, such as ``own`` or ``common4``.

    Raises:
        CorpusError: if fewer than two classes are left.
    """
    kept = [u for u in utterances if vocabularies.map_label(u.emotion, vocabulary) is not None]
    classes = {vocabularies.map_label(u.emotion, vocabulary) for u in kept}
    if len(classes) < 2:
        there = vocabularies.counted(u.emotion for u in utterances)
        other = "" if vocabulary == vocabularies.OWN else ", or take labels: own"
        raise CorpusError(
            f"{len(classes)} of the classes of vocabulary {vocabulary!r} among {len(utterances)} "
            f"utterances, labelled {there}; at least 2 are needed: say which class they are, as in "
            f"--map Wut=angry, and map no more to nothing{other}"
        )
    return kept


def of_study(
    cfg: RunConfig,
    utterances: Sequence[Utterance],
    protocol: Protocol,
    *,
    vocabulary: str,
    seeds: Sequence[int],
    folder: Path,
    cache: Path,
) -> list[Task]:
    """List the runs of a study, seed by seed, after the leak check.

    Args:
        cfg: what makes each of them.
        utterances: as `in_vocabulary` left them.
        protocol: the cut, of so many folds.
        vocabulary: that maps their labels.
        seeds: one run a fold for each.
        folder: of the study; each run has a folder of its own in it.
        cache: folder of cached features.

    Raises:
        LeakError: if a fold leaks and the protocol is not labelled leaky, or an encoder or the
            bundle it begins with was made with whom a fold is measured on.
        CorpusError: if a fold has nothing to learn a class from.
    """
    leaks.check(list(utterances), protocol)
    for origin in cfg.front.origins():
        leaks.check_encoder(origin.name, origin.recordings(), utterances, protocol)
    if cfg.init is not None:
        bundle = bundles.read(cfg.init)
        corpora = {corpus["name"] for corpus in bundle.corpora}
        strangers = bundle.provenance.get("test_speakers", ())
        leaks.check_init(cfg.init, corpora, strangers, utterances, protocol)
    if cfg.ratings is None:
        classes, targets = _classes(utterances, protocol, vocabulary)
    else:
        classes, targets = cfg.ratings.of, np.zeros(len(utterances), np.int64)
    return [
        Task(
            config=cfg,
            folder=folder / layout.run_name(fold, seed),
            cache=cache,
            utterances=tuple(utterances),
            labels=classes,
            targets=targets,
            split=split,
            fold=fold,
            seed=seed,
        )
        for seed in seeds
        for fold, split in enumerate(protocol.splits)
    ]


def _classes(
    utterances: Sequence[Utterance], protocol: Protocol, vocabulary: str
) -> tuple[tuple[str, ...], Index]:
    """Name the classes, and say which one each utterance has."""
    names = [vocabularies.map_label(u.emotion, vocabulary) or "" for u in utterances]
    classes = tuple(sorted(set(names)))
    _check_classes(utterances, names, protocol)
    return classes, np.array([classes.index(name) for name in names], np.int64)


def _check_classes(
    utterances: Sequence[Utterance], names: Sequence[str], protocol: Protocol
) -> None:
    """Refuse a cut whose training part lacks a class that others are measured on.

    A cut at random may miss by chance a class of which there is enough; that is no fault of it.
    """
    class_of = {u.id: name for u, name in zip(utterances, names, strict=True)}
    for split in protocol.splits:
        missing = sorted(set(names) - {class_of[each] for each in split.train})
        if protocol.leaky:
            missing = [name for name in missing if list(names).count(name) < ENOUGH]
        if missing:
            of_it = [u for u in utterances if class_of[u.id] == missing[0]]
            speakers = len({u.speaker for u in of_it})
            raise CorpusError(
                f"{split.name}: nothing is left to learn {missing[0]!r} from; it has {len(of_it)} "
                f"recording(s) of {speakers} speaker(s), all of them tested or selected on; record "
                f"it with three speakers or more, or leave it out: --map {missing[0]}="
            )


def of_step(tasks: Sequence[Task], step: Choice, folder: Path) -> list[Task]:
    """List the runs that a compression step makes of others.

    Args:
        tasks: the runs before it.
        step: plug-in of ``lightspeech.compression``.
        folder: of the step; its runs are named as those before it.
    """
    return [
        replace(task, step=step, before=task.folder, folder=folder / task.folder.name)
        for task in tasks
    ]

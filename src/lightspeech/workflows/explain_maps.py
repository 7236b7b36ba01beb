"""Maps of the systems of a chain that are given spectra, on some test recordings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lightspeech.corpora.base import Utterance
from lightspeech.explain import attribution, tried
from lightspeech.explain.attribution import Attribution, Figures
from lightspeech.explain.explanation import FOLDER
from lightspeech.progress import Progress
from lightspeech.studies import engine
from lightspeech.workflows.explain_systems import Tested, labels_of, truth_of

RECORDINGS = 12
"""That are mapped, of all that are explained, evenly spread."""


def read(
    systems: Sequence[Tested],
    utterances: Sequence[Utterance],
    cache: Path,
    progress: Progress,
    processes: int | None,
) -> list[Attribution]:
    """Map recordings by all systems that have maps, or find what was kept.

    Args:
        systems: of a chain; those on an encoder have none.
        utterances: test recordings, those of a fold one behind the other.
        cache: folder that figures are kept in.
        progress: told of maps.
        processes: at once; None: one a core.

    Raises:
        AudioError: if a recording cannot be decoded.
    """
    from lightspeech.explain.gradients import has_maps

    some = [utterances[at] for at in _spread(len(utterances))]
    mapped = [system for system in systems if has_maps(system.study.recipe.run_config())]
    todo = {
        system.study.name: [
            tried.tried(
                each,
                truth_of(system)[each.id],
                system.runs_of(system.fold_of()[each.id]),
                cache / FOLDER,
            )
            for each in some
        ]
        for system in mapped
    }
    work = [each for row in todo.values() for each in row]
    engine.map(tried.fill, work, processes=processes, tick=lambda n: progress("maps", n, len(work)))
    return [
        one
        for system in mapped
        for one in _summed(system, some, np.stack([e.read() for e in todo[system.study.name]]))
    ]


def _spread(n: int) -> list[int]:
    return sorted({*np.linspace(0, n - 1, min(RECORDINGS, n)).round().astype(int).tolist()})


def _summed(system: Tested, some: Sequence[Utterance], found: np.ndarray) -> list[Attribution]:
    """Sum up figures of shape ``(recordings, methods, …)``; methods without maps are left out."""
    labels, truth = labels_of(system), truth_of(system)
    emotions = [labels[truth[u.id]] for u in some]
    speakers = np.array([u.speaker for u in some])
    return [
        attribution.summed(
            (system.study.name, method),
            Figures(
                worth=of[:, tried.WORTH],
                energy=of[:, tried.ENERGY],
                chance=of[:, tried.CHANCE],
                shuffled=of[:, tried.SHUFFLED],
                seeds=of[:, tried.SEEDS],
                bands=of[:, tried.FIRST_BAND :],
            ),
            emotions,
            speakers,
        )
        for method, of in zip(tried.METHODS, found.transpose(1, 0, 2), strict=True)
        if not np.isnan(of[:, tried.WORTH]).any()
    ]

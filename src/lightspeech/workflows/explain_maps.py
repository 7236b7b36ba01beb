"""Maps of the systems that are given spectra, and of bundles, on some test recordings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lightspeech.corpora.base import Utterance
from lightspeech.explain import attribution, tried
from lightspeech.explain.attribution import Attribution, Figures
from lightspeech.explain.explanation import FOLDER
from lightspeech.explain.tried import Tried
from lightspeech.progress import Progress
from lightspeech.studies import engine
from lightspeech.workflows.explain_bundles import Beside
from lightspeech.workflows.explain_systems import Tested, truth_of

RECORDINGS = 12
"""That are mapped, of all that are explained, evenly spread."""


def some(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Choose the recordings that are mapped.

    Args:
        utterances: test recordings, those of a fold one behind the other.
    """
    n = len(utterances)
    places = np.linspace(0, n - 1, min(RECORDINGS, n)).round().astype(int).tolist()
    return [utterances[at] for at in sorted({*places})]


def of_systems(
    systems: Sequence[Tested], utterances: Sequence[Utterance], cache: Path
) -> dict[str, list[Tried]]:
    """Name the work of systems that have maps; those on an encoder have none.

    Args:
        systems: of a chain.
        utterances: that are mapped.
        cache: folder of all that is kept.
    """
    from lightspeech.explain.gradients import has_maps

    return {
        system.study.name: [
            tried.tried(
                u, truth_of(system)[u.id], system.runs_of(system.fold_of()[u.id]), cache / FOLDER
            )
            for u in utterances
        ]
        for system in systems
        if has_maps(system.study.recipe.run_config())
    }


def of_bundles(
    beside: Beside, truth: Sequence[str], utterances: Sequence[Utterance], cache: Path
) -> dict[str, list[Tried]]:
    """Name the work of bundles.

    Args:
        beside: the bundles.
        truth: class of each recording, one that all share.
        utterances: that are mapped.
        cache: folder of all that is kept.
    """
    found = {}
    for named, bundle in zip(beside.named, beside.bundles, strict=True):
        place = dict(zip(beside.shared, beside.places(bundle.labels), strict=True))
        found[named.name] = [
            tried.tried(u, place[of], (bundle.path,), cache / FOLDER)
            for u, of in zip(utterances, truth, strict=True)
        ]
    return found


def read(
    todo: Mapping[str, Sequence[Tried]],
    truth: Sequence[str],
    progress: Progress,
    processes: int | None,
) -> tuple[Attribution, ...]:
    """Map recordings, or find what was kept.

    Args:
        todo: of each system, on the same recordings.
        truth: class of each recording.
        progress: told of maps.
        processes: at once; None: one a core.

    Raises:
        AudioError: if a recording cannot be decoded.
    """
    work = [each for row in todo.values() for each in row]
    engine.map(tried.fill, work, processes=processes, tick=lambda n: progress("maps", n, len(work)))
    return tuple(one for name, row in todo.items() for one in _summed(name, row, truth))


def _summed(name: str, mapped: Sequence[Tried], truth: Sequence[str]) -> list[Attribution]:
    """Sum up the maps of a system; methods that it has not are left out."""
    found = np.stack([each.read() for each in mapped])  # (recordings, methods, figures)
    speakers = np.array([each.utterance.speaker for each in mapped])
    return [
        attribution.summed(
            (name, method),
            Figures(
                worth=of[:, tried.WORTH],
                energy=of[:, tried.ENERGY],
                chance=of[:, tried.CHANCE],
                shuffled=of[:, tried.SHUFFLED],
                seeds=of[:, tried.SEEDS],
                bands=of[:, tried.FIRST_BAND :],
            ),
            truth,
            speakers,
        )
        for method, of in zip(tried.METHODS, found.transpose(1, 0, 2), strict=True)
        if not np.isnan(of[:, tried.WORTH]).any()
    ]

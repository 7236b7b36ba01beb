"""What stands in the embeddings of a chain: functionals, and what they share with a teacher's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lightspeech.audio.measures import UNITS
from lightspeech.corpora.base import Utterance
from lightspeech.explain import embeddings, functionals, probes
from lightspeech.explain.embeddings import Embedded
from lightspeech.explain.explanation import FOLDER
from lightspeech.explain.probes import Alike, Errors, Probe
from lightspeech.metrics import Floats
from lightspeech.progress import Progress
from lightspeech.studies import engine
from lightspeech.workflows.explain_systems import Tested, spread

FEWEST = 5
"""Recordings of a fold that likeness is told of."""
MOST = 2_000
"""Training recordings that a line is fitted to, of speakers and emotions in turn: enough for it,
and each goes through the encoder of a teacher, which takes its time."""


class Probed:
    """Embeddings of all systems and functionals of all their recordings, computed or found."""

    def __init__(
        self,
        systems: Sequence[Tested],
        tested: Sequence[Utterance],
        cache: Path,
        progress: Progress,
        processes: int | None,
    ) -> None:
        """Compute what was not kept.

        Args:
            systems: that are probed.
            tested: recordings; runs of other folds are left out.
            cache: folder of all that is kept.
            progress: told of recordings measured and of runs whose embeddings are there.
            processes: at once; None: one a core.

        Raises:
            ConfigError: if a network shows no embedding.
            LightspeechError: if a recording cannot be decoded.
        """
        self.cache, self.tested = cache, tested
        keys = [(system, *key) for system in systems for key in _runs(system, tested)]
        wanted = {u.id: u for system, fold, _ in keys for u in _heard(system, fold, tested)}
        chunks = functionals.chunks(list(wanted.values()), cache / FOLDER)
        todo = [self.embedded(*key) for key in keys]
        engine.map(
            functionals.fill,
            chunks,
            processes=processes,
            tick=lambda n: progress("functionals", n, len(chunks)),
        )
        engine.map(
            embeddings.fill,
            todo,
            processes=processes,
            tick=lambda n: progress("embeddings", n, len(todo)),
        )
        self.functionals = dict(zip(wanted, functionals.read(chunks), strict=True))

    def embedded(self, system: Tested, fold: int, seed: int) -> Embedded:
        """Name the embeddings of a run: of what a line is fitted to, and of what it is tested on.

        Args:
            system: study or step.
            fold: of the run.
            seed: of the run.
        """
        utterances = _heard(system, fold, self.tested)
        return Embedded(run=system.run_of(fold, seed), utterances=utterances, cache=self.cache)

    def of(self, system: Tested, fold: int, seed: int) -> dict[str, Floats]:
        """Read the embeddings of a run by the id of a recording, each of shape ``(width,)``.

        Args:
            system: study or step.
            fold: of the run.
            seed: of the run.
        """
        ids = [u.id for u in _heard(system, fold, self.tested)]
        return dict(zip(ids, self.embedded(system, fold, seed).read(), strict=True))

    @property
    def levels(self) -> dict[str, float]:
        """How loud recordings are, in dB below full scale, by their ids."""
        place = list(UNITS).index("loudness")
        return {name: float(row[place]) for name, row in self.functionals.items()}

    def values(self, ids: Sequence[str]) -> Floats:
        """Functionals of recordings by their ids, shape ``(recordings, functionals)``."""
        return np.stack([self.functionals[name] for name in ids])


def read(probed: Probed, system: Tested, tested: Sequence[Utterance]) -> tuple[Probe, ...]:
    """Read the functionals of test recordings from the embeddings of one system.

    Lines are fitted on the training speakers of each fold; errors are means over its seeds.

    Args:
        probed: embeddings and functionals.
        system: whose embeddings.
        tested: recordings, all of which it was tested on.
    """
    of_fold = system.fold_of()
    rows = {u.id: row for row, u in enumerate(tested)}
    speaker = {u.id: u.speaker for u in system.study.utterances}
    errors = np.zeros((3, len(tested), len(UNITS)))
    n_seeds = np.zeros(len(tested))
    for fold, seed in _runs(system, tested):
        ids = [u.id for u in tested if of_fold[u.id] == fold]
        train = [u.id for u in _fitted(system, fold)]
        embedding = probed.of(system, fold, seed)
        seen, unseen = ((_rows(embedding, part), probed.values(part)) for part in (train, ids))
        found = probes.read(seen, np.array([speaker[name] for name in train]), unseen)
        mine = [rows[name] for name in ids]
        errors[:, mine] += (found.of_line, found.of_mean, found.of_chance)
        n_seeds[mine] += 1
    means = errors / n_seeds[:, None]
    speakers = np.array([u.speaker for u in tested])
    return probes.probes(system.study.name, list(UNITS), Errors(*means), speakers)


def alike(
    probed: Probed, system: Tested, teacher: Tested, tested: Sequence[Utterance]
) -> Alike | None:
    """Compare the embeddings of a system with those of its teacher, on test recordings of both.

    Args:
        probed: embeddings.
        system: a student.
        teacher: of it.
        tested: recordings that both were tested on.

    Returns:
        None where no fold has `FEWEST` of them.
    """
    of_folds = [each.fold_of() for each in (system, teacher)]
    pairs = []
    for fold, seed in _runs(system, tested):
        for other in sorted({of_folds[1][u.id] for u in tested if of_folds[0][u.id] == fold}):
            ids = [u.id for u in tested if tuple(f[u.id] for f in of_folds) == (fold, other)]
            same = seed if (other, seed) in teacher.answers else _first_seed(teacher, other)
            if len(ids) >= FEWEST:
                mine, theirs = probed.of(system, fold, seed), probed.of(teacher, other, same)
                pairs.append((_rows(mine, ids), _rows(theirs, ids)))
    return probes.alike(system.study.name, pairs) if pairs else None


def _runs(system: Tested, tested: Sequence[Utterance]) -> list[tuple[int, int]]:
    """Fold and seed of the runs whose test sets have some of the recordings."""
    of_fold = system.fold_of()
    folds = {of_fold[u.id] for u in tested}
    return [key for key in system.answers if key[0] in folds]


def _fitted(system: Tested, fold: int) -> list[Utterance]:
    """What lines are fitted to: of the recordings that the runs of a fold learnt from."""
    train = {*system.study.protocol.splits[fold].train}
    return spread([u for u in system.study.utterances if u.id in train], MOST)


def _heard(system: Tested, fold: int, tested: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """What the runs of a fold are asked about."""
    of_fold = system.fold_of()
    return (*_fitted(system, fold), *(u for u in tested if of_fold[u.id] == fold))


def _rows(embeddings: dict[str, Floats], ids: Sequence[str]) -> Floats:
    return np.stack([embeddings[name] for name in ids])


def _first_seed(system: Tested, fold: int) -> int:
    return min(seed for number, seed in system.answers if number == fold)

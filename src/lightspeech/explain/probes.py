"""What of a voice stands in embeddings: functionals read by a line, and how alike two models are.

A probe is fitted on speakers that it is not tested on, and says something only beside the same
probe of shuffled functionals (Hewitt & Liang 2019). Similarity of embeddings is linear CKA with
unbiased HSIC (Kornblith et al. 2019; Nguyen et al. 2021), which tells nothing of single features,
beside Procrustes: how much of one is the other, turned and scaled (Ding et al. 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech.config import config
from lightspeech.explain.by_speaker import REPLICATES
from lightspeech.metrics import Floats

PENALTIES = np.logspace(0, 6, 13)
"""Of a ridge regression of standardized embeddings."""
PARTS = 4
"""Of the speakers that a line is fitted on: each in turn chooses the penalty."""
DIGITS = 4


@config
class Probe:
    """How well a line reads a functional from the embeddings of a system."""

    system: str
    functional: str
    r2: float
    """1 minus squared errors over those of the mean of the speakers it was fitted on; at most 1."""
    ci95: tuple[float, float] | None
    """By speaker; null for one speaker."""
    shuffled: float
    """The same of a line fitted to shuffled functionals."""
    n: int
    """Recordings that have it; the others have no voice to measure it by."""

    @property
    def is_read(self) -> bool:
        """Whether it certainly stands in the embeddings, more than by chance."""
        return self.ci95 is not None and self.ci95[0] > max(self.shuffled, 0)


@config
class Alike:
    """How alike the embeddings of a system and of its teacher are, 0 to 1."""

    system: str
    cka: float
    procrustes: float
    cka_shuffled: float
    """Of recordings in another order: what chance gives."""
    procrustes_shuffled: float


@dataclass(frozen=True, eq=False)
class Errors:
    """Squared errors of recordings, NaN where one has no functional.

    Attributes:
        of_line: of the probe, shape ``(recordings, functionals)``.
        of_mean: of the mean of the recordings it was fitted on, same shape.
        of_chance: of a probe fitted to shuffled functionals, same shape.
    """

    of_line: Floats
    of_mean: Floats
    of_chance: Floats


def read(
    train: tuple[Floats, Floats], speakers: npt.NDArray[np.str_], test: tuple[Floats, Floats]
) -> Errors:
    """Fit a line to each functional, and test it on others.

    Args:
        train: embeddings, shape ``(recordings, width)``, and functionals, ``(recordings, n)``, of
            speakers to fit it on.
        speakers: of these, shape ``(recordings,)``; the penalty is chosen on some of them.
        test: embeddings, shape ``(tests, width)``, and functionals, ``(tests, n)``, of others.
    """
    line, mean, chance = (np.full(test[1].shape, np.nan) for _ in range(3))
    rng = np.random.default_rng(0)
    for columns, there in _groups(~np.isnan(train[1])):
        y = train[1][there][:, columns]
        both = np.concatenate([y, rng.permutation(y)], 1)
        found = _ridge(train[0][there], both, speakers[there], test[0])
        truth = test[1][:, columns]
        line[:, columns] = (truth - found[:, : y.shape[1]]) ** 2
        chance[:, columns] = (truth - found[:, y.shape[1] :]) ** 2
        mean[:, columns] = (truth - y.mean(0)) ** 2
    return Errors(line, mean, chance)


def _groups(there: npt.NDArray[np.bool_]) -> list[tuple[list[int], npt.NDArray[np.bool_]]]:
    """Group columns that the same recordings have; those that fewer than three have are left."""
    groups: dict[bytes, list[int]] = {}
    for column, rows in enumerate(there.T):
        if rows.sum() >= 3:
            groups.setdefault(rows.tobytes(), []).append(column)
    return [(columns, there[:, columns[0]]) for columns in groups.values()]


def _ridge(x: Floats, y: Floats, speakers: npt.NDArray[np.str_], others: Floats) -> Floats:
    """Predict columns of y, each by the penalty that is best on speakers it was not fitted to."""
    names, of = np.unique(speakers, return_inverse=True)
    errors = np.zeros((len(PENALTIES), y.shape[1]))
    for part in range(PARTS if len(names) > 1 else 0):
        inside = of % PARTS != part
        if not inside.all():
            predicted = _lines(x[inside], y[inside], x[~inside])
            errors += ((predicted - y[~inside]) ** 2).sum(1)
    best: Floats = _lines(x, y, others)[errors.argmin(0), :, np.arange(y.shape[1])]
    return best.T


def _lines(x: Floats, y: Floats, others: Floats) -> Floats:
    """Ridge regressions of all penalties, shape ``(penalties, recordings, columns)``."""
    centre, scale = x.mean(0), x.std(0)
    used = scale > 1e-8
    x, others = ((part[:, used] - centre[used]) / scale[used] for part in (x, others))
    level = y.mean(0)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    along, onto = u.T @ (y - level), others @ vt.T
    weights = [along * (s / (s**2 + penalty))[:, None] for penalty in PENALTIES]
    lines: Floats = np.stack([onto @ weight for weight in weights]) + level
    return lines


def probes(
    system: str, names: Sequence[str], errors: Errors, speakers: npt.NDArray[np.str_]
) -> tuple[Probe, ...]:
    """Sum up the errors of one system.

    Args:
        system: its name.
        names: of the functionals.
        errors: of all tested recordings.
        speakers: of these, shape ``(recordings,)``.
    """
    found = []
    for column, name in enumerate(names):
        line, mean, chance = (
            each[:, column] for each in (errors.of_line, errors.of_mean, errors.of_chance)
        )
        there = ~np.isnan(mean)
        if not there.any():
            continue
        r2, ci95 = _explained(line[there], mean[there], speakers[there])
        found.append(
            Probe(
                system=system,
                functional=name,
                r2=r2,
                ci95=ci95,
                shuffled=_explained(chance[there], mean[there], speakers[there])[0],
                n=int(there.sum()),
            )
        )
    return tuple(found)


def _explained(
    line: Floats, mean: Floats, speakers: npt.NDArray[np.str_]
) -> tuple[float, tuple[float, float] | None]:
    """R² of all recordings, and its interval by speaker."""
    names, of = np.unique(speakers, return_inverse=True)
    sums = np.stack([np.bincount(of, each) for each in (line, mean)], 1)  # (speakers, 2)
    total = sums.sum(0)
    r2 = round(float(1 - total[0] / max(total[1], 1e-12)), DIGITS)
    if len(names) < 2:
        return r2, None
    n = len(names)
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=REPLICATES) @ sums
    low, high = np.quantile(1 - draws[:, 0] / np.maximum(draws[:, 1], 1e-12), [0.025, 0.975])
    return r2, (round(float(low), DIGITS), round(float(high), DIGITS))


def cka(x: Floats, y: Floats) -> float:
    """Linear CKA of embeddings of the same recordings, unbiased: 0 by chance, 1 if alike.

    Args:
        x: shape ``(recordings, width)``, four recordings or more.
        y: shape ``(recordings, other width)``.
    """
    first, second = (_hollow(part @ part.T) for part in (x, y))
    both = np.sqrt(max(_hsic(first, first) * _hsic(second, second), 1e-24))
    return float(_hsic(first, second) / both)


def _hollow(gram: Floats) -> Floats:
    hollow = gram.copy()
    np.fill_diagonal(hollow, 0)
    return hollow


def _hsic(x: Floats, y: Floats) -> float:
    """Unbiased estimate of HSIC of Gram matrices without diagonals (Song et al. 2012)."""
    n = len(x)
    rest = x.sum() * y.sum() / ((n - 1) * (n - 2)) - 2 * (x.sum(0) @ y.sum(0)) / (n - 2)
    return float(((x * y).sum() + rest) / (n * (n - 3)))


def procrustes(x: Floats, y: Floats) -> float:
    """How much of one embedding is the other, turned and scaled: 1 if it is all.

    Args:
        x: of the same recordings, shape ``(recordings, width)``.
        y: shape ``(recordings, other width)``.
    """
    first, second = (part - part.mean(0) for part in (x, y))
    scale = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.linalg.svd(first.T @ second, compute_uv=False).sum() / max(scale, 1e-12))


def alike(system: str, pairs: Sequence[tuple[Floats, Floats]]) -> Alike:
    """Compare a system with its teacher.

    Args:
        system: its name.
        pairs: embeddings of the system, shape ``(recordings, width)``, and of the teacher,
            ``(recordings, other width)``, of the test recordings of a fold; one a run.
    """
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(x)) for x, _ in pairs]

    def mean(values: list[float]) -> float:
        return round(float(np.mean(values)), DIGITS)

    return Alike(
        system=system,
        cka=mean([cka(x, y) for x, y in pairs]),
        procrustes=mean([procrustes(x, y) for x, y in pairs]),
        cka_shuffled=mean([cka(x[o], y) for (x, y), o in zip(pairs, orders, strict=True)]),
        procrustes_shuffled=mean(
            [procrustes(x[o], y) for (x, y), o in zip(pairs, orders, strict=True)]
        ),
    )

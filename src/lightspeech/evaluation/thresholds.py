"""From which top probability on an answer is to be believed: one threshold for each emotion.

The same probability means more of one emotion than of another: a model that says *angry* of
strangers is right more often the surer it is, and saying *neutral* hardly.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lightspeech.metrics import Floats, Indices

FITTED = 0.75
"""Share of the answers above their thresholds that are to be right on corpora they are fitted on,
so that 0.7 are on others."""
LEAST = 1e-6
"""Probabilities are written with so many digits."""
STEPS = 50
"""Of Newton's method; a curve of two numbers takes about ten."""
CANDIDATES = np.linspace(0, 1, 201)[:-1]
"""Estimated shares of right answers, among which the least that will do is looked for."""


def fit(corpora: Sequence[tuple[Floats, Indices]]) -> tuple[float, ...]:
    """Find for each emotion the top probability from which on answers are believed.

    Of each emotion a logistic curve says how often such answers are right (Platt, Probabilistic
    outputs for support vector machines, 1999); above the least share of these curves with which
    `FITTED` of all answers are right, they are believed.

    Args:
        corpora: probabilities of each, shape ``(n, c)``, and classes, ``(n,)``, from 0; all of
            them weigh alike.

    Returns:
        One for each class, 0 to 1; 1 where an emotion is never believed, 0 where it always is.
        Where `FITTED` cannot be reached, those that come nearest.
    """
    given = [p.argmax(1) for p, _ in corpora]
    right = [answer == truth for answer, (_, truth) in zip(given, corpora, strict=True)]
    odds = [_odds(p.max(1)) for p, _ in corpora]
    weight = np.concatenate([np.full(len(each), 1 / len(each)) for each in given])
    emotion, of_all, is_right = np.concatenate(given), np.concatenate(odds), np.concatenate(right)
    mine = [emotion == each for each in range(corpora[0][0].shape[1])]
    curves = np.array([_rising(of_all[own], is_right[own], weight[own]) for own in mine])
    shares = [_share(curves[g, 0] + curves[g, 1] * o) for g, o in zip(given, odds, strict=True)]
    limit = _odds(np.array(_limit(shares, right)))
    return tuple(_top(limit, *of_emotion) for of_emotion in curves)


def curve(odds: Floats, right: npt.NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """Fit how often answers are right: the log-odds of that are ``a + b * odds``.

    Args:
        odds: logarithms of ``p / (1 - p)`` of their top probabilities, shape ``(n,)``.
        right: whether each is, shape ``(n,)``.
        weights: of each, > 0, shape ``(n,)``.

    Returns:
        ``a`` and ``b``; of Platt's targets, which add a right and a wrong answer, so that no curve
        is infinitely steep.
    """
    target = np.where(right, (right.sum() + 1) / (right.sum() + 2), 1 / ((~right).sum() + 2))
    x = np.stack([np.ones_like(odds), odds], 1)
    fitted = np.zeros(2)
    for _ in range(STEPS):
        p = _share(x @ fitted)
        bend = (x * (weights * p * (1 - p))[:, None]).T @ x
        fitted += np.linalg.pinv(bend) @ x.T @ (weights * (target - p))
    return float(fitted[0]), float(fitted[1])


def _rising(odds: Floats, right: npt.NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """Fit a curve that does not fall: of few answers, or such as are all right, it may by chance.

    Where it would, all answers of the emotion are believed, or none; never said, it is not.
    """
    if not len(odds):
        return -np.inf, 0.0
    a, b = curve(odds, right, weights)
    return (a, b) if b > 0 else curve(np.zeros_like(odds), right, weights)


def _limit(shares: Sequence[Floats], right: Sequence[npt.NDArray[np.bool_]]) -> float:
    """Find the least share above which `FITTED` of the answers are right, a mean of corpora."""
    reached = []
    for candidate in CANDIDATES:
        # A corpus of which nothing is above counts as none right: a limit is to serve all of them.
        above = [r[s >= candidate] for s, r in zip(shares, right, strict=True)]
        reached.append(np.mean([r.mean() if len(r) else 0.0 for r in above]))
    enough = np.flatnonzero(np.array(reached) >= FITTED)
    return float(CANDIDATES[enough[0] if len(enough) else int(np.argmax(reached))])


def _top(limit: Floats, a: float, b: float) -> float:
    """Where a curve rises above a limit: a top probability; 0 or 1 where it does not rise."""
    return float(_share((limit - a) / b)) if b > 0 else float(a < limit)


def _odds(p: Floats) -> Floats:
    inside = np.clip(p, LEAST, 1 - LEAST)
    return np.log(inside / (1 - inside))


def _share(odds: Floats) -> Floats:
    shares: Floats = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    return shares

"""Where in time and in which bands an answer lies, and whether such a map is worth being shown.

A map is worth showing only if what it points at carries more of the answer than what is merely
loud: its places are taken away and put back, highest first, and so are those of a map of energy
and of chance (deletion and insertion, Petsiuk et al. 2018). It says which of them it beats.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightspeech.explain import places
from lightspeech.explain.masking import Masked
from lightspeech.metrics import Floats

STEPS = 10
"""Shares of the places, evenly spread, that are taken away and put back."""
RANDOM = 10
"""Orders of chance."""
PAIRS = 8
"""Orders in which Shapley values add places up, each there and back."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """A map of one answer, and what it is worth.

    Attributes:
        values: how much of the answer's probability goes with each place, shape
            ``(pieces, bands)``; below 0 it speaks against the answer.
        worth: probability with its highest places alone minus probability without them, mean over
            how many these are; −1 to 1.
        energy_worth: the same of the loudest places.
        random_worth: of places by chance, the mean of some orders.
    """

    values: Floats
    worth: float
    energy_worth: float
    random_worth: float

    @property
    def beats_energy(self) -> bool:
        """Whether it tells more than where it is loud, and more than chance."""
        return self.worth > max(self.energy_worth, self.random_worth)


Method = Callable[[Masked, int], Floats]
"""Makes the values of a map of a class."""


def judged(masked: Masked, label: int, values: Floats) -> Map:
    """Hold a map against one of energy and one of chance.

    Args:
        masked: the recording.
        label: class whose probability is mapped.
        values: of any method, shape ``(pieces, bands)``.

    Raises:
        BundleError: if the model gives no probabilities.
    """
    [worth], energy, chance = worths(masked, label, [values])
    return Map(values=values, worth=worth, energy_worth=energy, random_worth=chance)


def worths(masked: Masked, label: int, found: Sequence[Floats]) -> tuple[list[float], float, float]:
    """Tell what maps of one answer are worth, and what one of energy and chance are.

    Args:
        masked: the recording.
        label: class whose probability is mapped.
        found: values of each map, shape ``(pieces, bands)``.

    Returns:
        Of each map, of energy, and the mean of some orders by chance; see `Map`.

    Raises:
        BundleError: if the model gives no probabilities.
    """
    rng = np.random.default_rng(0)
    orders = [*found, places.energy(masked.waveform)]
    orders += [rng.random(_shape(masked)) for _ in range(RANDOM)]
    kept = np.concatenate([_curves(order) for order in orders])
    of_label = masked.answer(kept)[:, label].reshape(len(orders), 2, STEPS).mean(2)
    worth = (of_label[:, 1] - of_label[:, 0]).tolist()
    n = len(found)
    return worth[:n], worth[n], float(np.mean(worth[n + 1 :]))


def _curves(order: Floats) -> npt.NDArray[np.bool_]:
    """Masks without the highest places, then masks of these alone: ``(2 * STEPS, …)``."""
    rank = np.empty(order.size)
    rank[np.argsort(-order.ravel(), kind="stable")] = np.arange(order.size)
    shares = (np.arange(STEPS) + 0.5) / STEPS
    deleted = rank.reshape(order.shape) >= np.round(shares * order.size)[:, None, None]
    return np.concatenate([deleted, ~deleted])


def occlusion(masked: Masked, label: int) -> Floats:
    """Make one place after the other faint: what the answer loses without it.

    Args:
        masked: the recording.
        label: class whose probability is mapped.

    Returns:
        Shape ``(pieces, bands)``.

    Raises:
        BundleError: if the model gives no probabilities.
    """
    shape = _shape(masked)
    n = shape[0] * shape[1]
    kept = ~np.eye(n + 1, n, dtype=bool).reshape(n + 1, *shape)  # the last one keeps all
    probability = masked.answer(kept)[:, label]
    values: Floats = (probability[-1] - probability[:-1]).reshape(shape)
    return values


def shapley(masked: Masked, label: int, *, pairs: int = PAIRS, seed: int = 0) -> Floats:
    """Add places up in random orders: what the answer gains by each, on average (Shapley values).

    Orders go there and back (antithetic permutation sampling, Mitchell et al. 2022). All values
    together are the probability of the recording minus that of it with all places faint.

    Args:
        masked: the recording.
        label: class whose probability is mapped.
        pairs: of orders.
        seed: of the orders.

    Returns:
        Shape ``(pieces, bands)``.

    Raises:
        BundleError: if the model gives no probabilities.
    """
    shape, rng = _shape(masked), np.random.default_rng(seed)
    values = np.zeros(shape[0] * shape[1])
    for _ in range(pairs):
        there = rng.permutation(values.size)
        for order in (there, there[::-1]):
            rank = np.empty(values.size, np.int64)
            rank[order] = np.arange(values.size)
            kept = rank < np.arange(values.size + 1)[:, None]  # (places + 1, places)
            values[order] += np.diff(masked.answer(kept.reshape(-1, *shape))[:, label])
    return (values / (2 * pairs)).reshape(shape)


def _shape(masked: Masked) -> tuple[int, int]:
    return places.n_pieces(len(masked.waveform)), places.N_BANDS

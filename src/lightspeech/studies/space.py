"""What a search may change, and what its finds may cost: the ``search:`` block of a recipe."""

from typing import Any

from pydantic import PositiveInt

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.training.cost import Cost


@config
class Range:
    """Numbers from ``low`` to ``high``, both included."""

    low: float
    high: float
    log: bool = False
    """Draw factors rather than differences."""
    whole: bool = False
    """Whole numbers alone."""

    def __post_init__(self) -> None:
        """Refuse a range without numbers."""
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ConfigError(
                f"a range needs low < high, and low > 0 with log; found {self.low:g}, {self.high:g}"
            )


@config
class Budget:
    """Upper bounds of one window's cost; null: no bound."""

    n_params: PositiveInt | None = None
    macs: PositiveInt | None = None
    peak_activation_bytes: PositiveInt | None = None
    """RAM of the activations, a byte a value, as after int8."""

    def overspent(self, cost: Cost) -> str | None:
        """Say which bound a cost breaks; None where it breaks none."""
        for name, bound in vars(self).items():
            if bound is not None and getattr(cost, name) > bound:
                return f"{name} {getattr(cost, name):,} of {bound:,}"
        return None


@config
class Search:
    """A search; every find is judged on selection sets alone, and answers no test set."""

    trials: bounds.Count = 50
    folds: tuple[int, ...] = (0,)
    """Whose selection sets judge a trial; after each one a poor trial may be given up."""
    seeds: tuple[bounds.Seed, ...] = (0,)
    budget: Budget = Budget()
    space: dict[str, Range | tuple[Any, ...]]
    """What may change, by dotted key of the recipe: a range, or a list of choices."""

    def __post_init__(self) -> None:
        """Refuse a search for nothing."""
        empty = [key for key, allowed in self.space.items() if allowed == ()]
        if not self.space or empty or not self.folds or not self.seeds:
            raise ConfigError(
                f"space, its choices, folds and seeds need an entry; found none in {empty or self}"
            )

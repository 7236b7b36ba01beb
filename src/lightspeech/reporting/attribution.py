"""Maps of a chain as tables: what they are worth, and which bands each emotion lies in."""

from collections.abc import Iterator
from itertools import pairwise

from lightspeech.explain.attribution import Attribution
from lightspeech.explain.explanation import Explanation
from lightspeech.explain.places import EDGES_HZ

NOTHING = "–"


def worth(explanation: Explanation) -> list[list[str]]:
    """Table of what maps are worth, a row a system and method.

    Args:
        explanation: of a chain, with maps.
    """
    head = [
        "system", "map by", "worth", "of energy", "by chance", "more than energy",
        "like shuffled weights", "like other seeds",
    ]  # fmt: skip
    return [head, *([one.system, one.method, *_cells(one)] for one in explanation.maps)]


def _cells(one: Attribution) -> list[str]:
    bounds = one.more_than_energy_ci95
    more = 100 * (one.worth - one.energy_worth)
    interval = "" if bounds is None else f" ({100 * bounds[0]:+.0f} to {100 * bounds[1]:+.0f})"
    points = [f"{100 * each:.0f}" for each in (one.worth, one.energy_worth, one.random_worth)]
    alike = (NOTHING if each is None else f"{each:.2f}" for each in (one.shuffled, one.seeds))
    return [*points, f"{more:+.0f}{interval}", *alike]


def bands(explanation: Explanation) -> list[list[str]]:
    """Table of the share of each band, a row an emotion, of the first method of the last system.

    Args:
        explanation: of a chain, with maps.
    """
    shown = next(one for one in explanation.maps if one.system == explanation.maps[-1].system)
    head = ["emotion", *(f"{low:,} to {high:,} Hz" for low, high in pairwise(EDGES_HZ))]
    rows = [[name, *(f"{100 * x:.0f}" for x in shares)] for name, shares in shown.bands.items()]
    return [head, *rows]


def sentences(explanation: Explanation) -> Iterator[str]:
    """Say of each map whether it tells more than where it is loud.

    Args:
        explanation: of a chain.

    Yields:
        A sentence each.
    """
    for one in explanation.maps:
        if not one.beats_energy:
            yield (
                f"Maps of {one.system} by {one.method} are not certain to tell more than where it "
                "is loud."
            )

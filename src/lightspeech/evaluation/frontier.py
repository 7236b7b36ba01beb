"""The frontier: what UAR costs in bytes and multiplications, ours beside published systems.

Honest figures alone, of strangers: no leaky cut, no known speaker. ``published.csv`` names the
source of each line; a system of which no size on disk is known counts four bytes a parameter, and
one of which no number of parameters is known cannot be drawn.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from lightspeech.evaluation import results
from lightspeech.evaluation.conditions import FLOATS, is_int8
from lightspeech.evaluation.results import Results

FLOAT_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class Point:
    """A system on a corpus.

    Attributes:
        system: its name, with the scheme where these are no floats.
        corpus: as results carry it.
        n_classes: UARs over different numbers of classes are different quantities.
        uar: 0 to 1.
        n_params: parameters.
        size_bytes: of the model.
        macs: multiply-accumulates of one window; None where nobody counted.
        protocol: who was tested.
        scheme: number format of the weights, as results carry it.
        ci95: interval of the UAR by speaker; None where nobody gave one.
        source: where the figure was read; empty if it was measured here.
    """

    system: str
    corpus: str
    n_classes: int
    uar: float
    n_params: int
    size_bytes: int
    macs: int | None
    protocol: str
    scheme: str = FLOATS
    ci95: tuple[float, float] | None = None
    source: str = ""

    @property
    def ours(self) -> bool:
        """Whether it was measured here, not read somewhere."""
        return not self.source

    @property
    def is_int8(self) -> bool:
        """Whether the weights are whole numbers of eight bits."""
        return is_int8(self.scheme)


def measured(figures: Sequence[Results]) -> list[Point]:
    """Take the honest ones of all figures that are published, see `results.shipped`."""
    return [
        Point(
            system=study.system,
            corpus=study.corpus,
            n_classes=len(study.labels),
            uar=study.uar.mean,
            n_params=study.n_params,
            size_bytes=study.size_bytes,
            macs=study.macs,
            protocol=study.protocol,
            scheme=study.scheme,
            ci95=study.uar.ci95,
        )
        for study in results.shipped([each for each in figures if each.of_strangers])
    ]


def published() -> list[Point]:
    """Read the systems of others."""
    text = files("lightspeech.evaluation").joinpath("published.csv").read_text(encoding="utf-8")
    return [
        Point(
            system=row["system"],
            corpus=row["corpus"],
            n_classes=int(row["n_classes"]),
            uar=float(row["uar"]),
            n_params=int(row["n_params"]),
            size_bytes=int(row["size_bytes"] or FLOAT_BYTES * int(row["n_params"])),
            macs=None,
            protocol=row["protocol"],
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    ]


def best(costs: Sequence[int], uars: Sequence[float]) -> list[int]:
    """Find the points that no other beats at the same cost or less, cheapest first.

    Args:
        costs: bytes or multiplications of each point.
        uars: of each point.

    Returns:
        Indices of the points.
    """
    order = sorted(range(len(costs)), key=lambda i: (costs[i], -uars[i]))
    kept: list[int] = []
    for i in order:
        if not kept or uars[i] > uars[kept[-1]]:
            kept.append(i)
    return kept

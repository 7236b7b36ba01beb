"""Names beside the dots of a figure, where they cover nothing and no line goes through them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lightspeech.reporting._canvas import QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path
    from matplotlib.transforms import Bbox

Place = tuple[float, float]
FONT_SIZE = 8
OFFSETS = [
    *((6, 3), (6, -3), (-6, 3), (-6, -3), (7, 0), (-7, 0), (0, 7), (0, -7)),
    *((x, y * up) for y in (9, 16, 24) for x in (7, -7, 16, -16) for up in (1, -1)),
]
"""Where the name of a dot may stand, 1/72 inch to the right and up, best first."""
DOT = 4
"""Half of what a dot takes, pixels."""
GAP = 2
"""Round a name, pixels: fonts of browsers differ in width."""
OUTSIDE, ON_NAME, ON_DOT, ON_LINE = 1000, 100, 80, 50
"""What is how bad, beside 1 for each later one of `OFFSETS`."""
ROUNDS = 3
"""The first names are placed before they know of the others, so all are placed again."""


def write(
    axes: "Axes", names: Sequence[str], dots: Sequence[Place], lines: Sequence["Path"]
) -> None:
    """Write each name beside its dot; a thin line leads from a name that stands away.

    Args:
        axes: with everything else drawn and laid out.
        names: one a dot.
        dots: in the coordinates of the data.
        lines: that no name should cover, in pixels.
    """
    from matplotlib.transforms import Bbox

    pixels = axes.transData.transform(dots)
    shown = [Bbox.from_extents(x - DOT, y - DOT, x + DOT, y + DOT) for x, y in pixels]
    room = [*_legend(axes), *shown]
    choices = [_choices(axes, name, dot) for name, dot in zip(names, pixels, strict=True)]
    costs = [[_cost(axes, box, room, lines) for box in boxes] for boxes in choices]
    taken = [0] * len(names)
    for _ in range(ROUNDS):
        for i, boxes in enumerate(choices):
            others = [choices[j][taken[j]] for j in range(len(names)) if j != i]
            crowded = [ON_NAME * box.count_overlaps(others) for box in boxes]
            taken[i] = min(range(len(boxes)), key=lambda k: k + costs[i][k] + crowded[k])
    for name, dot, place in zip(names, dots, taken, strict=True):
        _write(axes, name, dot, OFFSETS[place])


def _legend(axes: "Axes") -> list["Bbox"]:
    legend = axes.get_legend()
    return [] if legend is None else [legend.get_window_extent()]


def _choices(axes: "Axes", name: str, dot: Place) -> list["Bbox"]:
    """Give what a name takes at each of `OFFSETS`, in pixels."""
    from matplotlib.transforms import Bbox

    text = axes.text(0, 0, name, fontsize=FONT_SIZE)
    size, pixels = text.get_window_extent(), axes.figure.dpi / 72
    text.remove()
    return [
        Bbox.from_bounds(
            dot[0] + pixels * right - size.width * (1 - _side(right)) / 2,
            dot[1] + pixels * up - size.height * (1 - _side(up)) / 2,
            size.width,
            size.height,
        ).padded(GAP)
        for right, up in OFFSETS
    ]


def _side(offset: float) -> int:
    return (offset > 0) - (offset < 0)


def _cost(axes: "Axes", box: "Bbox", dots: Sequence["Bbox"], lines: Sequence["Path"]) -> int:
    """Say how bad a place is, whatever the other names do."""
    inside = axes.bbox.x0 < box.x0 and box.x1 < axes.bbox.x1 and axes.bbox.y0 < box.y0
    outside = bool(not inside or box.y1 > axes.figure.bbox.y1)  # there is room above the axes
    crossed = sum(line.intersects_bbox(box, filled=False) for line in lines)
    return OUTSIDE * outside + ON_DOT * box.count_overlaps(dots) + ON_LINE * crossed


def _write(axes: "Axes", name: str, dot: Place, offset: Place) -> None:
    label = axes.annotate(
        name,
        dot,
        offset,
        textcoords="offset points",
        fontsize=FONT_SIZE,
        horizontalalignment=("center", "left", "right")[_side(offset[0])],
        verticalalignment=("center", "bottom", "top")[_side(offset[1])],
        arrowprops={
            "arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 4,
        },
    )  # fmt: skip
    label.set_in_layout(False)

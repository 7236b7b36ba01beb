"""What all figures share: SVG that is readable by the colour-blind, on light and dark pages.

Needs the ``report`` extra. Ink takes the colour of the surrounding text, the background is left
out.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from lightspeech.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ACCENT, WARNING, QUIET = "#3a7fc4", "#d55e00", "#8c8c8c"
"""Blue and vermilion stay apart for every kind of colour blindness (Okabe & Ito 2008)."""
INK = "#010203"
"""Stands for the colour of the page's text and is replaced by it in `svg`."""
SCHEME = (
    "<style>svg { color: #1f2328 } text { font-family: system-ui, sans-serif !important } "
    "@media (prefers-color-scheme: dark) { svg { color: #f0f6fc } }</style>"
)
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "grid.color": QUIET,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a label with a dollar sign is no formula
}


@contextmanager
def figure(name: str, width: float, height: float) -> Iterator["Figure"]:
    """Make a figure of a size in inches, in the style of all figures."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("a report", "report") from None
    # The salt makes ids equal from run to run and different from figure to figure of a page.
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        yield Figure(figsize=(width, height), layout="constrained")


def svg(picture: "Figure", says: str) -> str:
    """Write a figure as the text of one ``<svg>`` element, with words for a screen reader."""
    text = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    picture.savefig(text, format="svg", transparent=True, metadata=nothing)
    element = text.getvalue()
    element = element[element.index("<svg") :].replace(INK, "currentColor")
    return element.replace("<svg ", f'<svg role="img" aria-label="{says}" ', 1)


def standalone(picture: str, words: str) -> str:
    """Make a figure a file of its own: ink for light and dark pages, and its figures in words.

    Args:
        picture: from one of the functions of `plots` or `plots_of_costs`.
        words: all that it shows, for those who cannot see it, and to tell whether it is stale.
    """
    return picture.replace(">", f">\n{SCHEME}\n{described(words)}", 1)


def described(words: str) -> str:
    """Write the words of a figure as SVG holds them."""
    return f"<desc>{escape(words)}</desc>"

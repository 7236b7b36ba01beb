"""What all figures share: drawings that are readable by the colour-blind, on light and dark pages.

Needs the ``report`` extra. Ink takes the colour of the surrounding text, the background is left
out of SVG and white elsewhere.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from lightspeech.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ACCENT, WARNING, THIRD, QUIET = "#3a7fc4", "#d55e00", "#009e73", "#8c8c8c"
"""Blue, vermilion and green stay apart for every colour blindness (Okabe & Ito 2008)."""
INK = "#010203"
"""Stands for the colour of the page's text and is replaced by it in SVG."""
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
    "pdf.fonttype": 42,  # letters, not shapes, as publishers want them
    "text.parse_math": False,  # a label with a dollar sign is no formula
}
DOTS_PER_INCH = 200
"""Of PNG files."""


@dataclass(frozen=True)
class Drawing:
    """A figure that is drawn.

    Attributes:
        figure: of matplotlib.
        name: makes ids equal from run to run and different from figure to figure of a page.
        says: what it shows, in words for a screen reader.
    """

    figure: "Figure"
    name: str
    says: str

    def svg(self) -> str:
        """Write it as the text of one ``<svg>`` element."""
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        text = self._save("svg", metadata=nothing, transparent=True).decode("utf-8")
        element = text[text.index("<svg") :].replace(INK, "currentColor")
        return element.replace("<svg ", f'<svg role="img" aria-label={quoteattr(self.says)} ', 1)

    def pdf(self) -> bytes:
        """Write it as a PDF of one page, the same bytes each time."""
        return self._save("pdf", metadata={"CreationDate": None})

    def png(self) -> bytes:
        """Write it as a PNG on white, `DOTS_PER_INCH`."""
        return self._save("png", metadata={"Software": None}, dpi=DOTS_PER_INCH)

    def _save(self, kind: str, **settings: Any) -> bytes:
        import matplotlib

        content = io.BytesIO()
        with matplotlib.rc_context({**STYLE, "svg.hashsalt": self.name}):
            self.figure.savefig(content, format=kind, **settings)
        return content.getvalue()


@contextmanager
def figure(width: float, height: float) -> Iterator["Figure"]:
    """Make a figure of a size in inches, in the style of all figures."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("a report", "report") from None
    with matplotlib.rc_context(STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def standalone(drawing: Drawing, words: str) -> str:
    """Make a drawing an SVG file of its own: ink for light and dark pages, its figures in words.

    Args:
        drawing: from one of the functions of `plots` or `plots_of_costs`.
        words: all that it shows, for those who cannot see it, and to tell whether it is stale.
    """
    return drawing.svg().replace(">", f">\n{SCHEME}\n{described(words)}", 1)


def described(words: str) -> str:
    """Write the words of a figure as SVG holds them."""
    return f"<desc>{escape(words)}</desc>"

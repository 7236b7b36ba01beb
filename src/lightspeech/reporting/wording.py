"""How a figure is written, wherever it is printed: the one place that turns rates into percent."""

from lightspeech.evaluation.rated import Rating
from lightspeech.evaluation.results import Results, Uar

LEAKY = "leaky"
HONEST_SEEDS = {"ravdess": 5}
ELSEWHERE = 3
"""Seeds that a published figure is a mean of; fewer are labelled."""


def percent(rate: float | None) -> str:
    """Write a rate as percent, one decimal, without the sign.

    Args:
        rate: a share, 0 to 1; None: not measured.

    Example:
        >>> percent(0.6249), percent(None)
        ('62.5', '–')
    """
    return "–" if rate is None else f"{100 * rate:.1f}"


def spread(uar: Uar) -> str:
    """Write a UAR in percent: mean ± deviation over seeds [95 % interval by speaker]."""
    deviation = "" if uar.std is None else f" ± {percent(uar.std)}"
    return f"{percent(uar.mean)}{deviation}{interval(uar.ci95)}"


def interval(ci95: tuple[float, float] | None) -> str:
    """Write an interval of rates in brackets, a space before; nothing where there is none."""
    return "" if ci95 is None else f" [{percent(ci95[0])}, {percent(ci95[1])}]"


def size(n_bytes: int) -> str:
    """Write a size in decimal units, three digits.

    Example:
        >>> size(47_312), size(2_650_000), size(512)
        ('47.3 kB', '2.65 MB', '512 B')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= scale:
            return f"{n_bytes / scale:.3g} {unit}"
    return f"{n_bytes} B"


def duration(seconds: float | None) -> str:
    """Write a duration in seconds, or minutes from two of them on; nothing where there is none.

    Example:
        >>> duration(0.442), duration(855), duration(None)
        ('0.44 s', '14.2 min', '')
    """
    if seconds is None:
        return ""
    return f"{seconds:.2f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def text_leak(results: Results) -> str:
    """Say how many of the tested sentences a model that reads text knows; nothing of others."""
    return f"text leak {percent(results.text_seen)} %" if results.text_seen else ""


def few_seeds(results: Results) -> bool:
    """Whether a figure rests on fewer seeds than a published one should."""
    return len(results.seeds) < HONEST_SEEDS.get(results.corpus, ELSEWHERE)


def seeds(results: Results) -> str:
    """Count the seeds, ``1 seed``, ``5 seeds``."""
    return counted(len(results.seeds))


def counted(n: int) -> str:
    """Write a number of seeds, ``1 seed``, ``5 seeds``."""
    return f"{n} seed" if n == 1 else f"{n} seeds"


def concordance(rating: Rating) -> str:
    """Write a concordance: mean ± deviation over seeds [95 % interval by speaker]."""
    deviation = "" if rating.std is None else f" ± {rating.std:.3f}"
    ci95 = "" if rating.ci95 is None else f" [{rating.ci95[0]:.3f}, {rating.ci95[1]:.3f}]"
    return f"{rating.ccc:.3f}{deviation}{ci95}"

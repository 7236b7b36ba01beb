"""The one compact table: a row for each model and number format, a column for each corpus."""

from collections.abc import Iterator, Sequence

from lightspeech.evaluation import frontier
from lightspeech.evaluation.frontier import Point
from lightspeech.evaluation.results import Results
from lightspeech.reporting import wording

Column = tuple[str, tuple[str, ...], str]
"""Corpus, classes, protocol: figures that differ in one of them are different quantities."""
Row = tuple[tuple[int, str, bool, int], list[str]]
"""What rows are ordered by, and the cells."""
CROSS = "cross"
LEGEND = (
    "UAR in percent over speakers never heard, mean ± deviation over seeds; *cross*: each corpus "
    "left out once. Parameters and size are those of a model's largest file. Slanted: published "
    "by others, floats, no smaller one of them as good."
)


def markdown(found: Sequence[Results], others: Sequence[Point]) -> str:
    """Write the table of honest figures, largest model first, and below it what stays apart.

    Args:
        found: all results.
        others: what others published; of these only those that no smaller one beats are shown.
    """
    honest = [made for made in found if frontier.of_strangers(made)]
    columns = sorted({_column(made) for made in honest}, key=lambda c: (c[0] == CROSS, c))
    rows = sorted([*_ours(honest, columns), *_of_others(others, columns)])
    head = [f"{corpus}, {len(labels)} classes" for corpus, labels, _ in columns]
    lines = [
        ["model", "parameters", "size", *head],
        ["---", *["--:"] * (2 + len(columns))],
        *(cells for _, cells in rows),
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    known = [_apart(made, honest) for made in found if not frontier.of_strangers(made)]
    apart = [f"Apart, of speakers who were known: {'; '.join(known)}."] if known else []
    return "\n\n".join([table, LEGEND, *apart])


def _column(made: Results) -> Column:
    return made.corpus, made.labels, made.protocol


def _ours(honest: Sequence[Results], columns: Sequence[Column]) -> Iterator[Row]:
    """Make a row for each model and scheme; the schemes of a model stay together."""
    for model, scheme in sorted({(made.model, made.scheme) for made in honest}):
        of_model = [made for made in honest if made.model == model]
        of_row = [made for made in of_model if made.scheme == scheme]
        cells = {_column(made): _uar(made) for made in of_row}
        largest = max(of_row, key=lambda made: made.size_bytes)
        name, size = wording.model_name(largest), wording.size(largest.size_bytes)
        group = max(made.size_bytes for made in of_model)
        place = (-group, model, scheme != "fp32", -largest.size_bytes)
        told = [name, f"{largest.n_params:,}", size]
        yield place, told + [cells.get(column, "") for column in columns]


def _of_others(others: Sequence[Point], columns: Sequence[Column]) -> Iterator[Row]:
    for at, (corpus, labels, _) in enumerate(columns):
        of_corpus = [p for p in others if (p.corpus, p.n_classes) == (corpus, len(labels))]
        sizes = [point.size_bytes for point in of_corpus]
        for index in frontier.best(sizes, [point.uar for point in of_corpus]):
            point = of_corpus[index]
            cells = [""] * len(columns)
            cells[at] = f"*{wording.percent(point.uar)}*"
            told = [f"*{point.system}*", f"{point.n_params:,}", wording.size(point.size_bytes)]
            yield (-point.size_bytes, point.system, False, 0), told + cells


def _uar(made: Results) -> str:
    few = f" ({wording.seeds(made)})" if wording.few_seeds(made) else ""
    deviation = "" if made.uar.std is None else f" ± {wording.percent(made.uar.std)}"
    return f"{wording.percent(made.uar.mean)}{deviation}{few}"


def _apart(made: Results, honest: Sequence[Results]) -> str:
    """Say a figure of speakers who were known, beside that of strangers where there is one."""
    how = f"**{wording.LEAKY}** cut" if made.leaky else "*known speaker*"
    same = [
        other
        for other in honest
        if (other.corpus, other.labels) == (made.corpus, made.labels)
        and (other.model, other.scheme) == (made.model, made.scheme)
    ]
    strangers = "".join(f" against {_uar(other)} of strangers" for other in same)
    return f"{wording.model_name(made)} on {made.corpus}, {how}, {_uar(made)}{strangers}"

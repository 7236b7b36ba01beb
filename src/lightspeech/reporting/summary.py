"""The compact tables: a row for each model and number format, a column for each corpus."""

from collections.abc import Iterator, Sequence

from lightspeech.evaluation import frontier, results
from lightspeech.evaluation.conditions import CORPUS, FLOATS
from lightspeech.evaluation.frontier import Point
from lightspeech.evaluation.results import Results
from lightspeech.reporting import wording

Column = tuple[str, tuple[str, ...], str]
"""Corpus, classes, protocol: figures that differ in one of them are different quantities."""
Row = tuple[tuple[int, str, bool, int], list[str]]
"""What rows are ordered by, and the cells."""
OF_A_CORPUS, ACROSS = "Other speakers of the corpus learnt from", "Corpora never heard"
STEPS = {FLOATS, "distilled", "int8"}
"""Schemes that are shown: what else was tried of compression stands in docs/results.md."""
LEGEND = (
    "UAR in percent over speakers never heard, mean ± deviation over seeds; *cross3*: three "
    "corpora, each left out once, *cross6*: six, *cross6by3*: six tested, three taught. Gain is no "
    "cue to a *level* form, nor to a *stream* form, which hears every frame once. What is told in "
    "int8 stands in floats in [docs/results.md](docs/results.md). Parameters and size are those of "
    "a model's largest file. Slanted: published by others, floats, no smaller one of them as good."
)


def markdown(published: Sequence[Results], others: Sequence[Point]) -> str:
    """Write tables of honest figures, largest model first, and below them what stays apart.

    Args:
        published: all results.
        others: what others published; of these only those that no smaller one beats are shown.
    """
    honest = [
        each
        for each in published
        if each.of_strangers and not each.of_transfer and STEPS.issuperset(each.scheme.split("-"))
    ]
    parts = {
        OF_A_CORPUS: [figures for figures in honest if figures.unit != CORPUS],
        ACROSS: [figures for figures in honest if figures.unit == CORPUS],
    }
    tables = [_table(title, shown, others) for title, shown in parts.items() if shown]
    known = [_apart(figures, honest) for figures in published if not figures.of_strangers]
    apart = [f"Apart, of speakers who were known: {'; '.join(known)}."] if known else []
    return "\n\n".join([*tables, " ".join([LEGEND, *apart])])


def _table(title: str, honest: Sequence[Results], others: Sequence[Point]) -> str:
    columns = sorted({_column(figures) for figures in honest})
    rows = sorted([*_ours(results.shipped(honest), columns), *_of_others(others, columns)])
    head = [f"{corpus}, {len(labels)} classes" for corpus, labels, _ in columns]
    lines = [
        [f"**{title}**", "parameters", "size", *head],
        ["---", *["--:"] * (2 + len(columns))],
        *(cells for _, cells in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _column(figures: Results) -> Column:
    return figures.corpus, figures.labels, figures.protocol


def _ours(honest: Sequence[Results], columns: Sequence[Column]) -> Iterator[Row]:
    """Make a row for each model and scheme; the schemes of a model stay together."""
    for model, scheme in sorted({(figures.model, figures.scheme) for figures in honest}):
        of_model = [figures for figures in honest if figures.model == model]
        of_row = [figures for figures in of_model if figures.scheme == scheme]
        cells = {_column(figures): _uar(figures) for figures in of_row}
        largest = max(of_row, key=lambda figures: figures.size_bytes)
        name, size = largest.system, wording.size(largest.size_bytes)
        group = max(figures.size_bytes for figures in of_model)
        place = (-group, model, scheme != FLOATS, -largest.size_bytes)
        names = [name, f"{largest.n_params:,}", size]
        yield place, names + [cells.get(column, "") for column in columns]


def _of_others(others: Sequence[Point], columns: Sequence[Column]) -> Iterator[Row]:
    for at, (corpus, labels, _) in enumerate(columns):
        of_corpus = [p for p in others if (p.corpus, p.n_classes) == (corpus, len(labels))]
        sizes = [point.size_bytes for point in of_corpus]
        for index in frontier.best(sizes, [point.uar for point in of_corpus]):
            point = of_corpus[index]
            cells = [""] * len(columns)
            cells[at] = f"*{wording.percent(point.uar)}*"
            names = [f"*{point.system}*", f"{point.n_params:,}", wording.size(point.size_bytes)]
            yield (-point.size_bytes, point.system, False, 0), names + cells


def _uar(figures: Results) -> str:
    few = f" ({wording.seeds(figures)})" if wording.few_seeds(figures) else ""
    deviation = "" if figures.uar.std is None else f" ± {wording.percent(figures.uar.std)}"
    return f"{wording.percent(figures.uar.mean)}{deviation}{few}"


def _apart(figures: Results, honest: Sequence[Results]) -> str:
    """Say a figure of speakers who were known, beside that of strangers where there is one."""
    how = f"**{wording.LEAKY}** cut" if figures.leaky else "*known speaker*"
    same = [
        other
        for other in honest
        if (other.corpus, other.labels) == (figures.corpus, figures.labels)
        and (other.model, other.scheme) == (figures.model, figures.scheme)
    ]
    strangers = "".join(f" against {_uar(other)} of strangers" for other in same)
    return f"{figures.system} on {figures.corpus}, {how}, {_uar(figures)}{strangers}"

"""Markdown tables of results, a corpus and class set each."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean

from lightspeech.errors import CorpusError
from lightspeech.evaluation import results
from lightspeech.evaluation.results import Results
from lightspeech.reporting import wording

HEAD = ("parameters", "size", "UAR %", "worst speaker", "WA %", "seeds", "protocol")
"""Behind the column of models, whose head tells the corpus."""
NUMERIC = HEAD[:-2]
LEGEND = (
    "UAR: mean ± deviation over seeds [95 % bootstrap interval by speaker]. Figures of fewer seeds "
    f"than they should have say so; **{wording.LEAKY}** figures know the test speakers and say "
    "nothing about strangers."
)
FIRST = ("emodb", "nemo", "ravdess")
"""Corpora of ``cross3``: the mean over them compares models that learnt from more with those."""
TEXT_LEGEND = (
    " **text leak**: share of the tested sentences that a model which reads them knows from "
    "training."
)


def read_all(root: Path) -> list[Results]:
    """Read every results file, ``<root>/<corpus>/*.json``, see `results.read_all`.

    Raises:
        CorpusError: if there is none.
        ConfigError: if one does not hold what it should.
    """
    published = list(results.read_all(root).values())
    if not published:
        raise CorpusError(
            f"{root}: no <corpus>/*.json here; type: "
            f"lightspeech evaluate RUN --output {root}/<corpus>/<model>.json"
        )
    return published


def markdown(published: Sequence[Results]) -> str:
    """Write a table for each corpus and class set, best UAR first, leaky ones last."""
    ordered = sorted(published, key=lambda r: (*_group(r), r.leaky, -r.uar.mean))
    tables = [_table(list(rows)) for _, rows in groupby(ordered, _group)]
    legend = LEGEND + (TEXT_LEGEND if any(row.text_seen for row in published) else "")
    return "\n\n".join([*tables, legend])


def _group(figures: Results) -> tuple[str, tuple[str, ...]]:
    # A UAR over four classes and one over eight are different quantities.
    return figures.corpus, figures.labels


def _table(rows: Sequence[Results]) -> str:
    first = rows[0]
    marks = ["--:" if name in NUMERIC else "---" for name in HEAD]
    title = f"**{first.corpus}**, {len(first.labels)} classes, {len(first.per_speaker)} speakers"
    head = [_line([title, *HEAD]), _line(["---", *marks])]
    table = "\n".join([*head, *(_line(_cells(row)) for row in rows)])
    apart = [row for row in rows if set(FIRST) < row.per_corpus.keys()]
    return f"{table}\n\n{_of_corpora(apart)}" if apart else table


def _of_corpora(rows: Sequence[Results]) -> str:
    """Write what each corpus left out tells, their mean, and that of those of ``cross3``."""
    corpora = sorted(rows[0].per_corpus)
    head = (f"**{rows[0].corpus}**, UAR %", *corpora, "mean", f"mean of {', '.join(FIRST)}")
    lines = [_line(head), _line(["---", *["--:"] * (len(corpora) + 2)])]
    for row in rows:
        shares = [row.per_corpus[corpus] for corpus in corpora]
        means = (mean(shares), mean(row.per_corpus[corpus] for corpus in FIRST))
        lines.append(_line([row.system, *map(wording.percent, (*shares, *means))]))
    return "\n".join(lines)


def _cells(row: Results) -> tuple[str, ...]:
    leaky = f" **{wording.LEAKY}**" if row.leaky else ""
    text_leak = f" **{wording.text_leak(row)}**" if wording.text_leak(row) else ""
    n_seeds = f"*{wording.seeds(row)}*" if wording.few_seeds(row) else str(len(row.seeds))
    return (
        f"{row.system}{leaky}",
        f"{row.n_params:,}",
        wording.size(row.size_bytes),
        wording.spread(row.uar),
        wording.percent(row.uar.worst_speaker),
        wording.percent(row.wa),
        n_seeds,
        f"{row.protocol}{leaky}{text_leak}",
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

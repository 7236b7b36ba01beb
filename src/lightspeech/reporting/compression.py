"""What a chain cost, as a table and as words on who paid."""

from collections import Counter
from collections.abc import Iterator, Sequence

from lightspeech.evaluation.compression import Chain, Change, Step
from lightspeech.reporting import wording
from lightspeech.reporting.text import aligned

HEAD = (
    "step", "UAR %", "Δ plain", "Δ step", "size", "parameters", "MMAC", "peak activations",
    "latency ms (p95)", "agrees with teacher %", "flipped %",
)  # fmt: skip


def markdown(chain: Chain) -> str:
    """Write the table in Markdown, then what became of emotions and speakers."""
    head, *rows = _rows(chain)
    marks = ["---", *["--:"] * (len(HEAD) - 1)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *rows))
    return _document(f"**{chain.recipe}**", chain, table)


def text(chain: Chain) -> str:
    """Write the same for a terminal."""
    return _document(chain.recipe, chain, aligned(_rows(chain)))


def _document(title: str, chain: Chain, table: str) -> str:
    paid = "\n".join(_paid(chain.steps))
    seeds = ", ".join(map(str, chain.seeds))
    return (
        f"{title} on {chain.corpus}, seeds {seeds}; {chain.machine['cpu']}\n\n{table}\n\n{paid}\n"
    )


def _rows(chain: Chain) -> list[tuple[str, ...]]:
    kinds = Counter(_kind(step) for step in chain.steps)
    return [HEAD, *(_cells(step, kinds[_kind(step)] > 1) for step in chain.steps)]


def _kind(step: Step) -> str:
    """``distill`` of ``1-distill``."""
    return step.name.split("-")[-1]


def _cells(step: Step, compared: bool) -> tuple[str, ...]:
    """Fill a row; steps that are compared are told apart by what they were given."""
    change = step.change
    settings = ", ".join(f"{k} {v}" for k, v in step.settings.items() if k != "teacher")
    return (
        f"{step.name}: {settings or 'defaults'}" if compared else step.name,
        wording.spread(step.uar),
        "" if change is None else _delta(change),
        "" if step.of_step is None else _delta(step.of_step),
        wording.size(step.size_bytes),
        f"{step.n_params:,}",
        f"{step.macs / 1e6:.2f}",
        wording.size(step.peak_activation_bytes),
        f"{step.latency.median_ms:.2f} ({step.latency.p95_ms:.2f})",
        wording.percent(step.teacher_agreement),
        "" if change is None else wording.percent(change.flipped),
    )


def _delta(change: Change) -> str:
    interval = ""
    if change.ci95 is not None:
        interval = f" [{_points(change.ci95[0])}, {_points(change.ci95[1])}]"
    return f"{_points(change.uar)}{interval}"


def _points(rate: float) -> str:
    return f"{100 * rate:+.1f}"


def _paid(steps: Sequence[Step]) -> Iterator[str]:
    """One line a step: every emotion, then the speakers who lost and won most."""
    for step in steps:
        if step.change is None:
            continue
        emotions = ", ".join(
            f"{label} {_points(rate)}"
            for label, rate in step.change.per_class_recall.items()
            if rate is not None
        )
        speakers = sorted(step.change.per_speaker.items(), key=lambda item: item[1])
        (worst, lost), (best, won) = speakers[0], speakers[-1]
        settings = ", ".join(f"{key} {value}" for key, value in step.settings.items())
        yield (
            f"- {step.name} ({settings or 'defaults'}): recall {emotions}; "
            f"speakers from {worst} {_points(lost)} to {best} {_points(won)}"
        )

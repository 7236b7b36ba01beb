"""Results as plain text for a terminal."""

from collections.abc import Iterator, Sequence

from lightspeech.evaluation.conditions import Conditions
from lightspeech.evaluation.rated import Rated
from lightspeech.evaluation.results import Results
from lightspeech.reporting import transfer, wording
from lightspeech.reporting.wording import percent


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Align the columns of a table for a terminal.

    Args:
        rows: as many cells each, the head first; at least one.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def describe(results: Results | Rated) -> str:
    """Write everything that `evaluate` prints: headline first, then classes, then speakers."""
    if isinstance(results, Rated):
        return "\n".join(_ratings(results))
    parts = [_headline(results), _transfer(results), _classes(results), _speakers(results)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _headline(results: Results) -> Iterator[str]:
    leaky = (
        f", {wording.LEAKY.upper()}: test units are known from training" if results.leaky else ""
    )
    if text_leak := wording.text_leak(results):
        leaky += f", {text_leak.upper()}: sentences are known from training"
    few = " (too few to publish)" if wording.few_seeds(results) else ""
    yield f"{results.system} on {results.corpus}, {results.protocol}{leaky}"
    yield f"UAR       {wording.spread(results.uar)} %"
    yield f"WA        {percent(results.wa)} %"
    yield f"macro-F1  {percent(results.f1)} %"
    yield f"ECE       {percent(results.ece)} %"
    worst = percent(results.uar.worst_speaker)
    yield f"worst     {worst} % UAR, speaker {results.worst_speaker}"
    for corpus, uar in results.per_corpus.items():
        yield f"{corpus:<9} {percent(uar)} % UAR"
    yield (
        f"{wording.seeds(results)}{few}, {results.folds} folds, {results.n_utterances:,} "
        f"utterances, {len(results.per_speaker)} speakers, {results.n_params:,} parameters, "
        f"{wording.size(results.size_bytes)}"
    )
    yield _conditions(results)


def _conditions(results: Conditions) -> str:
    return (
        f"unit: {results.unit}; selection: {results.selection}; "
        f"normalisation: {results.normalisation}"
    )


def _ratings(rated: Rated) -> Iterator[str]:
    assert rated.scale is not None
    leaky = f", {wording.LEAKY.upper()}: test units are known from training" if rated.leaky else ""
    yield f"{rated.system} on {rated.corpus}, {rated.protocol}{leaky}"
    for name, figures in rated.ratings.items():
        yield f"{name:<10}CCC {wording.concordance(figures)}, RMSE {figures.rmse:.2f}"
    yield (
        f"scale {rated.scale[0]:g} to {rated.scale[1]:g}, {wording.counted(len(rated.seeds))}, "
        f"{rated.folds} folds, {rated.n_utterances:,} utterances, {rated.n_speakers} speakers, "
        f"{rated.n_params:,} parameters, {wording.size(rated.size_bytes)}"
    )
    yield _conditions(rated)


def _transfer(results: Results) -> Iterator[str]:
    if results.transfer:
        head = ("learnt from", *transfer.targets(results), "mean")
        yield "UAR % of each corpus, by what was learnt from"
        yield aligned([head, *transfer.rows(results)])


def _classes(results: Results) -> Iterator[str]:
    width = max(map(len, results.labels))
    columns = [max(4, len(label)) for label in results.labels]
    head = "  ".join(f"{label:>{n}}" for label, n in zip(results.labels, columns, strict=True))
    yield f"{'recall %':<{width + 8}}answered %: {head}"
    for label, counts in zip(results.labels, results.confusion, strict=True):
        total = max(sum(counts), 1)
        row = "  ".join(f"{100 * n / total:>{w}.0f}" for n, w in zip(counts, columns, strict=True))
        yield f"{label:<{width}}  {percent(results.per_class_recall[label]):>5}{'':13}{row}"


def _speakers(results: Results) -> Iterator[str]:
    width = max(map(len, results.per_speaker))
    yield "UAR % of each speaker, worst first"
    for speaker, uar in sorted(results.per_speaker.items(), key=lambda item: item[1]):
        yield f"{speaker:<{width}}  {percent(uar):>5}"

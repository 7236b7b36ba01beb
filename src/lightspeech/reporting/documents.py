"""Documents with parts that are written from results, each between two markers of its name."""

import re
from collections.abc import Callable
from pathlib import Path

from lightspeech.errors import ConfigError, CorpusError, LightspeechError
from lightspeech.evaluation import frontier, installs
from lightspeech.evaluation.results import Results
from lightspeech.files import read_text
from lightspeech.reporting import (
    activated,
    archive_costs,
    begun,
    benchmark_table,
    browser,
    costs,
    explanation,
    gain,
    map_speed,
    modalities,
    objectives,
    onnx_speed,
    predict_speed,
    reliability,
    robustness,
    summary,
    sureness,
    tables,
    training_steps,
    transfer,
    trials,
    untouched,
    voice_gate,
    wording,
)

PART = re.compile(r"<!-- (\w+):begin -->\n.*?<!-- \1:end -->", re.DOTALL)
UNFIT = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What figures raise that lack a key, or are of another type."""
MARKER = re.compile(r"<!-- \w+:(?:begin|end) -->")


def _published(root: Path) -> str:
    del root  # what others published stands in the package
    rows = [
        (
            point.system,
            f"{point.corpus}, {point.n_classes}",
            point.source,
            point.protocol,
            f"{point.n_params:,}",
            wording.percent(point.uar),
        )
        for point in frontier.published()
    ]
    head = ("system", "corpus, classes", "read in", "tested on", "parameters", "UAR %")
    return costs.table(head, rows, names=4)


def _six(root: Path, folder: str, model: str) -> str:
    plain = root / "cross6" / f"{model}_stream-int8.json"
    return objectives.describe(root / "objectives" / folder, plain)


def _benchmark(root: Path) -> str:
    about, rows = benchmark_table.read(root / "benchmark.json")
    picture = "![Processor time and size of models in many formats](pictures/benchmark.svg)"
    return f"{about}\n\n{picture}\n\n{benchmark_table.markdown(rows)}"


def _formats(root: Path, file: str) -> str:
    about, rows = benchmark_table.read(root / file)
    return f"{about}\n\n{benchmark_table.markdown(rows)}"


def _install(root: Path) -> str:
    found = installs.read(root)
    largest = " and ".join(list(found.core.largest)[:2])
    extras = ", ".join(f"`{name}` {wording.size(w.size_bytes)}" for name, w in found.extras.items())
    return (
        f"A plain install weighs {wording.size(found.core.size_bytes)} in {found.core.packages} "
        f"packages, most of it {largest}; with an extra: {extras} (Python {found.python}, "
        f"{found.platform}, torch for the processor alone)."
    )


def _transfers(root: Path) -> str:
    studies = [figures for figures in tables.read_all(root) if figures.sources]
    if not studies:
        raise CorpusError(f"{root}: no study with protocol.learn_from=one; publish one")
    return "\n\n".join(map(_transfer, studies))


def _transfer(figures: Results) -> str:
    head = (f"learnt from ({figures.unit})", *transfer.targets(figures), "mean")
    return (
        f"**{figures.system}**, {len(figures.labels)} classes, {wording.seeds(figures)}: UAR in "
        f"percent, chance {wording.percent(1 / len(figures.labels))}.\n\n"
        f"{costs.table(head, transfer.rows(figures))}"
    )


PARTS: dict[str, Callable[[Path], str]] = {
    "summary": lambda root: summary.markdown(tables.read_all(root), frontier.published()),
    "results": lambda root: tables.markdown(tables.read_all(root)),
    "published": _published,
    "chains": costs.chains,
    "pruning": costs.pruned,
    "devices": costs.devices,
    "training": costs.training,
    "voices": costs.known_by,
    "init": begun.describe,
    "benchmark": _benchmark,
    "install": _install,
    "archive": archive_costs.describe,
    "browser": browser.describe,
    "lstm": lambda root: _formats(root, "benchmark_lstm.json"),
    "alone": lambda root: _formats(root, "benchmark_onnx.json"),
    "maps": map_speed.describe,
    "onnx": onnx_speed.describe,
    "base": onnx_speed.base,
    "vnni": onnx_speed.without_vnni,
    "predict": predict_speed.describe,
    "steps": training_steps.describe,
    "gate": voice_gate.describe,
    "forms": voice_gate.forms,
    "levels": trials.levels,
    "augmentation": trials.augmentation,
    "objectives": lambda root: objectives.describe(root / "objectives"),
    "across": lambda root: objectives.describe(root / "objectives" / "across"),
    "six": lambda root: _six(root, "six", "micro"),
    "six_small": lambda root: _six(root, "six_small", "small"),
    "fuzzed": reliability.fuzzed,
    "killed": reliability.killed,
    "robustness": robustness.describe,
    "gain": gain.describe,
    "sureness": sureness.describe,
    "untouched": untouched.describe,
    "activation": activated.describe,
    "text": modalities.describe,
    "students": modalities.students,
    "explanations": explanation.markdown,
    "transfer": _transfers,
}
"""What may stand between markers: given the folder of all results, Markdown."""


def fill(document: Path, root: Path) -> str:
    """Write the parts of a document anew and give the whole text back, unwritten.

    Args:
        document: Markdown with lines ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->``.
        root: folder of all results.

    Raises:
        CorpusError: if the document cannot be read, has no part, an unknown or a half one.
        ConfigError: if a file of results does not hold what it should.
    """
    try:
        text = read_text(document)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise CorpusError(
            f"{document}: cannot be read ({why}); run it in the repository, or name a document of "
            "yours: --into FILE"
        ) from None
    names = PART.findall(text)
    if not names or len(MARKER.findall(text)) != 2 * len(names) or {*names} - {*PARTS}:
        raise CorpusError(
            f"{document}: no place for tables; put each between the lines <!-- NAME:begin --> and "
            f"<!-- NAME:end -->, NAME one of {list(PARTS)}"
        )
    return PART.sub(lambda part: _written(part[1], root), text)


def _written(name: str, root: Path) -> str:
    try:
        part = PARTS[name](root)
    except LightspeechError:
        raise
    except UNFIT as error:
        raise ConfigError(
            f"{root}: what the part {name} of a document is written from does not hold what it "
            f"should ({type(error).__name__}: {error}); measure it again"
        ) from None
    return f"<!-- {name}:begin -->\n\n{part}\n\n<!-- {name}:end -->"

"""Markdown tables of what models cost: chains, pruning, devices, training."""

from collections.abc import Sequence
from pathlib import Path

from lightspeech.config import build
from lightspeech.evaluation import compression, pruning
from lightspeech.evaluation.device_cost import Cost
from lightspeech.evaluation.study import read_json
from lightspeech.reporting import compression as of_chain
from lightspeech.reporting import wording


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 1) -> str:
    """Write a Markdown table, the first columns to the left, numbers to the right.

    Args:
        head: of each column.
        rows: cells of each row.
        names: how many columns hold words.
    """
    marks = ["---" if place < names else "--:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, marks, *rows])


def chains(root: Path) -> str:
    """Write the table of every chain, and who paid for its steps.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    found = [compression.read(path) for path in sorted((root / "chains").glob("*.json"))]
    return "\n".join(f"### {chain.recipe}\n\n{of_chain.markdown(chain)}" for chain in found).strip()


PICTURE = "![UAR against multiplications and size](pictures/pruning.svg)"
NOTHING = "Not measured yet."


def pruned(root: Path) -> str:
    """Write the points of every pruning curve, and how it was made.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    curves = pruning.read_all(root)
    return "\n\n".join([PICTURE, *map(_curve, curves)]) if curves else NOTHING


def _curve(curve: pruning.Curve) -> str:
    head = ("left", "UAR %", "MMAC", "size", "parameters")
    rows = [
        (
            point.name,
            wording.percent(point.uar),
            f"{point.macs / 1e6:.2f}",
            wording.size(point.size_bytes),
            f"{point.n_params:,}",
        )
        for point in curve.points
    ]
    seeds = ", ".join(map(str, curve.seeds))
    about = f"**{curve.title}**, {curve.folds} folds, seeds {seeds}: {curve.how}."
    return f"{about}\n\n{table(head, rows)}"


def read_devices(root: Path) -> list[Cost]:
    """Read what models cost on microcontrollers.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    paths = sorted((root / "devices").glob("*.json"))
    return [build(Cost, read_json(path), source=str(path)) for path in paths]


def devices(root: Path) -> str:
    """Write what models cost on microcontrollers, everything included."""
    rows = [
        (
            f"{cost.model} {cost.scheme}",
            cost.target,
            f"{cost.how}: {cost.basis}",
            wording.size(cost.flash_bytes),
            wording.size(cost.ram_bytes),
            f"{cost.instructions_per_inference / 1e6:.2f} M",
            f"{cost.instructions_per_audio_second / 1e6:.2f} M",
        )
        for cost in sorted(read_devices(root), key=lambda cost: (cost.target, -cost.flash_bytes))
    ]
    inference, second = "instructions a window", "instructions a second of audio"
    head = ("model", "target", "how", "flash", "RAM", inference, second)
    return table(head, rows, names=3)


def training(root: Path) -> str:
    """Write what an epoch costs, and a whole study where one was timed."""
    said = read_json(root / "benchmarks" / "training.json")
    rows = [
        (
            name,
            f"{found['n_params']:,}",
            f"{found['epoch_s']:.2f}",
            f"{found['batches_utterances_per_s']:,}",
            f"{found['loader_utterances_per_s']:,}",
        )
        for name, found in said["recipes"].items()
    ]
    batches, loader = "batches, utterances/s", "item by item, utterances/s"
    head = ("recipe", "parameters", "epoch, s", batches, loader)
    machine = f"{said['machine']['cpu']}, one of {said['machine']['cores']} cores."
    return f"{table(head, rows)}\n\n{machine}"

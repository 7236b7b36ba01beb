"""Markdown tables of what models cost: chains, pruning, devices, training."""

from collections.abc import Sequence
from pathlib import Path

from lightspeech.evaluation import compression, device_cost, pruning, speed, voices
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
    measured = compression.read_all(root).values()
    return "\n".join(
        f"### {chain.recipe}\n\n{of_chain.markdown(chain)}" for chain in measured
    ).strip()


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


def devices(root: Path) -> str:
    """Write what models cost on microcontrollers, everything included."""
    costs = device_cost.read_files(root).values()
    rows = [
        (
            f"{cost.model} {cost.scheme}",
            cost.target,
            f"{cost.how}: {cost.basis}",
            wording.size(cost.flash_bytes),
            wording.size(cost.gate_flash_bytes) if cost.gate_flash_bytes else "–",
            wording.size(cost.ram_bytes),
            f"{cost.instructions_per_inference / 1e6:.2f} M",
            f"{cost.instructions_per_audio_second / 1e6:.2f} M",
        )
        for cost in sorted(costs, key=lambda cost: (cost.target, -cost.flash_bytes))
    ]
    inference, second = "instructions an answer", "instructions a second of audio"
    head = ("model", "target", "how", "flash", "of it the voice gate", "RAM", inference, second)
    return table(head, rows, names=3)


def training(root: Path) -> str:
    """Write what an epoch and a whole study cost, with batches as a whole and item by item.

    Raises:
        CorpusError: if it was never measured.
        ConfigError: if the file does not hold what it should.
    """
    measured = speed.read(root)
    cores = int(measured.machine["cores"])
    rows = [(name, *_speed(timed, cores)) for name, timed in measured.recipes.items()]
    head = (
        *("recipe", "parameters", "epoch one by one", "epoch", "runs × epochs"),
        *("study one by one", f"study on {cores} cores"),
    )
    cpu = measured.machine["cpu"]
    return (
        f"{table(head, rows)}\n\n{cpu}. *One by one*: utterances bent singly in a "
        "loader, runs one after the other in one process; its study is runs × epochs × the epoch. "
        "Else whole batches at once, a run a core; its study is the sum of all epochs of the "
        "finished one by the cores."
    )


def _speed(timed: speed.Speed, cores: int) -> tuple[str, ...]:
    n = None if timed.runs is None or timed.epochs is None else timed.runs * timed.epochs
    alone = None if n is None or timed.loader_epoch_s is None else n * timed.loader_epoch_s
    return (
        f"{timed.n_params:,}",
        wording.duration(timed.loader_epoch_s),
        wording.duration(timed.epoch_s),
        "" if n is None else f"{timed.runs} × {timed.epochs}",
        wording.duration(alone),
        wording.duration(None if timed.study_s is None else timed.study_s / cores),
    )


def known_by(root: Path) -> str:
    """Write how well speakers are heard, by how much of their speech a model knows them.

    Raises:
        CorpusError: if the file holds no JSON object.
        ConfigError: if it does not hold what it should.
    """
    curves = voices.read(root)
    if not curves:
        return NOTHING
    amounts = [point.seconds for point in next(iter(curves.values()))]
    head = ("UAR %, *known speaker*", *("all" if s is None else f"{s:g} s" for s in amounts))
    rows = [
        (name, *(f"{wording.percent(p.uar)} ± {wording.percent(p.std)}" for p in points))
        for name, points in curves.items()
    ]
    return table(head, rows)

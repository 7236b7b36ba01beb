"""``lightspeech boards``."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from lightspeech import bundle
from lightspeech.cli._progress import Bars
from lightspeech.config import as_dict
from lightspeech.evaluation import boards, device_cost
from lightspeech.evaluation.boards import Row
from lightspeech.evaluation.device_cost import Cost
from lightspeech.files import write_json


def command(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="BUNDLE", help="Folder of a bundle of generated C; or nano, micro, small."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    publish: Annotated[
        Path | None, typer.Option(help="Also write the cost below this folder, as results/.")
    ] = None,
) -> None:
    """Tell which boards a model fits, and how much of its time each needs to listen.

    With arm-none-eabi-gcc and qemu-system-arm it is measured in emulation, else estimated. To
    measure, C is written from the bundle's network, compiled, and run on this machine too; C that
    lies there and is another is refused.

    Example: lightspeech boards micro --json
    """
    with Bars() as bars:
        costs = device_cost.find(bundle.read(bundle.find(path)), boards.CORES, progress=bars.show)
    rows = boards.table(costs)
    if publish is not None:
        for cost in costs:
            name = f"{cost.model}-{cost.scheme}-{cost.target}.json"
            write_json(publish / device_cost.FOLDER / name, as_dict(cost))
    if as_json:
        values = {"cost": as_dict(costs[0]), "boards": [_values(row) for row in rows]}
        typer.echo(json.dumps(values, indent=2))
        return
    typer.echo(_summary(costs[0]))
    for line in _lines(rows):
        typer.echo(line)


def _values(row: Row) -> dict[str, Any]:
    return {**vars(row), "board": as_dict(row.board)}


def _summary(cost: Cost) -> str:
    gate, gate_flash = cost.gate_instructions_per_audio_second, cost.gate_flash_bytes
    return (
        f"{cost.model} {cost.scheme}, {cost.n_params:,} parameters, {cost.macs:,} multiplications "
        f"a window; {cost.how}, {cost.basis}:\n{cost.instructions_per_inference:,} instructions "
        f"an answer, {cost.instructions_per_audio_second:,} a second of audio"
        + ("" if gate is None else f", {gate:,} of them of the voice gate")
        + ("" if not gate_flash else f", which takes {gate_flash / 1_000:.1f} kB of flash")
    )


def _lines(rows: list[Row]) -> list[str]:
    width = max(len(row.board.name) for row in rows)
    head = f"{'board':<{width}}  {'flash':>8}  {'RAM':>8}  {'ms/s':>8}  fits"
    return [head, *(_line(row, width) for row in rows)]


def _line(row: Row, width: int) -> str:
    flash = "-" if row.flash_bytes is None else f"{row.flash_bytes / 1_000:.1f} kB"
    return (
        f"{row.board.name:<{width}}  {flash:>8}  {row.ram_bytes / 1_000:.1f} kB  "
        f"{row.ms_per_audio_second:8.2f}  {'yes' if row.fits else 'no':<4}  {row.how}: {row.basis}"
    )

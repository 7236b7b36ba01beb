"""The boards, and what becomes of them when they listen: fit, memory, share of their time.

A board is *measured* where the instructions of its own processor were counted, at its stated clock
and one instruction a cycle; every other is *estimated*, also one that executes the same
instructions, since it does not take as long for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lightspeech.config import config
from lightspeech.evaluation import cores
from lightspeech.evaluation.device_cost import Cost, How

KIB, MIB, GIB = 2**10, 2**20, 2**30


@config
class Board:
    """A board that can be bought."""

    name: str
    processor: str
    clock_mhz: int
    ram_bytes: int
    flash_bytes: int | None = None
    """None where programs lie on a card or disk."""


BOARDS = (
    Board(
        name="Arduino Nano 33 BLE Sense", processor="Cortex-M4F", clock_mhz=64,
        ram_bytes=256 * KIB, flash_bytes=1 * MIB,
    ),
    Board(
        name="Arduino Due", processor="Cortex-M3", clock_mhz=84,
        ram_bytes=96 * KIB, flash_bytes=512 * KIB,
    ),
    Board(
        name="Raspberry Pi Pico", processor="Cortex-M0+", clock_mhz=133,
        ram_bytes=264 * KIB, flash_bytes=2 * MIB,
    ),
    Board(
        name="Raspberry Pi Pico 2", processor="Cortex-M33", clock_mhz=150,
        ram_bytes=520 * KIB, flash_bytes=4 * MIB,
    ),
    Board(
        name="ESP32-C3", processor="RV32IMC", clock_mhz=160,
        ram_bytes=400 * KIB, flash_bytes=4 * MIB,
    ),
    Board(
        name="ESP32-S3", processor="Xtensa LX7", clock_mhz=240,
        ram_bytes=512 * KIB, flash_bytes=8 * MIB,
    ),
    Board(
        name="STM32F746", processor="Cortex-M7", clock_mhz=216,
        ram_bytes=320 * KIB, flash_bytes=1 * MIB,
    ),
    Board(
        name="Alif Ensemble E7", processor="Cortex-M55", clock_mhz=400,
        ram_bytes=1 * MIB, flash_bytes=5_632 * KIB,
    ),
    Board(
        name="Raspberry Pi Zero 2 W", processor="Cortex-A53", clock_mhz=1_000, ram_bytes=512 * MIB
    ),
    Board(name="Raspberry Pi 4", processor="Cortex-A72", clock_mhz=1_500, ram_bytes=1 * GIB),
    Board(name="Raspberry Pi 5", processor="Cortex-A76", clock_mhz=2_400, ram_bytes=2 * GIB),
    Board(name="Jetson Nano", processor="Cortex-A57", clock_mhz=1_430, ram_bytes=4 * GIB),
    Board(name="Android phone", processor="Cortex-A55", clock_mhz=2_000, ram_bytes=4 * GIB),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A model on a board.

    Attributes:
        board: which.
        how: measured or estimated.
        basis: how the numbers came about.
        flash_bytes: needed; None where it does not count.
        ram_bytes: needed.
        fits: into flash and RAM, and faster than the sound comes.
        ms_per_audio_second: time taken by a second of audio.
    """

    board: Board
    how: How
    basis: str
    flash_bytes: int | None
    ram_bytes: int
    fits: bool
    ms_per_audio_second: float


CORES = tuple(core for core in cores.CORES if core.name in {b.processor for b in BOARDS})
"""Those that are emulated, that of the first board first."""


def table(costs: Sequence[Cost]) -> list[Row]:
    """Put a model on every board.

    Args:
        costs: on one or more processors; of a board with another one the first is taken.
    """
    known = {core.target: core.name for core in cores.CORES}
    by_processor = {known[cost.target]: cost for cost in costs}
    return [_row(board, by_processor.get(board.processor), costs[0]) for board in BOARDS]


def _row(board: Board, own: Cost | None, first: Cost) -> Row:
    cost = own or first
    milliseconds = cost.instructions_per_audio_second / board.clock_mhz / 1_000
    small = cost.ram_bytes <= board.ram_bytes and cost.flash_bytes <= (board.flash_bytes or GIB)
    rate = f"one instruction a cycle at {board.clock_mhz} MHz"
    return Row(
        board=board,
        how=cost.how if own else "estimated",
        basis=f"{cost.basis}, {rate}" if own else f"as a {cores.M4F.name}, {rate}",
        flash_bytes=cost.flash_bytes if board.flash_bytes else None,
        ram_bytes=cost.ram_bytes,
        fits=small and milliseconds < 1_000,
        ms_per_audio_second=round(milliseconds, 3),
    )

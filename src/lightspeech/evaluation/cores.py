"""Processors that generated C is counted on, and what builds for them and executes them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Tools:
    """What an architecture takes.

    Attributes:
        compiler: the cross compiler.
        size: what tells the sections of an image.
        emulator: that of QEMU.
        packages: of Debian, by the program in it.
        flags: for the compiler, on each core.
        machine: options of the emulator; an instruction lasts a nanosecond.
        firmware: folder of what stands between reset and the program.
    """

    compiler: str
    size: str
    emulator: str
    packages: Mapping[str, str]
    flags: tuple[str, ...]
    machine: tuple[str, ...]
    firmware: str


ARM = Tools(
    compiler="arm-none-eabi-gcc",
    size="arm-none-eabi-size",
    emulator="qemu-system-arm",
    packages={
        "arm-none-eabi-gcc": "gcc-arm-none-eabi",
        "arm-none-eabi-size": "gcc-arm-none-eabi",
        "qemu-system-arm": "qemu-system-arm",
        "gcc": "gcc",
    },
    flags=("-mthumb",),
    machine=(
        "-nographic", "-monitor", "none", "-serial", "none",
        "-icount", "shift=0", "-semihosting-config", "enable=on,target=native",
    ),
    firmware="cortex-m",
)  # fmt: skip
RISCV = Tools(
    compiler="riscv64-unknown-elf-gcc",
    size="riscv64-unknown-elf-size",
    emulator="qemu-system-riscv32",
    packages={
        "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
        "riscv64-unknown-elf-size": "gcc-riscv64-unknown-elf",
        "qemu-system-riscv32": "qemu-system-misc",
        "gcc": "gcc",
    },
    flags=("--specs=picolibc.specs",),
    machine=(
        "-bios", "none", "-nographic", "-monitor", "none", "-serial", "stdio",
        "-icount", "shift=0",
    ),
    firmware="riscv",
)  # fmt: skip


@dataclass(frozen=True)
class Core:
    """A processor that is emulated.

    Attributes:
        name: as makers of boards write it.
        target: as names of files have it.
        flags: for the compiler.
        options: what of the generated C it takes.
        machine: that QEMU has, with such a core or one that executes its instructions alike.
        tools: of its architecture.
        has_floats: it computes with them itself.
    """

    name: str
    target: str
    flags: tuple[str, ...]
    options: tuple[str, ...]
    machine: str
    tools: Tools = ARM
    has_floats: bool = True


HARD = "-mfloat-abi=hard"
SECURE = (
    "-Wl,--defsym=flash_at=0x10000000", "-Wl,--defsym=ram_at=0x38000000",
    "-DINSTRUCTIONS_PER_4_TICKS=200u",
)  # fmt: skip
"""Where memory lies in QEMU's mps2-an505, and its slower clock."""

M4F = Core(
    "Cortex-M4F", "cortex-m4f", ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", HARD), ("-DLS_SMLAD",),
    "mps2-an386",
)  # fmt: skip
M7 = Core(
    "Cortex-M7", "cortex-m7", ("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16", HARD), ("-DLS_SMLAD",),
    "mps2-an500",
)  # fmt: skip
M33 = Core(
    "Cortex-M33", "cortex-m33", ("-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", HARD, *SECURE),
    ("-DLS_SMLAD",), "mps2-an505",
)  # fmt: skip
M55 = Core(
    "Cortex-M55", "cortex-m55",
    ("-mcpu=cortex-m55+nomve", "-mfpu=auto", HARD, "-DINSTRUCTIONS_PER_4_TICKS=125u"),
    ("-DLS_SMLAD",), "mps3-an547",
)  # fmt: skip
"""Without Helium, its vectors, which nothing of the C asks for."""
M3 = Core(
    "Cortex-M3", "cortex-m3", ("-mcpu=cortex-m3",), ("-DLS_FIXED",), "mps2-an385", has_floats=False
)
M0_PLUS = Core(
    "Cortex-M0+", "cortex-m0plus", ("-mcpu=cortex-m0plus",), ("-DLS_FIXED", "-DLS_SHORT"),
    "mps2-an385", has_floats=False,
)  # fmt: skip
RV32IMC = Core(
    "RV32IMC", "rv32imc", ("-march=rv32imc", "-mabi=ilp32"), ("-DLS_FIXED",), "virt", RISCV,
    has_floats=False,
)  # fmt: skip
CORES = (M4F, M7, M33, M55, M3, M0_PLUS, RV32IMC)

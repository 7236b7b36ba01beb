"""What generated C costs on a microcontroller: built by a cross compiler, run and counted in QEMU.

The very sound that the image hears is embedded in it, and the same `firmware/listen.c` is built for
this machine, so that what both print can be compared bit by bit.
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from lightspeech.errors import BundleError, MissingTool
from lightspeech.evaluation.cores import M4F, Core

Samples = npt.NDArray[np.int16]

FIRMWARE = Path(__file__).parent / "firmware"
HOST = "gcc"
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")


SECTIONS = ("-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-nostartfiles")
LINKED = ("-lm", "-Wl,--wrap=ls_gate_hear")
"""What `firmware/listen.c` counts besides goes through a function of its own."""
FLASH = (".text", ".ARM.exidx", ".eh_frame", ".data")
"""Sections that lie in flash; the embedded sound is none of them."""
RAM = (".data", ".bss")
TIMEOUT_S = 120


class DoesNotFit(BundleError):  # noqa: N818 (named for what is wrong)
    """The image is larger than the flash or the RAM of the emulated board."""


@dataclass(frozen=True)
class Printed:
    """What an image printed.

    Attributes:
        windows: int8 features of each window, or of each frame of a stream.
        logits: the network's int8 answers.
        speech: share of each window in which its gate hears somebody speak, 0 to 1, to a hundredth.
        frontend_instructions: of the front end, all of the sound, its voice gate included.
        gate_instructions: of the voice gate alone.
        inference_instructions: of the network, for each answer since the one before.
        stack_bytes: the most that was used.
    """

    windows: tuple[bytes, ...]
    logits: tuple[bytes, ...]
    speech: tuple[float, ...]
    frontend_instructions: int
    gate_instructions: int
    inference_instructions: tuple[int, ...]
    stack_bytes: int


@dataclass(frozen=True)
class Image:
    """What an image heard and what it takes.

    Attributes:
        printed: what it printed.
        flash_bytes: code, weights and tables.
        ram_bytes: audio, features, activations and stack.
    """

    printed: Printed
    flash_bytes: int
    ram_bytes: int


def on_core(
    sources: Path, samples: Samples, *options: str, optimize: str = "-O2", core: Core = M4F
) -> Image:
    """Build the image for a core with 1 MB of flash and 256 KB of RAM, and run it in QEMU.

    Args:
        sources: folder of the generated C.
        samples: sound to hear, shape ``(samples,)``.
        options: more for the compiler, such as ``-DLS_SMLAD``.
        optimize: level of the compiler.
        core: which.

    Raises:
        MissingTool: if the cross compiler or QEMU is not there.
        DoesNotFit: if the image is larger than flash or RAM.
        BundleError: if the image cannot be built, or does not run to its end.
    """
    with TemporaryDirectory() as folder:
        image = _image(Path(folder), sources, samples, core, (optimize, *options))
        tools = core.tools
        command = (tools.emulator, "-M", core.machine, *tools.machine, "-kernel", str(image))
        printed = _parse(_run(*command))
        sizes = _sections(_run(tools.size, "-A", str(image)))
    return Image(
        printed=printed,
        flash_bytes=sum(sizes.get(name, 0) for name in FLASH),
        ram_bytes=sum(sizes.get(name, 0) for name in RAM) + printed.stack_bytes,
    )


def flash_bytes(sources: Path, samples: Samples, *options: str, core: Core = M4F) -> int:
    """Build the image as `on_core` does, and say what flash it takes; it is not run.

    Args:
        sources: folder of the generated C.
        samples: as of `on_core`, shape ``(samples,)``; they do not count.
        options: more for the compiler.
        core: which.

    Raises:
        MissingTool: if the cross compiler or QEMU is not there.
        DoesNotFit: if the image is larger than flash or RAM.
        BundleError: if the image cannot be built.
    """
    with TemporaryDirectory() as folder:
        image = _image(Path(folder), sources, samples, core, ("-O2", *options))
        sizes = _sections(_run(core.tools.size, "-A", str(image)))
    return sum(sizes.get(name, 0) for name in FLASH)


def _image(to: Path, sources: Path, samples: Samples, core: Core, options: tuple[str, ...]) -> Path:
    tools = core.tools
    require(tools.packages)
    board = FIRMWARE / tools.firmware
    flags = (*core.flags, *tools.flags, *SECTIONS, "-T", str(board / "link.ld"), *options)
    platform = (FIRMWARE / "stack.c", *sorted(board.glob("*.c")))
    return _build(tools.compiler, to, sources, platform, samples, flags)


def on_host(sources: Path, samples: Samples, *options: str) -> Printed:
    """Build and run the same program on this machine, which counts nothing.

    Args:
        sources: folder of the generated C.
        samples: sound to hear, 16 bits, shape ``(samples,)``.
        options: more for the compiler, such as ``-DLS_FIXED``.

    Raises:
        MissingTool: if there is no C compiler.
        BundleError: if the program cannot be built, or fails.
    """
    require({HOST: HOST})
    with TemporaryDirectory() as folder:
        platform = (FIRMWARE / "host/platform.c",)
        program = _build(HOST, Path(folder), sources, platform, samples, ("-O2", *options))
        return _parse(_run(str(program)))


def require(packages: Mapping[str, str]) -> None:
    """Refuse to go on without a program.

    Args:
        packages: where each program is from.

    Raises:
        MissingTool: naming the first that is not there.
    """
    for tool, package in packages.items():
        if not shutil.which(tool):
            raise MissingTool(tool, package)


def _build(
    compiler: str,
    to: Path,
    sources: Path,
    platform: tuple[Path, ...],
    samples: Samples,
    flags: tuple[str, ...],
) -> Path:
    (to / "audio.h").write_text(_audio(samples), encoding="utf-8", newline="\n")
    files = [FIRMWARE / "listen.c", *platform, *sorted(sources.glob("*.c"))]
    output = to / "listen"
    folders = ("-I", str(to), "-I", str(sources), "-I", str(FIRMWARE))
    _run(compiler, *WARNINGS, *flags, *folders, *map(str, files), *LINKED, "-o", str(output))
    return output


def _audio(samples: Samples) -> str:
    return (
        f"#include <stdint.h>\n#define AUDIO_SAMPLES {len(samples)}u\n"
        '__attribute__((section(".audio"))) static const int16_t audio[AUDIO_SAMPLES] = {\n'
        f"{','.join(map(str, samples.tolist()))}\n}};\n"
    )


def _run(*command: str) -> str:
    """Give what a program prints; QEMU prints the image's words to standard error."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise BundleError(
            f"{command[0]}: no end after {TIMEOUT_S} s; is the model too large?"
        ) from None
    if ended.returncode != 0:
        raise _fault(command[0], ended.stdout.splitlines())
    return ended.stdout


def _fault(program: str, lines: list[str]) -> BundleError:
    overflow = next((line for line in lines if "overflowed" in line), None)
    if overflow is not None:
        return DoesNotFit(f"{program}: {overflow[-120:]}; prune the model, or take a smaller one")
    why = next((line for line in lines if "error" in line), "failed")
    return BundleError(f"{program}: {why[:200]}; export the model again")


def _parse(text: str) -> Printed:
    lines = [line.split() for line in text.splitlines()]
    numbers = {words[0]: int(words[1]) for words in lines if words[0] not in ("window", "logits")}
    return Printed(
        windows=tuple(bytes.fromhex(words[1]) for words in lines if words[0] == "window"),
        logits=tuple(bytes.fromhex(words[1]) for words in lines if words[0] == "logits"),
        speech=tuple(int(words[1]) / 100 for words in lines if words[0] == "speech"),
        frontend_instructions=numbers["frontend"],
        gate_instructions=numbers["gate"],
        inference_instructions=tuple(int(words[1]) for words in lines if words[0] == "inference"),
        stack_bytes=numbers["stack"],
    )


def _sections(text: str) -> dict[str, int]:
    rows = [line.split() for line in text.splitlines()]
    return {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}

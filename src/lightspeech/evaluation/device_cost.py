"""What generated C costs on a microcontroller: measured where tools are, else estimated.

*Measured*: bytes in the linker's sections, and instructions counted in emulation. *Estimated*: from
the number of multiplications; the basis says with what assumption.
"""

import dataclasses
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np

from lightspeech import bundle as bundles
from lightspeech.audio import frontend
from lightspeech.bundle import Bundle
from lightspeech.config import check_plain, config
from lightspeech.errors import BundleError, MissingTool
from lightspeech.evaluation import emulation
from lightspeech.evaluation.conditions import read_folder
from lightspeech.evaluation.cores import M4F, Core
from lightspeech.evaluation.emulation import DoesNotFit, Samples
from lightspeech.export import c99
from lightspeech.export.c99 import header, prefix, trusted
from lightspeech.progress import Progress, no_progress

How = Literal["measured", "estimated"]
FOLDER = "devices"
"""Below the folder of all results."""

# Of an estimate; on a Cortex-M4F a padded `micro` measures 1.4 instructions, 57,000, 41 kB beside
# the weights and 0.6 kB, the voice gate and its weights included.
INSTRUCTIONS_PER_MAC = 2
INSTRUCTIONS_PER_FRAME = 70_000
CODE_BYTES = 42_000
STACK_BYTES = 1_000
NO_GATE = "-DLS_GATE=0"
HELD_SAMPLES = 4096  # BLOCK of listen.c


@config
class Cost:
    """What a model costs on a microcontroller, everything included."""

    model: str
    scheme: str
    target: str
    how: How
    basis: str
    """What was done, or assumed."""
    flash_bytes: int
    ram_bytes: int
    """Audio, features, activations and stack."""
    instructions_per_audio_second: int
    """Front end, and the network once a hop."""
    instructions_per_inference: int
    """The network alone, one answer: a window, or what a hop of a stream adds to it."""
    gate_instructions_per_audio_second: int | None = None
    """Of them those of the voice gate; None where they were not counted."""
    gate_flash_bytes: int | None = None
    """What its leaving out (``-DLS_GATE=0``) saves; None where that was not measured."""
    n_params: int
    macs: int
    """Multiplications with weights, one window."""
    sha256: str
    """Of the bundle's model file."""


def find(
    bundle: Bundle, on: Sequence[Core] = (M4F,), *, progress: Progress = no_progress
) -> list[Cost]:
    """Measure where compiler and emulator are at hand, else estimate, and say why.

    Args:
        bundle: of generated C, or one of whose files C is written: once for all processors.
        on: which processors; what is estimated is so of any.
        progress: told of every processor.

    Returns:
        What it costs on each.

    Raises:
        BundleError: if the bundle holds neither, its C is not what this version writes, or it fails
            in emulation.
    """
    with TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        written, costs = _written(bundle, Path(folder)), []
        defines(written)  # an error is a line of its own, before any bar
        progress("cores", 0, len(on))
        for cost in pool.map(partial(measure, written), on):  # threads wait for compilers
            costs.append(cost)
            progress("cores", len(costs), len(on))
        return costs


def measure(bundle: Bundle, core: Core = M4F) -> Cost:
    """Measure a bundle whose C is known to be ours, which is compiled and run here; else estimate.

    Args:
        bundle: of generated C with its usual names.
        core: on which processor.

    Raises:
        BundleError: if it holds none, or it fails in emulation.
    """
    defines(bundle)
    if not (bundle.path / "ls_frontend.h").is_file():
        return estimate(bundle, "its front end is not in C", core)
    try:
        return emulate(bundle, core)
    except MissingTool as error:
        return estimate(bundle, str(error).partition(";")[0], core)
    except DoesNotFit:
        return estimate(bundle, "larger than the emulated board", core)


def _written(bundle: Bundle, folder: Path) -> Bundle:
    """Write the C of a bundle, or of the network beside it, into a folder: nothing else is run."""
    network = next(filter(c99.is_network, (bundle, *bundles.parts(bundle))), None)
    if network is None:
        raise BundleError(
            f"{bundle.path}: holds no network that C is written from; a board needs an int8 one on "
            "bands, such as micro; write compress: [{name: quantize}] into its recipe, and type "
            "lightspeech compress RECIPE --final"
        )
    trusted.check(network)
    plain = dataclasses.replace(prefix.without(bundle), path=folder)
    written = c99.rewrite(network, plain)
    assert written is not None  # it is a network
    return written


def emulate(bundle: Bundle, core: Core = M4F) -> Cost:
    """Build the image, run it in emulation, and count.

    Args:
        bundle: of generated C, its front end included.
        core: on which processor.

    Raises:
        MissingTool: if compiler or emulator is not there.
        DoesNotFit: if it is larger than the emulated board.
        BundleError: if it fails, or computes there other bits than here.
    """
    front = bundle.mel
    samples = sound(bundle)
    options = _options(bundle, core)
    image = emulation.on_core(bundle.path, samples, *options, core=core)
    host = emulation.on_host(bundle.path, samples, *options)
    silent_bytes = emulation.flash_bytes(bundle.path, samples, *options, NO_GATE, core=core)
    printed, frames = image.printed, front.n_frames(len(samples))
    if (printed.windows, printed.logits) != (host.windows, host.logits):
        raise BundleError(f"{bundle.path}: computes other bits in emulation; export it again")
    return _cost(
        bundle,
        core,
        how="measured",
        basis="counted in emulation",
        flash_bytes=image.flash_bytes,
        gate_flash_bytes=image.flash_bytes - silent_bytes,
        ram_bytes=image.ram_bytes,
        inference=printed.inference_instructions[-1],
        gate=printed.gate_instructions // frames,
        frame=printed.frontend_instructions // frames,
    )


def _options(bundle: Bundle, core: Core) -> tuple[str, ...]:
    """What of the C a core takes; whole numbers only where the front end has them."""
    front = bundle.mel
    whole = front.kind == "log_mel" and front.power == 2 and not bundle.knows_speaker
    return core.options if whole or core.has_floats else ()


def estimate(bundle: Bundle, why: str, core: Core = M4F) -> Cost:
    """Guess from the number of multiplications, without a compiler.

    Args:
        bundle: of generated C.
        why: it is not measured; stands in the basis of the figures.
        core: on which processor.

    Raises:
        BundleError: if the bundle holds no generated C.
    """
    stated = defines(bundle)
    front = bundle.mel
    window, _ = bundle.windows.samples(front.sample_rate)
    n_frames = front.n_frames(window)
    samples = window if front.level == "percentile" else HELD_SAMPLES
    feature = 2 if front.level in frontend.RELATIVE else 1
    streams = "LS_STREAM_ARENA_SIZE" in stated
    kept = 0 if streams else feature * n_frames * front.n_features
    # Two bytes a sample, four a number of the spectrum, and of its energies.
    held = 2 * samples + 8 * front.n_fft + kept
    arena = stated["LS_STREAM_ARENA_SIZE" if streams else "LS_MODEL_ARENA_SIZE"]
    return _cost(
        bundle,
        core,
        how="estimated",
        basis=f"{INSTRUCTIONS_PER_MAC} instructions a multiplication, not measured: {why}",
        flash_bytes=bundle.model["n_params"] + CODE_BYTES,
        ram_bytes=arena + held + STACK_BYTES,
        inference=INSTRUCTIONS_PER_MAC * stated["LS_MODEL_MACS"],
        frame=INSTRUCTIONS_PER_FRAME * front.n_fft // 1024,
    )


def _cost(
    bundle: Bundle,
    core: Core,
    *,
    how: How,
    basis: str,
    flash_bytes: int,
    ram_bytes: int,
    inference: int,
    frame: int,
    gate: int | None = None,
    gate_flash_bytes: int | None = None,
) -> Cost:
    front = bundle.mel
    rate = front.sample_rate / front.hop_length
    _, hop = bundle.windows.samples(front.sample_rate)
    per_sample = frame / front.hop_length + inference / hop
    return Cost(
        model=bundle.model["name"],
        scheme=bundle.provenance["scheme"],
        target=core.target,
        how=how,
        basis=basis,
        flash_bytes=flash_bytes,
        ram_bytes=ram_bytes,
        instructions_per_audio_second=round(per_sample * front.sample_rate),
        instructions_per_inference=inference,
        gate_instructions_per_audio_second=None if gate is None else round(gate * rate),
        gate_flash_bytes=gate_flash_bytes,
        n_params=bundle.model["n_params"],
        macs=defines(bundle)["LS_MODEL_MACS"],
        sha256=bundle.sha256,
    )


def sound(bundle: Bundle) -> Samples:
    """Make noise that swells and fades, of a window and a hop: what it is changes no count.

    Returns:
        16 bits, shape ``(window + hop,)``, at the rate of the bundle.
    """
    rate = bundle.sample_rate
    n = sum(bundle.windows.samples(rate))
    swell = np.sin(np.pi * np.arange(n) / rate) ** 2
    noise = np.random.default_rng(0).normal(0, 4_000, n) * swell
    samples: Samples = noise.clip(-32_768, 32_767).astype(np.int16)
    return samples


def defines(bundle: Bundle) -> dict[str, int]:
    """Read the whole numbers that the generated header defines.

    Raises:
        BundleError: if the bundle holds no generated C, or does not say what network it is.
    """
    numbers = header.read(bundle)
    if not isinstance(bundle.model.get("n_params"), int):
        raise BundleError(f"{bundle.path}: says no n_params; export the model again")
    for name in (bundle.model.get("name"), bundle.provenance.get("scheme")):
        _check_name(bundle, name)
    return numbers


def _check_name(bundle: Bundle, name: object) -> None:
    """Refuse what cannot be part of the name of the file that the figures may go into."""
    try:
        check_plain(str(name or ""))
    except ValueError as error:
        raise BundleError(
            f"{bundle.path}: name or scheme of its model is {name!r} ({error}); export the model "
            "again"
        ) from None


def read_files(root: Path) -> dict[Path, Cost]:
    """Read what models cost on microcontrollers, by path.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    return read_folder(Cost, root / FOLDER)

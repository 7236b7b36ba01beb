"""Dependency-free C99 of an int8 network: the bits of TFLite Micro, memory planned beforehand.

The front end comes with it, but for one that must know the level of a whole window, such as that
of Light-SERNet: no stream can compute it, so the network stands alone and takes features.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lightspeech import bundle as bundles
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.export import tflite_file
from lightspeech.export.c99 import frontend, prefix
from lightspeech.export.c99.network import ends
from lightspeech.export.c99.network import fixed as fixed
from lightspeech.export.c99.network import sources as sources

if TYPE_CHECKING:  # a device's bundle is read where there is no torch
    from lightspeech.training.run import Run

LOOP = ("ls_recognizer.h", "ls_recognizer.c", "ls_listen.h", "ls_listen.c")
"""Front end and network as one, and that behind a microphone."""
STRIDE = re.compile(r"#define LS_STREAM_STRIDE (\d+)")
"""In the header of a network that hears a stream: its answers are multiples of it apart."""
ALONE = """\
 * There is no front end in C: its level needs a whole window of sound before the first frame. The
 * features come from outside, as int8; "frontend" in bundle.json says how they are computed.
 *
"""
UNKNOWN = """\
 * It must know its speaker first. Where ls_frontend.h has ls_frontend_listen the device can learn
 * who speaks; lightspeech calibrate writes the standardization of one user for good.
 *
"""
HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = True
"""Whether it writes a network that takes features without a voice."""
TAKES = ("int8",)
"""Number formats of the runs it takes."""
SUFFIX = ".tflite"
"""Of its model file."""
PREFIXED = True
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = False
"""Whether it writes a model that tells ratings in place of classes."""
MODEL_FILE = f"model{SUFFIX}"
STANDARDIZATION = ("mean", "deviation")
"""What a bundle says of the int8 network that C is written from."""


def export(run: Run, bundle: Bundle) -> Bundle:
    """Write an int8 run as C99: network, front end, and the ``.tflite`` they were written from.

    Args:
        run: an int8 run.
        bundle: what the bundle is to say, and its folder.

    Returns:
        The bundle with the model's hash and size.

    Raises:
        ConfigError: if the run is not int8, or its front end is none for a device.
        BundleError: if it has an operation that C99 has no kernel for.
        MissingExtra: if litert-torch is not installed.
        OutputError: if the folder cannot be written.
    """
    from lightspeech.export import litert_network

    return _write(*litert_network.described(run, bundle))


def rewrite(source: Bundle, bundle: Bundle) -> Bundle | None:
    """Write a bundle's int8 network as C99, without torch or the run.

    Args:
        source: a bundle of the network alone, or of C.
        bundle: what the new one is to say, and its folder.

    Returns:
        The bundle; None where the source holds another model.

    Raises:
        ConfigError: if its front end is none for a device.
        BundleError: if it has an operation that C99 has no kernel for.
        OutputError: if the folder cannot be written.
    """
    if not is_network(source):
        return None
    model = (source.path / source.model_file).read_bytes()
    described = {**bundle.model, **{key: source.model[key] for key in STANDARDIZATION}}
    bundle = dataclasses.replace(bundle, model=described, model_file=MODEL_FILE)
    return _write(bundle, model)


def is_network(bundle: Bundle) -> bool:
    """Tell whether a bundle's model is the int8 network that C is written from."""
    return bundle.model_file.endswith(SUFFIX) and set(STANDARDIZATION) <= bundle.model.keys()


def _write(bundle: Bundle, model: bytes) -> Bundle:
    return bundles.write(bundle, model, beside=files_of(bundle, model))


def network_alone(run: Run, folder: Path, threads: int) -> None:
    """Nobody asks it here: what is timed is the program with its front end.

    Args:
        run: its network.
        folder: of the run.
        threads: that the runtime may take.
    """


def files_of(bundle: Bundle, model: bytes) -> dict[str, str]:
    """Write all C of a bundle from its description and its ``.tflite`` file: name to text.

    Args:
        bundle: what the bundle says of itself.
        model: its ``.tflite`` file.

    Raises:
        BundleError: if they do not describe a network in C.
        ConfigError: if the front end is none for a device, or the prefix none for C.
    """
    cfg, network_input = hears(bundle, model)
    unknown = bundle.knows_speaker and bundle.voice is None
    learns = unknown and cfg.level == "kept"  # else features are known at the end of a window only
    has_front = streams(cfg)
    note = ("" if has_front else ALONE) + (UNKNOWN if unknown else "")
    network = sources(
        model, bundle.labels, temperature=bundle.temperature, thresholds=bundle.thresholds,
        title=bundle.name, note=note,
    )  # fmt: skip
    front = {}
    if has_front:
        by_frame = not learns and hears_stream(cfg, bundle.windows, network)
        front = frontend.sources(
            cfg, bundle.windows, network_input, learns=learns, by_frame=by_frame
        )
        front |= fixed(LOOP)
    return prefix.rename({**network, **front}, prefix.of(bundle))


def hears_stream(cfg: MelConfig, windows: Windows, network: dict[str, str]) -> bool:
    """Tell whether front end and network can hear a stream, every frame once.

    Args:
        cfg: the front end; the level of a whole window is known too late.
        windows: when the next one is due.
        network: its C, as `sources` writes it.
    """
    stride = STRIDE.search(network["ls_model.h"])
    in_time = cfg.level in ("kept", "recent")
    return in_time and stride is not None and not frontend.hop_frames(cfg, windows) % int(stride[1])


def streams(cfg: MelConfig) -> bool:
    """Whether a front end can run frame by frame as sound arrives, and is written in C."""
    return cfg.level != "percentile"


def hears(bundle: Bundle, model: bytes) -> tuple[MelConfig, frontend.Input]:
    """Tell the front end of a bundle of C, and how its features become int8.

    Args:
        bundle: what the bundle says of itself.
        model: its ``.tflite`` file.

    Raises:
        BundleError: if the bundle or its ``.tflite`` file do not say.
    """
    try:
        mean, deviation = (np.array(bundle.model[key], np.float32) for key in STANDARDIZATION)
    except (KeyError, TypeError, ValueError):
        raise BundleError(f"{bundle.path}: is no bundle of C; export with --format c99") from None
    cfg = bundle.mel
    if mean.shape != (cfg.n_features,) or deviation.shape != mean.shape:
        raise BundleError(
            f"{bundle.path}: standardizes {mean.shape} features of {cfg.n_features}; "
            "export the model again"
        )
    if bundle.voice is not None:
        mean, deviation = bundle.voice.before(mean, deviation)
    source, _ = ends(tflite_file.read(model))
    return cfg, frontend.Input(mean, deviation, float(source.scales[0]), source.zeros[0])

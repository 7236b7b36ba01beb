"""The whole recogniser as WebAssembly: an npm package of one model, one module, no runtime.

It is the generated C, with the same bits as elsewhere: its sums are of whole numbers, or of floats
in an order that no compiler changes, and of mathematics all but the square root is its own.
"""

from __future__ import annotations

import dataclasses
import json
import re
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lightspeech import __version__
from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError
from lightspeech.export import c99
from lightspeech.export.c99 import prefix
from lightspeech.export.wasm import compiler

if TYPE_CHECKING:  # a bundle is rewritten where there is no torch
    from lightspeech.training.run import Run

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = False
"""Whether it writes a network that takes features without a voice."""
TAKES = ("int8",)
"""Number formats of the runs it takes."""
SUFFIX = ".wasm"
"""Of its model file."""
PREFIXED = False
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = False
"""Whether it writes a model that tells ratings in place of classes."""
MODEL_FILE = f"model{SUFFIX}"
FIXED = (
    "index.js", "index.d.ts", "processor.js", "resampler.js", "resampler.d.ts",
)  # fmt: skip
"""The same for every model, which says itself what it is."""
PACKAGE = "package.json"


def export(run: Run, bundle: Bundle) -> Bundle:
    """Write an int8 run as an npm package.

    Args:
        run: an int8 run.
        bundle: what the bundle is to say, and its folder.

    Returns:
        The bundle with the hash and size of its WebAssembly.

    Raises:
        ConfigError: if its front end cannot listen frame by frame.
        BundleError: if the run has no int8 model, or an operation that C99 has no kernel for.
        MissingExtra: if there is no compiler, or litert-torch is not installed.
        OutputError: if the folder cannot be written.
    """
    _check(bundle)
    with TemporaryDirectory() as folder:
        return _write(bundle, c99.export(run, dataclasses.replace(bundle, path=Path(folder))))


def rewrite(source: Bundle, bundle: Bundle) -> Bundle | None:
    """Write a bundle's int8 network as an npm package, see `c99.rewrite`.

    Args:
        source: a bundle of the network alone, or of C.
        bundle: what the new one is to say, and its folder.

    Returns:
        The bundle; None where the source holds another model.

    Raises:
        ConfigError: if its front end cannot listen frame by frame.
        BundleError: if it has an operation that C99 has no kernel for.
        MissingExtra: if there is no compiler.
        OutputError: if the folder cannot be written.
    """
    if not c99.is_network(source):
        return None
    _check(bundle)
    with TemporaryDirectory() as folder:
        written = c99.rewrite(source, dataclasses.replace(bundle, path=Path(folder)))
        return written and _write(bundle, written)


def network_alone(run: Run, folder: Path, threads: int) -> None:
    """Nobody asks it here: front end and network are one program.

    Args:
        run: its network.
        folder: of the run.
        threads: that the runtime may take.
    """


def _check(bundle: Bundle) -> None:
    if not c99.streams(bundle.mel):
        raise ConfigError(
            f"{bundle.model['name']}: level {bundle.mel.level!r} needs a whole window of sound, "
            "which no stream holds; train with frontend.level=kept, or export with --format onnx"
        )


def _write(bundle: Bundle, written: Bundle) -> Bundle:
    """Compile C that is written, and make that the model of a bundle."""
    model = (written.path / written.model_file).read_bytes()
    window, hop = bundle.windows.samples(bundle.sample_rate)
    about = {
        "labels": bundle.labels,
        "sampleRate": bundle.sample_rate,
        "windowSize": window,
        "hopSize": hop if bundle.windows.hop_s else None,
        "thresholds": bundle.thresholds,
        "takesLargest": bundle.windows.over == "max",
    }
    module = compiler.compile(c99.files_of(prefix.without(written), model), about)
    texts = {name: files(__package__).joinpath(name).read_text("utf-8") for name in FIXED}
    bundle = prefix.without(dataclasses.replace(bundle, model_file=MODEL_FILE))
    return bundles.write(bundle, module, beside={**texts, PACKAGE: described(bundle)})


def described(bundle: Bundle) -> str:
    """Write the ``package.json`` of a bundle.

    Args:
        bundle: names package and emotions.
    """
    name = re.sub(r"[^a-z0-9._-]+", "-", bundle.name.lower())
    values = {
        "name": f"lightspeech-{name}",
        "version": __version__,
        "description": f"Hears emotion in speech: {', '.join(bundle.labels)}.",
        "type": "module",
        "exports": {
            ".": {"types": "./index.d.ts", "default": "./index.js"},
            "./resampler.js": {"types": "./resampler.d.ts", "default": "./resampler.js"},
            "./processor.js": "./processor.js",
            f"./{MODEL_FILE}": f"./{MODEL_FILE}",
        },
        "files": [*FIXED, MODEL_FILE, bundles.DESCRIPTION],
        "license": "SEE LICENSE IN README.md",
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"

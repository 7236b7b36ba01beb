"""An Arduino library around the generated C, as a zip that the Arduino IDE installs.

Not compiled with the Arduino tool chain: its C is compiled for a Cortex-M4F by the tests, and its
sketch for this machine, with a microphone of made sound.
"""

import dataclasses
import io
import re
import zipfile
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from lightspeech import __version__, plugins
from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError
from lightspeech.export._bundled import nobody as network_alone  # noqa: F401
from lightspeech.training.run import Run

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = False
"""Whether it writes a network that takes features without a voice."""
TAKES = ("int8",)
"""Number formats of the runs it takes."""
SUFFIX = ".zip"
"""Of its model file."""
SKETCH = "Listen.ino"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every file, so that the same model gives the same zip."""
PROPERTIES = """\
name={name}
version={version}
author=lightspeech
maintainer=lightspeech
sentence=Hears emotion in speech, on the board: {labels}.
paragraph={n_params:,} parameters, int8. Figures, corpora and licences: extras/bundle.json.
category=Signal Input/Output
url=
architectures=*
includes=lightspeech.h
"""
HEADER = """\
#ifndef LIGHTSPEECH_H
#define LIGHTSPEECH_H

#include "ls_frontend.h"
#include "ls_model.h"

/* An answer less likely than this is uncertain. */
#define LS_THRESHOLD {threshold:.8e}f

#endif
"""
SMLAD = """\
#ifdef __ARM_FEATURE_SIMD32
#define LS_SMLAD
#endif
"""
"""The Arduino IDE passes no flags to a library, so its kernels look themselves."""


def export(run: Run, bundle: Bundle) -> Bundle:
    """Write a quantized run as an Arduino library.

    Args:
        run: an int8 run.
        bundle: what the bundle is to say, and its folder.

    Returns:
        The bundle, whose model file is the zip.

    Raises:
        ConfigError: if its front end cannot listen frame by frame.
        BundleError: if the run has no int8 model, or an operation that C99 has no kernel for.
        OutputError: if the folder cannot be written.
    """
    c99 = plugins.load("lightspeech.export", "c99")
    front = run.config.frontend.config
    if not c99.streams(front):
        raise ConfigError(
            f"{run.config.model.name}: level {front.level!r} needs a whole window "
            "of sound, which no board holds; train with frontend.level=kept"
        )
    with TemporaryDirectory() as folder:
        data = pack(c99.export(run, dataclasses.replace(bundle, path=Path(folder))))
    model_file = f"{library(bundle)}{SUFFIX}"
    return bundles.write(dataclasses.replace(bundle, model_file=model_file), data)


def library(bundle: Bundle) -> str:
    """Name the library: Arduino takes letters, digits and underscores."""
    return "lightspeech_" + re.sub(r"\W", "_", bundle.name, flags=re.ASCII)


def pack(bundle: Bundle) -> bytes:
    """Zip a bundle of generated C with the sketch, what Arduino wants to know, and the licences."""
    name = library(bundle)
    sketch = files(__package__).joinpath("c99", SKETCH).read_text("utf-8")
    texts = {
        "library.properties": PROPERTIES.format(
            name=name,
            version=__version__,
            labels=", ".join(bundle.labels),
            n_params=bundle.model["n_params"],
        ),
        "extras/bundle.json": (bundle.path / bundles.DESCRIPTION).read_text("utf-8"),
        "src/lightspeech.h": HEADER.format(threshold=bundle.threshold),
        f"examples/{Path(SKETCH).stem}/{SKETCH}": sketch,
    }
    for path in sorted([*bundle.path.glob("*.c"), *bundle.path.glob("*.h")]):
        text = path.read_text("utf-8")
        texts[f"src/{path.name}"] = SMLAD + text if path.name == "ls_kernels.c" else text
    return _zip({f"{name}/{path}": text for path, text in texts.items()})


def _zip(texts: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts.items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), text, zipfile.ZIP_DEFLATED)
    return data.getvalue()

"""An Arduino library around the generated C, as a zip that the Arduino IDE installs.

Not compiled with the Arduino tool chain: its C is compiled for a Cortex-M4F by the tests, and its
sketch for this machine, with a microphone of made sound.
"""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
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

if TYPE_CHECKING:  # a device's bundle is written where there is no torch
    from lightspeech.training.run import Run

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = False
"""Whether it writes a network that takes features without a voice."""
TAKES = ("int8",)
"""Number formats of the runs it takes."""
SUFFIX = ".zip"
"""Of its model file."""
PREFIXED = True
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = False
"""Whether it writes a model that tells ratings in place of classes."""
SKETCH = "Listen.ino"
INCLUDED = "lightspeech.h"
"""By a sketch; with a prefix it is called by that."""
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
includes={header}
"""
HEADER = """\
#ifndef LS_LIGHTSPEECH_H
#define LS_LIGHTSPEECH_H

#include "ls_listen.h"

#endif
"""
SMLAD = """\
#ifdef __ARM_FEATURE_SIMD32
#define LS_SMLAD
#endif
"""
"""The Arduino IDE passes no flags to a library, so its layers look themselves."""


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
    _check(bundle)
    with TemporaryDirectory() as folder:
        return _write(bundle, c99.export(run, dataclasses.replace(bundle, path=Path(folder))))


def rewrite(source: Bundle, bundle: Bundle) -> Bundle | None:
    """Write a bundle's int8 network as an Arduino library, see `c99.rewrite`.

    Args:
        source: a bundle of the network alone, or of C.
        bundle: what the new one is to say, and its folder.

    Returns:
        The bundle; None where the source holds another model.

    Raises:
        ConfigError: if its front end cannot listen frame by frame.
        BundleError: if it has an operation that C99 has no kernel for.
        OutputError: if the folder cannot be written.
    """
    if not c99.is_network(source):
        return None
    _check(bundle)
    with TemporaryDirectory() as folder:
        written = c99.rewrite(source, dataclasses.replace(bundle, path=Path(folder)))
        return written and _write(bundle, written)


def network_alone(run: Run, folder: Path, threads: int) -> None:
    """Nobody asks it here: it runs on a board.

    Args:
        run: its network.
        folder: of the run.
        threads: that the runtime may take.
    """


def _check(bundle: Bundle) -> None:
    if not c99.streams(bundle.mel):
        raise ConfigError(
            f"{bundle.model['name']}: level {bundle.mel.level!r} needs a whole window of sound, "
            "which no board holds; train with frontend.level=kept"
        )


def _write(bundle: Bundle, written: Bundle) -> Bundle:
    """Pack C that is written, and make the zip the model of a bundle."""
    model_file = f"{library(bundle)}{SUFFIX}"
    return bundles.write(dataclasses.replace(bundle, model_file=model_file), pack(written))


def library(bundle: Bundle) -> str:
    """Name the library: Arduino takes letters, digits and underscores."""
    return "lightspeech_" + re.sub(r"\W", "_", bundle.name, flags=re.ASCII)


def pack(bundle: Bundle) -> bytes:
    """Zip a bundle of generated C with the sketch, what Arduino wants to know, and the licences."""
    name, own = library(bundle), prefix.of(bundle)
    header = INCLUDED if own == prefix.USUAL else f"{own}.h"
    sketch = files(__package__).joinpath("c99", SKETCH).read_text("utf-8")
    ours = prefix.rename({header: HEADER, SKETCH: sketch}, own)
    texts = {
        "library.properties": PROPERTIES.format(
            name=name,
            version=__version__,
            labels=", ".join(bundle.labels),
            n_params=bundle.model["n_params"],
            header=header,
        ),
        "extras/bundle.json": (bundle.path / bundles.DESCRIPTION).read_text("utf-8"),
        f"src/{header}": ours[header],
        f"examples/{Path(SKETCH).stem}/{SKETCH}": ours[SKETCH].replace(INCLUDED, header),
    }
    for path in sorted([*bundle.path.glob("*.c"), *bundle.path.glob("*.h")]):
        text = path.read_text("utf-8")
        texts[f"src/{path.name}"] = SMLAD + text if path.name == f"{own}_pairs.h" else text
    return _zip({f"{name}/{path}": text for path, text in texts.items()})


def _zip(texts: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts.items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), text, zipfile.ZIP_DEFLATED)
    return data.getvalue()

"""The back end of a bundle, told by its files."""

from pathlib import Path

from lightspeech import plugins
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.inference.predictor import Predictor

BACK_ENDS = "lightspeech.inference.backends"
BY_SUFFIX = {".onnx": "onnx", ".tflite": "litert", ".pte": "executorch"}
C_HEADER = "ls_model.h"
"""Beside the ``.tflite`` that the C was written from."""


def back_end(made: Bundle) -> str:
    """Name the back end that opens a bundle.

    Raises:
        BundleError: if none does.
    """
    if (made.path / C_HEADER).is_file():
        return "c99"
    suffix = Path(made.model_file).suffix
    if suffix not in BY_SUFFIX:
        raise BundleError(
            f"{made.path}: no back end opens {made.model_file!r}, only {sorted(BY_SUFFIX)}; "
            "export the model again"
        )
    return BY_SUFFIX[suffix]


def open(made: Bundle, *, threads: int = 1) -> Predictor:
    """Open a bundle in its back end.

    Args:
        made: as read by `bundle.read`, which has checked size and hash.
        threads: processor threads; generated C has one.

    Raises:
        BundleError: if no back end opens it, its own refuses it, or it does not know its speaker.
        MissingExtra: if its back end is not installed.
        MissingTool: if generated C finds no compiler.
    """
    name = back_end(made)
    if made.normalisation == "speaker" and made.voice is None:
        raise BundleError(
            f"{made.path}: must know who speaks; lightspeech calibrate RECORDINGS --bundle "
            f"{made.path} --output FOLDER, then take that folder"
        )
    options = {} if name == "c99" else {"threads": threads}
    opened: Predictor = plugins.load(BACK_ENDS, name).open(made, **options)
    return opened

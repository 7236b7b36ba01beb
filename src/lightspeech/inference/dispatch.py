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


def back_end(bundle: Bundle) -> str:
    """Name the back end that opens a bundle.

    Raises:
        BundleError: if none does.
    """
    if (bundle.path / C_HEADER).is_file():
        return "c99"
    suffix = Path(bundle.model_file).suffix
    if suffix not in BY_SUFFIX:
        raise BundleError(
            f"{bundle.path}: no back end opens {bundle.model_file!r}, only {sorted(BY_SUFFIX)}; "
            "export the model again"
        )
    return BY_SUFFIX[suffix]


def open(bundle: Bundle, *, threads: int = 1) -> Predictor:
    """Open a bundle in its back end.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: processor threads; generated C has one.

    Raises:
        BundleError: if no back end opens it, its own refuses it, or it does not know its speaker.
        MissingExtra: if its back end is not installed.
        MissingTool: if generated C finds no compiler.
    """
    name = back_end(bundle)
    if bundle.normalisation == "speaker" and bundle.voice is None:
        raise BundleError(
            f"{bundle.path}: must know who speaks; lightspeech calibrate RECORDINGS --bundle "
            f"{bundle.path} --output FOLDER, then take that folder"
        )
    options = {} if name == "c99" else {"threads": threads}
    opened: Predictor = plugins.load(BACK_ENDS, name).open(bundle, **options)
    return opened

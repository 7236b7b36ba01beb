"""The back end of a bundle: the one that says it opens it."""

from lightspeech import plugins
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.inference.predictor import Predictor

BACK_ENDS = "lightspeech.inference.backends"


def back_end(bundle: Bundle) -> str:
    """Name the back end that opens a bundle.

    Raises:
        BundleError: if none does.
    """
    names = plugins.names(BACK_ENDS)
    for name in names:
        if plugins.load(BACK_ENDS, name).opens(bundle):
            return name
    raise BundleError(
        f"{bundle.path}: no back end of {names} opens {bundle.model_file!r}, which may be for a "
        "board alone; to answer here take another format, such as --format onnx or c99"
    )


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
    if bundle.knows_speaker and bundle.voice is None:
        raise BundleError(
            f"{bundle.path}: must know who speaks; lightspeech calibrate RECORDINGS --bundle "
            f"{bundle.path} --output FOLDER, then take that folder"
        )
    opened: Predictor = plugins.load(BACK_ENDS, name).open(bundle, threads=threads)
    return opened

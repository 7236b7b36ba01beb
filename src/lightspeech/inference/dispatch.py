"""The back end of a bundle: the one that says it opens it."""

from collections.abc import Iterator

from lightspeech import plugins
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError
from lightspeech.inference.predictor import Predictor

BACK_ENDS = "lightspeech.inference.backends"
FIRST = "onnx"
"""Asked before the others: of most bundles it is theirs, and some others take long to import."""


def back_end(bundle: Bundle) -> str:
    """Name the back end that opens a bundle.

    Raises:
        BundleError: if none does.
    """
    for name in _in_turn():
        if plugins.load(BACK_ENDS, name).opens(bundle):
            return name
    raise BundleError(
        f"{bundle.path}: no back end of {plugins.names(BACK_ENDS)} opens {bundle.model_file!r}, "
        "which may be for a board alone; to answer here take another format, such as --format onnx "
        "or c99"
    )


def _in_turn() -> Iterator[str]:
    yield FIRST
    yield from plugins.names(BACK_ENDS)


def open(bundle: Bundle, *, threads: int = 1, backend: str | None = None) -> Predictor:
    """Open a bundle in its back end, or in another one that opens it.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: processor threads; generated C has one.
        backend: name of that, such as ``native``; None: its own.

    Raises:
        BundleError: if no back end opens it, the one refuses it, or it does not know its speaker.
        ConfigError: if there is no back end of that name.
        MissingExtra: if its back end is not installed.
        MissingTool: if generated C finds no compiler.
    """
    name = back_end(bundle) if backend is None else backend
    module = plugins.load(BACK_ENDS, name)
    if backend is not None and not module.opens(bundle):
        raise BundleError(
            f"{bundle.path}: the back end {name} does not open {bundle.model_file!r}; "
            f"{back_end(bundle)} does"
        )
    if bundle.knows_speaker and bundle.voice is None:
        raise BundleError(
            f"{bundle.path}: must know who speaks; lightspeech calibrate RECORDINGS --bundle "
            f"{bundle.path} --output FOLDER, then take that folder"
        )
    opened: Predictor = module.open(bundle, threads=threads)
    return opened

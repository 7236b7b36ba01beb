"""What a workflow needs beside the core install; asked before anything else is done."""

from enum import StrEnum

from lightspeech.errors import MissingExtra


class Track(StrEnum):
    """What may be told of finished studies."""

    MLFLOW = "mlflow"


def torch(feature: str) -> None:
    """Refuse what cannot run on the core install.

    Args:
        feature: what is asked for, as the error names it.

    Raises:
        MissingExtra: if torch is not installed.
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtra(feature, "all") from None

"""The bundle: a folder with an exported model and ``bundle.json``, all that a device must know."""

from lightspeech.bundle.description import (
    CARD,
    DESCRIPTION,
    FORMAT,
    MEL,
    TEXT,
    Bundle,
    ClassNames,
    Number,
    part,
    require_classes,
)
from lightspeech.bundle.folder import parts, read, write
from lightspeech.bundle.places import ENVIRONMENT, USUAL, find, shipped

__all__ = [
    "Bundle",
    "CARD",
    "ClassNames",
    "DESCRIPTION",
    "ENVIRONMENT",
    "FORMAT",
    "MEL",
    "Number",
    "TEXT",
    "USUAL",
    "find",
    "part",
    "parts",
    "read",
    "require_classes",
    "shipped",
    "write",
]

"""Bytes of a table as text: Unicode in its usual forms, or Windows' code page of Western Europe."""

import re
import warnings
from functools import lru_cache
from pathlib import Path

from lightspeech.errors import LightspeechWarning

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
WESTERN = "cp1252"
KNOWN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüŒœ„“”‘’«»–—´·¡¿\xa0")
"""Letters from Portugal to Finland, and what stands around words."""
FOREIGN = re.compile(r"[ìòù](?=[^\W\d_])|(?<![^\W\d_])[^\W\d_a-zA-Z]{2,}(?![^\W\d_])")
"""Accents that end words, within one (in Prague they are others); words without any of ASCII."""


def decode(path: Path, data: bytes) -> str:
    """Decode a table; of one that is no Unicode, a warning names the code page.

    Args:
        path: of the file, for the warning.
        data: its content.

    Raises:
        UnicodeDecodeError: if it is no Unicode, and need not be `WESTERN`.
    """
    try:
        return data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        if (text := _western(data)) is None:
            raise
    _warn(path)
    return text


def _western(data: bytes) -> str | None:
    """Read a code page, if nothing speaks against it; other pages share its bytes.

    Pages of other languages have other letters there, or signs, and Cyrillic or Greek words are
    without any letter of ASCII.
    """
    try:
        text = data.decode(WESTERN)
    except UnicodeDecodeError:
        return None
    known = all(each.isascii() or each in KNOWN for each in set(text))
    return text if known and not FOREIGN.search(text) else None


@lru_cache
def _warn(path: Path) -> None:
    """Tell the encoding, once of each table."""
    warnings.warn(
        f"{path}: no UTF-8, read as Windows-1252 (Western Europe); if letters are wrong, save it "
        "as 'CSV UTF-8' or as .xlsx",
        LightspeechWarning,
        stacklevel=2,
    )

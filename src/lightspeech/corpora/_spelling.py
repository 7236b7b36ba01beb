"""One spelling for a name: blanks, Unicode forms and case make no new person and no new class."""

import unicodedata
from collections.abc import Iterable

INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
"""Marks without width, which spreadsheets and web pages leave in cells."""


def clean(text: str) -> str:
    """Give a name without blanks around it or doubled in it, in Unicode's composed form.

    Args:
        text: as somebody typed it.

    Example:
        >>> clean(" anna  maria ")
        'anna maria'
    """
    return unicodedata.normalize("NFC", " ".join(text.translate(INVISIBLE).split()))


def key(text: str) -> str:
    """Give what all spellings of one name share: `clean`, and the same in capitals.

    Args:
        text: as somebody typed it.

    Example:
        >>> key("ÄRGER ") == key("ärger")
        True
    """
    return clean(clean(text).casefold())


def first_spellings(names: Iterable[str]) -> dict[str, str]:
    """Map each spelling of a name to the first one of it.

    Args:
        names: in any order, each as often as it comes.

    Example:
        >>> first_spellings(["Anna", "ben", "anna"])
        {'Anna': 'Anna', 'ben': 'ben', 'anna': 'Anna'}
    """
    firsts: dict[str, str] = {}
    return {name: firsts.setdefault(key(name), name) for name in names}

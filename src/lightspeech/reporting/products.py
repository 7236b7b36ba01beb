"""Whether products may be made with a bundle, by whose recordings and encoders are in it.

Those of its teachers are among them, see `lightspeech.studies.sources`.
"""

from lightspeech import plugins
from lightspeech.bundle import Bundle

CORPORA = "lightspeech.corpora"
FREE = ("Apache-2.0", "MIT")
"""Licences that encoders known here have; both allow products."""


def refusing(bundle: Bundle) -> list[str]:
    """Name the corpora that a bundle learnt from and whose licences allow no products."""
    return [corpus["name"] for corpus in bundle.corpora if _allows(corpus["name"]) is False]


def unknown(bundle: Bundle) -> list[str]:
    """Name what is in a bundle and of which nobody here knows whether it allows products.

    As users' own recordings, a teacher that is gone, or an encoder that is not known here.
    """
    corpora = [corpus["name"] for corpus in bundle.corpora if _allows(corpus["name"]) is None]
    encoders = [each["name"] for each in bundle.encoders if each["licence"] not in FREE]
    return corpora + encoders


def _allows(corpus: str) -> bool | None:
    """What the reader of a corpus says; None where there is none."""
    has_reader = plugins.has(CORPORA, corpus)
    return plugins.load(CORPORA, corpus).INFO.allows_products if has_reader else None

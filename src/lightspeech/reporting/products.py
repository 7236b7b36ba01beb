"""Whether products may be made with a bundle, by whose recordings and encoders are in it.

Those of its teachers are among them, see `lightspeech.studies.sources`.
"""

from lightspeech import plugins
from lightspeech.bundle import USUAL, Bundle
from lightspeech.errors import BundleError

CORPORA = "lightspeech.corpora"
FREE = ("Apache-2.0", "MIT")
"""Licences that encoders known here have; both allow products."""


def require(bundle: Bundle) -> None:
    """Refuse a bundle with which no products may be made, as far as is known here.

    Raises:
        BundleError: if a licence allows none, or nobody here knows.
    """
    if refused := refusing(bundle):
        raise BundleError(
            f"{bundle.name} learnt from {', '.join(refused)}, whose licences allow no products; "
            f"take a model that did not, such as {USUAL}"
        )
    unsure = unknown(bundle) if bundle.corpora else ["what it learnt from"]
    if unsure:
        raise BundleError(
            f"{bundle.name}: whether products are allowed is not known of {', '.join(unsure)}; "
            "ask whoever made it"
        )


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

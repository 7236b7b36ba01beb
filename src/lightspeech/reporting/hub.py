"""The header of a card, in YAML, by which hubs of models sort what they hold."""

import yaml

from lightspeech import plugins
from lightspeech.bundle import Bundle

LANGUAGES = {
    "Bangla": "bn",
    "English": "en",
    "German": "de",
    "Italian": "it",
    "Polish": "pl",
    "Urdu": "ur",
}
"""Codes of ISO 639-1 that hubs ask for."""
CORPORA = "lightspeech.corpora"


def header(bundle: Bundle) -> str:
    """Write the header of a model card, with its fences.

    Hubs know one licence a model; this one is bound by that of each corpus, so it is *other*, and
    the card tells whose.

    Args:
        bundle: whose ``corpora`` tell what it learnt from.
    """
    corpora = sorted({corpus["name"] for corpus in bundle.corpora})
    tags = ["speech-emotion-recognition", bundle.provenance.get("scheme"), bundle.model["name"]]
    fields = {
        "library_name": "lightspeech",
        "pipeline_tag": "audio-classification",
        "license": "other",
        "license_name": "that-of-each-corpus",
        "language": _languages(corpora),
        "datasets": corpora,
        "tags": [str(tag) for tag in tags if tag],
        "metrics": ["recall"],
    }
    text = yaml.safe_dump({k: v for k, v in fields.items() if v}, sort_keys=False)
    return f"---\n{text}---\n"


def _languages(corpora: list[str]) -> list[str]:
    """Tell the languages of corpora that are known here; of a user's own nobody knows."""
    known = [name for name in corpora if name in plugins.names(CORPORA)]
    spoken = {plugins.load(CORPORA, name).INFO.language for name in known}
    return sorted(LANGUAGES[language] for language in spoken if language in LANGUAGES)

"""A bundle that lies elsewhere: copied once into the user's cache, and read as any other."""

import hashlib
from pathlib import Path

from lightspeech.audio import remote
from lightspeech.bundle.description import (
    DESCRIPTION,
    MAX_DESCRIPTION_BYTES,
    MAX_MODEL_BYTES,
    parse,
)
from lightspeech.errors import BundleError
from lightspeech.files import cache_folder, read_json, write_text
from lightspeech.tokenizer import FILE as TOKENIZER

FOLDER = "bundles"
"""Below the user's cache."""
PARTIAL = f"partial-{DESCRIPTION}"
"""A description until all that it names is there: a copy that was cut off is made again."""


def fetch(address: Path) -> Path:
    """Copy a bundle into the user's cache, where it is not there yet.

    Args:
        address: of its folder, as `remote.address` knows it.

    Returns:
        The copy: description, model and tokenizer, if it has one.

    Raises:
        AudioError: if nobody answers, or a file is too large.
        BundleError: if no bundle lies there, or its model is not the one that was exported.
        MissingExtra: if fsspec is not installed.
        OutputError: if the copy cannot be written.
    """
    typed = remote.shown(address)
    copy = cache_folder() / FOLDER / hashlib.sha256(typed.encode()).hexdigest()[:20]
    if (copy / DESCRIPTION).is_file():
        return copy
    partial = copy / PARTIAL
    remote.fetch_file(address / DESCRIPTION, partial, max_bytes=MAX_DESCRIPTION_BYTES)
    text = partial.read_text("utf-8", errors="replace")
    values = read_json(partial, error=BundleError, remedy=f"is {typed} the folder of a bundle?")
    bundle = parse(values, address)
    for name in (bundle.model_file, *([TOKENIZER] if bundle.text else [])):
        remote.fetch_file(address / name, copy / name, max_bytes=MAX_MODEL_BYTES)
    with (copy / bundle.model_file).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != bundle.sha256:
            raise BundleError(
                f"{typed}: {bundle.model_file} is not what was exported (SHA-256); ask who put it "
                "there"
            )
    write_text(copy / DESCRIPTION, text)
    partial.unlink(missing_ok=True)  # another process may have been quicker
    return copy

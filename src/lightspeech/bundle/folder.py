"""The folder of a bundle, written whole or not at all, and read with a check of all of it."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lightspeech import config
from lightspeech.audio import budget
from lightspeech.bundle.description import (
    DESCRIPTION,
    FORMAT,
    MAX_DESCRIPTION_BYTES,
    MAX_MODEL_BYTES,
    MEL,
    Bundle,
    parse,
    require_classes,
)
from lightspeech.bundle.places import find, shipped
from lightspeech.errors import BundleError, ConfigError
from lightspeech.files import read_json, replacing


def write(
    bundle: Bundle, model: bytes | Path, *, beside: Mapping[str, str] = MappingProxyType({})
) -> Bundle:
    """Write a bundle's folder and give it back with the model's hash and size.

    All files are complete before any takes its place.

    Args:
        bundle: what to write, and where (``bundle.path``).
        model: the exported model, or the file that holds it.
        beside: more files, text by name, such as generated C.

    Raises:
        OutputError: if the folder cannot be written or the disk is full.
    """
    data = model.read_bytes() if isinstance(model, Path) else model
    digest = hashlib.sha256(data).hexdigest()
    bundle = dataclasses.replace(bundle, sha256=digest, size_bytes=len(data))
    values = {"format": FORMAT, **config.as_dict(bundle)}
    del values["path"]
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    texts = {name: content.encode() for name, content in {**beside, DESCRIPTION: text}.items()}
    with ExitStack() as stack:
        for name, content in {**texts, bundle.model_file: data}.items():
            stack.enter_context(replacing(bundle.path / name)).write_bytes(content)
    return bundle


def parts(bundle: Bundle) -> list[Bundle]:
    """Read what lies in a bundle's folder of the same model in other formats.

    Args:
        bundle: such as one that comes with the package.

    Raises:
        BundleError: as of `read`.
    """
    return [read(file.parent) for file in sorted(bundle.path.glob(f"*/{DESCRIPTION}"))]


def read(path: str | Path, *, rated: bool = False) -> Bundle:
    """Read a bundle and check all of it, the model's hash too.

    Args:
        path: its folder, or the name of one that comes with the package.
        rated: take one that tells ratings in place of classes, too.

    Raises:
        BundleError: if the folder is damaged, incomplete or of another version.
        ConfigError: as `require_classes`, where such are not taken.
    """
    path = find(Path(path))
    bundle = parse(_read_description(path / DESCRIPTION), path)
    _check_voice(bundle)
    _check_cost(bundle)
    _check_model(bundle)
    if not rated:
        require_classes(bundle)
    return bundle


def _read_description(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):
        raise BundleError(
            f"{path}: no such file; name the folder of a bundle, such as bundles/NAME, or "
            f"one of the package: {shipped() or 'it has none'}"
        )
    if path.stat().st_size > MAX_DESCRIPTION_BYTES:
        raise BundleError(f"{path}: larger than {MAX_DESCRIPTION_BYTES} bytes; no bundle of ours")
    return read_json(path, error=BundleError, remedy="copy the bundle again")


def _check_voice(bundle: Bundle) -> None:
    """Compare the voice, where there is one, with the features of the front end."""
    if bundle.voice is None:
        return
    lengths = {len(bundle.voice.mean), len(bundle.voice.deviation)}
    if lengths != {bundle.mel.n_features}:
        raise BundleError(
            f"{bundle.path}: a voice of {sorted(lengths)} features for {bundle.mel.n_features}; "
            "calibrate it again"
        )


def _check_cost(bundle: Bundle) -> None:
    """Refuse what a description asks for beyond any device, before anything is computed."""
    mel = bundle.mel if bundle.frontend.get("name", MEL) == MEL else None
    try:
        budget.check(bundle.windows, bundle.sample_rate, mel)
    except ConfigError as error:
        raise BundleError(f"{bundle.path}: {error}; export the model again") from None


def _check_model(bundle: Bundle) -> None:
    """Compare the model file with what the description says of it."""
    file = bundle.path / bundle.model_file
    again = "copy the whole folder again, or export the model again"
    if os.path.dirname(os.path.realpath(file)) != os.path.realpath(bundle.path):
        raise BundleError(
            f"{bundle.path}: model file {bundle.model_file!r} lies outside the bundle; {again}"
        )
    if not file.is_file():
        raise BundleError(f"{file}: no such file; {again}")
    size = file.stat().st_size
    if size != bundle.size_bytes or size > MAX_MODEL_BYTES:
        raise BundleError(
            f"{file}: {size} bytes; {bundle.size_bytes} were exported, "
            f"{MAX_MODEL_BYTES} are allowed; {again}"
        )
    with file.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != bundle.sha256:
            raise BundleError(f"{file}: its content is not what was exported (SHA-256); {again}")

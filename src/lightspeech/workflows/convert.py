"""A bundle in another format, without the study that it came from, and mostly without torch."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from lightspeech import bundle as bundle_files
from lightspeech import plugins
from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError
from lightspeech.export.c99 import prefix as prefixes
from lightspeech.inference.backends import onnx
from lightspeech.workflows import beside, needs

PACKAGE = "lightspeech.export"
USUAL = "onnx"
"""The format whose bundle has no suffix."""


def convert(
    source: Bundle,
    *,
    format: str,
    bundles: Path,
    name: str | None = None,
    prefix: str | None = None,
) -> Bundle:
    """Write a bundle in a format: of its own files where they hold enough, else of its run.

    The run is made again of an int8 ONNX model, see `export.recover`.

    Args:
        source: as read by `bundle.read`.
        format: an exporter, such as ``c99``.
        bundles: folder that the new bundle goes into.
        name: of the new bundle; None: that of the source.
        prefix: of the names of its C; None: that of the source.

    Raises:
        BundleError: if the source does not hold what the format needs.
        ConfigError: if there is no such format, or it cannot take this model or a prefix.
        MissingExtra: if the format needs what is not installed.
        OutputError: if the folder cannot be written.
    """
    name = name or source.name
    folder = name if format == USUAL else f"{name}-{format.replace('_', '-')}"
    described = replace(source, path=bundles / folder, name=name)
    if format == USUAL and prefix is None and _hears(source):
        bundle = bundle_files.write(described, source.path / source.model_file)
    else:
        bundle = _written(source, described, format, prefix)
    beside.write(bundle)
    return bundle


def _hears(bundle: Bundle) -> bool:
    """Whether a bundle is ONNX already, front end and all."""
    return onnx.opens(bundle) and onnx.open(bundle).front is None


def _written(source: Bundle, described: Bundle, format: str, prefix: str | None) -> Bundle:
    exporter = _exporter(format)
    described = prefixes.named(described, exporter, prefix)
    rewritten = (exporter.rewrite(each, described) for each in _with_parts(source))
    written = next((bundle for bundle in rewritten if bundle is not None), None)
    return written or _of_run(source, described, format)


def _with_parts(source: Bundle) -> Iterator[Bundle]:
    """A bundle, then those in it, which are not read where it is enough: one may be damaged."""
    yield source
    yield from bundle_files.parts(source)


def _exporter(format: str) -> ModuleType:
    try:
        return plugins.load(PACKAGE, format)
    except ConfigError:  # unknown, or it needs what the core install lacks
        if format.replace("-", "_") in plugins.names(PACKAGE):
            needs.torch(f"export to {format}")
        raise


def _of_run(source: Bundle, bundle: Bundle, format: str) -> Bundle:
    needs.torch(f"export of {source.model_file} to {format}")
    from lightspeech.export import checks, recover

    run = recover.recover(source)
    exported: Bundle = checks.exporter(run.config, format).export(run, bundle)
    return exported

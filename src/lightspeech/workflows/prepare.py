"""A corpus on disk becomes a manifest, and what is odd about it is counted."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lightspeech import config, plugins
from lightspeech.audio import remote
from lightspeech.corpora import labels, manifest, preparing
from lightspeech.errors import CorpusError
from lightspeech.progress import Progress
from lightspeech.reporting import corpus as report
from lightspeech.studies import engine

CORPORA = "lightspeech.corpora"
COPIES = Path("cache", "remote")
"""Of corpora that lie elsewhere: what is read again and again."""


def prepare(
    corpus: str,
    *,
    root: Path | None,
    options: Sequence[str],
    output: Path,
    progress: Progress,
    columns: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Read a corpus, decode each file once, and write its manifest.

    Args:
        corpus: a reader.
        root: its folder; None: where ``$LIGHTSPEECH_DATA`` says. Of an address all recordings are
            copied first, into `COPIES`.
        options: of the reader, each ``key=value``.
        output: the manifest.
        progress: told of recordings, and of copies before them.
        columns: of a reader of tables: what yours calls a column.
        names: label to take by the label that recordings have.

    Returns:
        Its counts, see `reporting.corpus.summarize`, and where the manifest is.

    Raises:
        AudioError: if nobody answers at an address.
        ConfigError: if there is no such reader, or it has no such option.
        CorpusError: if the corpus is not there, or ``output`` is, and is no manifest.
        OutputError: if the manifest cannot be written.
    """
    _refuse_other(output)
    if root is not None and (address := remote.address(root)) is not None:
        copies = COPIES / hashlib.sha256(address.encode()).hexdigest()[:12]
        root = remote.fetch(root, copies, progress)
    values = config.override({"root": str(root)} if root else {}, list(options))
    if columns:
        values["columns"] = dict(columns)
    module = plugins.load(CORPORA, corpus)
    choice = config.Choice(CORPORA, corpus, config.build(module.Config, values, source=corpus))
    each = engine.stream if engine.elsewhere() else preparing.in_threads
    prepared = preparing.prepare(choice, progress=progress, each=each)
    relabelled = labels.relabel(prepared.utterances, names or {})
    prepared = replace(prepared, utterances=relabelled)
    manifest.write(prepared.utterances, output)
    return {**report.summarize(prepared), "manifest": str(output)}


def _refuse_other(output: Path) -> None:
    """Refuse to write over what is no manifest: it cannot be had back by another call."""
    try:
        if output.exists():
            manifest.read(output, need_audio=False)
    except CorpusError:
        raise CorpusError(
            f"{output}: is there, and no manifest; remove it, or name another file with --output"
        ) from None

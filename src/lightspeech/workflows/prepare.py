"""A corpus on disk becomes a manifest, and what is odd about it is counted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightspeech import config, plugins
from lightspeech.corpora import manifest
from lightspeech.progress import Progress
from lightspeech.reporting import corpus as report

CORPORA = "lightspeech.corpora"


def prepare(
    corpus: str, *, root: Path | None, options: Sequence[str], output: Path, progress: Progress
) -> dict[str, Any]:
    """Read a corpus, decode each file once, and write its manifest.

    Args:
        corpus: a reader.
        root: its folder; None: where ``$LIGHTSPEECH_DATA`` says.
        options: of the reader, each ``key=value``.
        output: the manifest.
        progress: told of recordings.

    Returns:
        Its counts, see `reporting.corpus.summarize`, and where the manifest is.

    Raises:
        ConfigError: if there is no such reader, or it has no such option.
        CorpusError: if the corpus is not there.
        OutputError: if the manifest cannot be written.
    """
    values = config.override({"root": str(root)} if root else {}, list(options))
    module = plugins.load(CORPORA, corpus)
    choice = config.Choice(CORPORA, corpus, config.build(module.Config, values, source=corpus))
    prepared = manifest.prepare(choice, progress=progress)
    manifest.write(prepared.utterances, output)
    return {**report.summarize(prepared), "manifest": str(output)}

"""What training, selection and test of a table share, by its own split or by a protocol's cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightspeech import config, plugins
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.progress import Progress
from lightspeech.protocols import given, leaks
from lightspeech.protocols.base import Split
from lightspeech.protocols.leaks import Leak

PROTOCOLS = "lightspeech.protocols"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A table whose splits were compared.

    Attributes:
        leaks: each with the name of its split.
        n_splits: that were compared.
        n_utterances: of the table.
        text_leaks: sentences that parts share, each with the name of its split: a leak for models
            that read text.
        speaker_unknown: utterances that could not be compared by speaker.
        audio_unknown: utterances that could not be compared by sound.
    """

    leaks: tuple[tuple[str, Leak], ...]
    text_leaks: tuple[tuple[str, Leak], ...]
    n_splits: int
    n_utterances: int
    speaker_unknown: int
    audio_unknown: int


def check(
    table: Path,
    *,
    protocol: str | None,
    options: Sequence[str],
    progress: Progress,
    columns: Mapping[str, str] | None = None,
) -> Checked:
    """Find what the parts of each split share.

    Args:
        table: a manifest, or any CSV with path and label.
        protocol: cuts it; None: its column ``split`` says.
        options: of the protocol, each ``key=value``.
        progress: told of recordings.
        columns: what the table calls a column, by the name it is read under.

    Raises:
        ConfigError: if the protocol cannot cut it, or the table has no split to check.
        CorpusError: if the table cannot be read.
    """
    utterances = manifest.read_any(table, columns=columns, progress=progress)
    splits = cut(utterances, protocol, options)
    return Checked(
        leaks=tuple(
            (split.name, leak) for split in splits for leak in leaks.find(utterances, split)
        ),
        text_leaks=tuple(
            (split.name, leak) for split in splits for leak in leaks.find_texts(utterances, split)
        ),
        n_splits=len(splits),
        n_utterances=len(utterances),
        speaker_unknown=leaks.speaker_unknown(utterances),
        audio_unknown=sum(not u.audio_hash for u in utterances),
    )


def cut(
    utterances: list[Utterance], protocol: str | None, options: Sequence[str]
) -> tuple[Split, ...]:
    """Cut by a protocol, or as the manifest says.

    Args:
        utterances: of the manifest.
        protocol: its name; None: as the manifest says.
        options: of the protocol, each ``key=value``.

    Raises:
        ConfigError: if the protocol cannot cut them, or the manifest has no split to check.
    """
    if protocol is not None:
        module = plugins.load(PROTOCOLS, protocol)
        cfg = config.build(module.Config, config.override({}, list(options)), source=protocol)
        splits: tuple[Split, ...] = module.cut(utterances, cfg).splits
        return splits
    split = given.read_split(utterances)
    if not split.train or not (split.test or split.selection):
        raise ConfigError(
            "no split to check: fill the column 'split' with train, selection and test, or name "
            f"one with --protocol, such as {plugins.names(PROTOCOLS)}"
        )
    return (split,)

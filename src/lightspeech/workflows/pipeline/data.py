"""Recordings as they were downloaded become a manifest, and a word on how to learn from them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from lightspeech import config, plugins
from lightspeech.audio import folders
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError
from lightspeech.files import write_text
from lightspeech.progress import Progress
from lightspeech.training.layout import MANIFEST
from lightspeech.workflows.new import CORPORA, plan
from lightspeech.workflows.prepare import prepare as write_manifest

SETTINGS = "data.yaml"
"""Beside the manifest of prepared data: the keys of a recipe that follow from it."""
SPEAKERS = "speakers.csv"
"""Beside class folders: who speaks, with the columns ``path`` and ``speaker``."""
USUAL: dict[str, dict[str, Any]] = {
    "ravdess": {"name": "ravdess_pinned"},
    "crema_d": {"name": "crema_d_pinned"},
    "iemocap": {"name": "leave_one_out", "unit": "session"},
}
"""How a whole corpus is measured, where its speakers alone do not say it."""
UNBENT = {
    "shift": 0,
    "stretch": 0,
    "semitones": 0,
    "gain_db": 0,
    "noise_probability": 0,
    "time_masks": 0,
    "band_masks": 0,
    "crop": 0,
}
"""No augmentation."""


def prepare(raw: Path, output: Path, *, augment: bool, progress: Progress) -> dict[str, Any]:
    """Find out which corpus a folder holds, decode it, and say how a model learns from it.

    Args:
        raw: folder of a published corpus, or one with a sub-folder a class.
        output: folder that gets the manifest and `SETTINGS`.
        augment: bend training examples, as the recipe says; in training, never on disk.
        progress: told of recordings.

    Returns:
        Counts of the corpus, see `reporting.corpus.summarize`.

    Raises:
        CorpusError: if there are no recordings, or too few to learn from.
        OutputError: if the folder cannot be written.
    """
    corpus = {"name": corpus_of(raw), "root": raw.resolve().as_posix()}
    if corpus["name"] == "folder" and (raw / SPEAKERS).is_file():
        corpus["speakers"] = (raw.resolve() / SPEAKERS).as_posix()
    options = [f"{key}={json.dumps(text)}" for key, text in corpus.items() if key != "name"]
    summary = write_manifest(
        corpus["name"], root=None, options=options, output=output / MANIFEST, progress=progress
    )
    protocol, left_out = _measured(corpus["name"], manifest.read(output / MANIFEST))
    settings = {
        "corpus": corpus,
        "map": dict.fromkeys(left_out, ""),
        "protocol": protocol,
        "augment": {} if augment else UNBENT,
    }
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    write_text(output / SETTINGS, text)
    return summary


def corpus_of(raw: Path) -> str:
    """Tell by the names of its files which published corpus a folder holds; else ``folder``.

    Args:
        raw: the folder.

    Raises:
        CorpusError: if it is not there, or holds no recording.
    """
    stems = [path.stem for path in folders.listing(raw).recordings] if raw.is_dir() else []
    if not stems:
        raise CorpusError(f"{raw}: no recordings here; name the folder that holds them")
    votes: Counter[str] = Counter()
    # The names of some corpora look alike: of two that fit, the one with fewer people is meant.
    for module in sorted(_published(), key=lambda module: module.INFO.n_speakers):
        votes[module.NAME] = sum(bool(module.PATTERN.fullmatch(stem)) for stem in stems)
    name, n_named = votes.most_common(1)[0]
    return name if 2 * n_named > len(stems) else "folder"


def _published() -> list[Any]:
    """Modules of the corpora that are got somewhere, whose files tell what they are."""
    modules = [plugins.load(CORPORA, name) for name in plugins.names(CORPORA)]
    return [module for module in modules if module.INFO.n_speakers and hasattr(module, "PATTERN")]


def _measured(corpus: str, utterances: list[Utterance]) -> tuple[dict[str, Any], dict[str, str]]:
    """Say how a corpus is measured, and which of its classes cannot be learnt then."""
    info = plugins.load(CORPORA, corpus).INFO
    if corpus in USUAL and len({u.speaker for u in utterances}) == info.n_speakers:
        return USUAL[corpus], {}
    return plan(utterances)


def overrides(data: Path) -> list[str]:
    """Give what follows from prepared data as changes to a recipe.

    Args:
        data: folder by `prepare`.

    Raises:
        CorpusError: if it is no such folder.
        ConfigError: if its settings are damaged.
    """
    if not (data / SETTINGS).is_file():
        raise CorpusError(
            f"{data}: no {SETTINGS} here; type: python scripts/01_prepare_data.py --raw_data "
            f"FOLDER --output {data}"
        )
    settings = config.read_yaml(data / SETTINGS)
    return [f"{key}={json.dumps(value)}" for key, value in settings.items()]

"""Kept models: small fold models of a published figure, so that anybody can compute it again.

Of ``results/<corpus>/<name>.json`` they lie in ``results/models/<corpus>/<name>/``: of each fold of
the first seed ``fold<k>.onnx``, features to logits, and ``fold<k>.json``, which says what it hears
and whom it is measured on. Neither training nor torch is needed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from lightspeech import bounds, metrics, plugins
from lightspeech.audio import budget, frontend, io
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.bundle import ClassNames
from lightspeech.config import Choice, PlainName, as_dict, config, plugin, read_json
from lightspeech.corpora import labels as vocabularies
from lightspeech.corpora.base import Utterance
from lightspeech.errors import BundleError, ConfigError
from lightspeech.evaluation.results import DIGITS, Results
from lightspeech.files import placed, replacing, write_json
from lightspeech.progress import Progress, no_progress
from lightspeech.runtime.onnx_session import OnnxSession
from lightspeech.training.calibrate import Array, utterance_probabilities

LIMIT_BYTES = 100_000
"""A model larger than this is not kept: results are tracked with the code."""
TOLERANCE = 0.002
"""Two tenths of a point: other processors round some sums in another order."""
CORPORA = "lightspeech.corpora"


@config
class Kept:
    """How a kept model is heard, and whom it is measured on."""

    corpus: PlainName
    vocabulary: PlainName
    protocol: Annotated[Choice, plugin("lightspeech.protocols")]
    fold: Annotated[int, Field(ge=0, lt=10_000)]
    seed: int
    labels: ClassNames
    """In the order of the logits."""
    frontend: MelConfig
    windows: Windows
    temperature: bounds.Temperature
    sha256: str
    """Of the model."""

    def __post_init__(self) -> None:
        """Refuse windows and front ends that no device has."""
        budget.check(self.windows, self.frontend.sample_rate, self.frontend)


@dataclass(frozen=True, kw_only=True)
class Recomputation:
    """A published UAR of one seed, and the same computed again; rates from 0 to 1."""

    published: float
    recomputed: float

    @property
    def agrees(self) -> bool:
        """Whether both are the same up to `TOLERANCE`."""
        return abs(self.published - self.recomputed) <= TOLERANCE


def folder_of(results_file: Path) -> Path:
    """Name the folder of the models of a published file."""
    corpus = placed(results_file).parent
    return corpus.parent / "models" / corpus.name / results_file.stem


def model_file(folder: Path, fold: int) -> Path:
    """Name the ONNX file of the model of a fold; beside it stands what is said of it.

    Args:
        folder: of the models of all folds, see `folder_of`.
        fold: number of the fold.
    """
    return folder / f"fold{fold}.onnx"


def write(kept: Kept, model: bytes, folder: Path) -> None:
    """Write the model of a fold, and what is said of it.

    Args:
        kept: what is said of the model.
        model: its ONNX file, features to logits.
        folder: of the models of all folds, see `folder_of`.

    Raises:
        OutputError: if the folder cannot be written.
    """
    file = model_file(folder, kept.fold)
    with replacing(file) as temporary:
        temporary.write_bytes(model)
    write_json(file.with_suffix(".json"), as_dict(kept))


def read(folder: Path) -> list[tuple[Kept, bytes]]:
    """Read the models of all folds.

    Raises:
        BundleError: if there is none, or one is missing, damaged or too large.
        ConfigError: if a description lacks a key.
    """
    paths = sorted(folder.glob("fold*.json"))
    if not paths:
        raise BundleError(f"{folder}: no kept models here; publish again with --publish")
    return [_read(path) for path in paths]


def _read(path: Path) -> tuple[Kept, bytes]:
    kept = read_json(Kept, path)
    file = path.with_suffix(".onnx")
    if not file.is_file() or file.stat().st_size > LIMIT_BYTES:
        raise BundleError(f"{file}: missing, or larger than {LIMIT_BYTES} bytes; copy it again")
    model = file.read_bytes()
    if hashlib.sha256(model).hexdigest() != kept.sha256:
        raise BundleError(f"{file}: its content is not what was published (SHA-256); copy it again")
    return kept, model


def corpus_choice(name: str, root: Path) -> Choice:
    """Pick a corpus in a folder: its own, or the one that holds it under its name.

    Args:
        name: of a corpus, a plug-in.
        root: folder of its recordings, or of folders of corpora.
    """
    below = root / name
    config = plugins.load(CORPORA, name).Config(root=below if below.is_dir() else root)
    return Choice(CORPORA, name, config)


def check(
    published: Results,
    models: Sequence[tuple[Kept, bytes]],
    utterances: Sequence[Utterance],
    *,
    progress: Progress = no_progress,
) -> Recomputation:
    """Compute a published figure again from its kept models.

    Args:
        published: the figures; those of the models' seed are compared.
        models: of every fold.
        utterances: the recordings of the corpus.
        progress: told of every recording.

    Raises:
        ConfigError: if a fold is missing, or the figures do not tell the models' seed.
    """
    seeds, folds = {kept.seed for kept, _ in models}, {kept.fold for kept, _ in models}
    rates = [published.per_seed.get(str(seed)) for seed in seeds]
    if folds != set(range(published.folds)) or len(rates) != 1 or rates[0] is None:
        raise ConfigError(
            f"{len(models)} models of folds {sorted(folds)}, seeds {sorted(seeds)}, figures of "
            f"{published.folds} folds and seeds {list(published.per_seed)}; publish again with "
            "--publish"
        )
    uars = [_uar(kept, model, utterances, progress) for kept, model in models]
    return Recomputation(published=rates[0], recomputed=round(float(np.mean(uars)), DIGITS))


def _uar(kept: Kept, model: bytes, utterances: Sequence[Utterance], progress: Progress) -> float:
    mapped = {u.id: vocabularies.map_label(u.emotion, kept.vocabulary) for u in utterances}
    in_classes = [u for u in utterances if mapped[u.id] in kept.labels]
    splits = kept.protocol.module.cut(in_classes, kept.protocol.config).splits
    if kept.fold >= len(splits):
        raise ConfigError(
            f"fold {kept.fold} of {len(splits)} on these recordings; take those of the figures"
        )
    test = set(splits[kept.fold].test)
    tested = [u for u in in_classes if u.id in test]
    session = OnnxSession(model, f"kept model of fold {kept.fold}")
    answers = []
    for n_answered, utterance in enumerate(tested, start=1):
        answers.append(_answer(session, utterance, kept))
        progress(f"fold {kept.fold}", n_answered, len(tested))
    truth = np.array([kept.labels.index(str(mapped[u.id])) for u in tested], np.int64)
    return metrics.uar(truth, np.stack(answers).argmax(1), len(kept.labels))


def _answer(session: OnnxSession, utterance: Utterance, kept: Kept) -> Array:
    """Probabilities of one utterance, shape ``(n_classes,)``."""
    waveform = io.load(utterance.path, kept.frontend.sample_rate)
    pieces = kept.windows.cut(waveform, kept.frontend.sample_rate)
    features = np.stack([frontend.features(piece, kept.frontend) for piece in pieces])
    logits = session.run("logits", {"features": features})
    if logits.shape != (len(pieces), len(kept.labels)) or not np.isfinite(logits).all():
        raise session.fault(f"gives {logits.shape}, not one finite logit a class and window")
    counts = np.array([len(pieces)])
    over = kept.windows.over
    answer: Array = utterance_probabilities(logits, counts, kept.temperature, over)[0]
    return answer

"""What a teacher answered to the training part of one fold, on disk, with what the teacher knows.

One file a fold. It never holds an answer to a test or a selection utterance.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from lightspeech.config import build, config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError, StudyError
from lightspeech.files import parse_json
from lightspeech.protocols import leaks
from lightspeech.protocols.base import Split
from lightspeech.protocols.leaks import Heard
from lightspeech.training.layout import WEIGHTS
from lightspeech.training.tensor_file import write_tensors

KEPT = ("id", "corpus", "speaker", "dialogue", "parent", "audio_hash")
"""Of every utterance that a teacher knows: what a leak can be told by."""


@config
class _About:
    """What stands beside the tensors."""

    labels: tuple[str, ...]
    ids: tuple[str, ...]
    seeds: tuple[int, ...]
    study: str
    train: tuple[dict[str, str], ...]
    selection: tuple[dict[str, str], ...]
    answered: dict[str, str] = field(default_factory=dict)
    """Older files do not say it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftLabels:
    """Answers of a teacher.

    Attributes:
        labels: class names, in the order of the probabilities.
        ids: the utterances answered.
        probabilities: mean over crops and seeds, shape ``(n, n_classes)``.
        embeddings: what the head of the first seed's network reads, mean over crops, shape
            ``(n, width)``; the width is 0 where nobody wanted to learn from them.
        seeds: of the teacher's runs.
        heard: what the teacher knows.
        answered: folder of each run of the teacher's, and the hash of its weights.
    """

    labels: tuple[str, ...]
    ids: tuple[str, ...]
    probabilities: Tensor
    embeddings: Tensor
    seeds: tuple[int, ...]
    heard: Heard
    answered: dict[str, str]


def write(soft: SoftLabels, path: Path) -> None:
    """Write soft labels atomically.

    Args:
        soft: soft labels, answers and embeddings in the order of their ids.
        path: of the file.

    Raises:
        OutputError: if the file cannot be written.
    """
    about = {
        "labels": soft.labels,
        "ids": soft.ids,
        "seeds": soft.seeds,
        "answered": soft.answered,
        "study": soft.heard.study,
        "train": [_known(utterance) for utterance in soft.heard.train],
        "selection": [_known(utterance) for utterance in soft.heard.selection],
    }
    tensors = {"probabilities": soft.probabilities, "embeddings": soft.embeddings}
    write_tensors(path, tensors, {"about": json.dumps(about)})


def _known(utterance: Utterance) -> dict[str, str]:
    return {name: getattr(utterance, name) for name in KEPT}


def read(path: Path) -> SoftLabels:
    """Read soft labels.

    Raises:
        CorpusError: if there is no such file, or it is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            said = parse_json(file.metadata()["about"])
            probabilities = file.get_tensor("probabilities")
            embeddings = file.get_tensor("embeddings")
        about = build(_About, said, source="its metadata")
        if not len(about.ids) == len(probabilities) == len(embeddings):
            raise ValueError(f"{len(about.ids)} ids, {len(probabilities)} answers")
        return SoftLabels(
            labels=about.labels,
            ids=about.ids,
            probabilities=probabilities,
            embeddings=embeddings,
            seeds=about.seeds,
            heard=Heard(
                study=about.study,
                train=_utterances(about.train),
                selection=_utterances(about.selection),
            ),
            answered=about.answered,
        )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(
            f"{path}: no soft labels ({reason}); delete it and let 'lightspeech compress' make it"
        ) from None


def _utterances(known: Sequence[Mapping[str, str]]) -> tuple[Utterance, ...]:
    return tuple(Utterance(path=Path(), emotion="", **fields) for fields in known)  # type: ignore[arg-type]


def check(
    soft: SoftLabels, labels: tuple[str, ...], utterances: Sequence[Utterance], split: Split
) -> None:
    """Refuse soft labels that are not for a student.

    Args:
        soft: soft labels.
        labels: class names of the student, in the order of its logits.
        utterances: the student's whole corpus.
        split: of the student.

    Raises:
        ConfigError: if the teacher tells other classes apart.
        CorpusError: if the teacher was not asked about an utterance of the training part.
        LeakError: if the teacher knows whom the student is measured on.
    """
    check_labels(soft.heard.study, soft.labels, labels)
    missing = set(split.train) - set(soft.ids)
    if missing:
        raise CorpusError(
            f"{split.name}: the soft labels of {soft.heard.study} lack {len(missing)} of "
            f"{len(split.train)} training utterances, such as {min(missing)}; they are of another "
            "corpus or fold: name the teacher's study instead, so that it is asked again"
        )
    leaks.check_teacher(soft.heard, utterances, split)


def check_embeddings(soft: SoftLabels, path: Path) -> None:
    """Refuse answers without embeddings where a student learns from them.

    Args:
        soft: soft labels, as read.
        path: of their file, for the message.

    Raises:
        ConfigError: naming what to delete.
    """
    if not soft.embeddings.shape[1]:
        raise ConfigError(
            f"{path}: the teacher {soft.heard.study} was not asked for the embeddings that "
            f"distill.features and distill.relations are learnt from; delete {path.parent} and "
            "name the teacher's study, so that it is asked again, or set both to 0"
        )


def check_fresh(soft: SoftLabels, path: Path) -> None:
    """Refuse answers of a teacher that was trained again since; one that is gone has not changed.

    Args:
        soft: soft labels, as read.
        path: of their file, for the message.

    Raises:
        StudyError: naming the run and what to delete.
    """
    for folder, digest in soft.answered.items():
        weights = Path(folder) / WEIGHTS
        if weights.exists() and hash_of(Path(folder)) != digest:
            raise StudyError(
                f"{path}: the teacher's run {folder} was trained again since it answered; delete "
                f"{path.parents[1]}, so that it is asked again and its students learn anew"
            )


def hash_of(run: Path) -> str:
    """Hash the weights of a run, SHA-256."""
    with (run / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_labels(study: str, teacher: tuple[str, ...], student: tuple[str, ...]) -> None:
    """Refuse a teacher of other classes.

    Args:
        study: name of the teacher's study, for the message.
        teacher: its class names, in the order of its logits.
        student: those of its student.

    Raises:
        ConfigError: naming both sets.
    """
    if teacher != student:
        raise ConfigError(
            f"the teacher {study} tells {list(teacher)} apart, its student {list(student)}; train "
            "a teacher with the same corpus labels, or set labels: of both recipes alike"
        )

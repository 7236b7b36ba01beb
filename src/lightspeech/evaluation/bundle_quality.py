"""Quality of a bundle, measured through the code that answers on a device."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lightspeech.audio import io
from lightspeech.bundle import Bundle
from lightspeech.corpora import labels
from lightspeech.corpora.base import Utterance
from lightspeech.corpora.origin import may_know, original
from lightspeech.errors import BundleError, CorpusError
from lightspeech.evaluation.conditions import KNOWN_SPEAKER, Conditions
from lightspeech.inference.predictor import Predictor, said
from lightspeech.inference.recognize import recognize
from lightspeech.progress import Progress, no_progress
from lightspeech.training.predictions import Predictions


def answer_all(
    predictor: Predictor,
    utterances: Sequence[Utterance],
    vocabulary: str | None,
    *,
    progress: Progress = no_progress,
) -> Predictions:
    """Recognize every utterance that has a class of the bundle.

    Args:
        predictor: an open bundle.
        utterances: the recordings; those without a class of the bundle are left out.
        vocabulary: maps the corpus's own labels onto the bundle's; None: the common one of these.
        progress: told of every recording.

    Raises:
        CorpusError: if no utterance has a class of the bundle.
        AudioError: if a recording cannot be decoded.
    """
    bundle = predictor.bundle
    vocabulary = vocabulary or labels.vocabulary_of(bundle.labels)
    names = [labels.class_of(u.emotion, vocabulary, bundle.labels) for u in utterances]
    rows = [row for row, name in enumerate(names) if name]
    if not rows:
        strange = [utterance.emotion for utterance in utterances]
        raise CorpusError(
            f"no recording has a class of {bundle.name}: "
            f"{labels.left_out(strange, len(strange), bundle.labels)}; or choose --labels of "
            f"{[labels.OWN, *labels.VOCABULARIES]}"
        )
    answers = []
    for n_answered, row in enumerate(rows, start=1):
        waveform = io.load(utterances[row].path, bundle.sample_rate)
        words = None if bundle.text is None else utterances[row].transcript
        answers.append(recognize(said(predictor, words), waveform))
        progress("answers", n_answered, len(rows))
    return Predictions(
        labels=bundle.labels,
        ids=tuple(utterances[row].id for row in rows),
        speakers=tuple(utterances[row].speaker for row in rows),
        truth=np.array([bundle.labels.index(str(names[row])) for row in rows], np.int64),
        probabilities=np.stack(answers),
        fold=_stated(bundle, "provenance", "fold"),
        seed=_stated(bundle, "provenance", "seed"),
    )


def held_out(bundle: Bundle, utterances: Sequence[Utterance]) -> list[Utterance]:
    """Keep the speakers of the bundle's own test fold.

    Args:
        bundle: as read by `bundle.read`.
        utterances: the recordings that it is to be measured on.

    Raises:
        BundleError: if the bundle does not say who they are.
        CorpusError: if none of them is here.
    """
    test_speakers = set(_stated(bundle, "provenance", "test_speakers"))
    known = _corpora(bundle)
    tested = [u for u in utterances if original(u, known).speaker in test_speakers]
    if not tested:
        raise CorpusError(
            f"none of the bundle's test speakers {sorted(test_speakers)} is in the table"
        )
    return tested


def strangers(bundle: Bundle, utterances: Sequence[Utterance]) -> list[Utterance]:
    """Keep whom a bundle does not know: its test speakers, where there are any, else others.

    Args:
        bundle: as read by `bundle.read`.
        utterances: the recordings that it is to be measured on.

    Raises:
        CorpusError: if all are of corpora that it learnt from.
    """
    tested = set(bundle.provenance.get("test_speakers", ()))
    known = _corpora(bundle)
    kept = [u for u in utterances if original(u, known).speaker in tested]
    kept = kept or [u for u in utterances if not may_know(u, known)]
    if not kept:
        raise CorpusError(
            f"learnt from {sorted(known)}, and none of its test speakers "
            f"{sorted(tested)} is in the table; measure it on recordings of others"
        )
    return kept


def is_leaky(bundle: Bundle, utterances: Sequence[Utterance]) -> bool:
    """Whether training may have known a speaker of ``utterances``.

    It may have known all of its corpora but for the bundle's test speakers, and anybody where the
    bundle does not say what it learnt from.

    Args:
        bundle: as read by `bundle.read`.
        utterances: the recordings that it is to be measured on.
    """
    trained = _corpora(bundle)
    test_speakers = set(bundle.provenance.get("test_speakers", ()))
    return not trained or any(may_know(u, trained, test_speakers) for u in utterances)


def _corpora(bundle: Bundle) -> set[str]:
    """Names of those that it, or a teacher of it, learnt from."""
    return {corpus.get("name", "") for corpus in bundle.corpora}


def describe(bundle: Bundle, utterances: Sequence[Utterance]) -> Conditions:
    """Say what must stand beside the figures of a ``bundle`` on some ``utterances``.

    Args:
        bundle: as read by `bundle.read`.
        utterances: the recordings that it is to be measured on.

    Raises:
        BundleError: if the bundle does not say what it is.
    """
    leaky, known = is_leaky(bundle, utterances), bundle.knows_speaker
    return Conditions(
        corpus="+".join(sorted({utterance.corpus for utterance in utterances})),
        protocol="bundle",
        unit="none" if leaky else "speaker",
        selection="as in training",
        normalisation=f"{KNOWN_SPEAKER}: a voice in the bundle" if known else "inside the model",
        leaky=leaky,
        model=_stated(bundle, "model", "name"),
        scheme="as exported",
        n_params=_stated(bundle, "model", "n_params"),
        size_bytes=bundle.size_bytes,
        recipe=_stated(bundle, "provenance", "recipe"),
        labels=bundle.labels,
    )


def _stated(bundle: Bundle, part: str, key: str) -> Any:
    values = getattr(bundle, part)
    if key not in values:
        raise BundleError(
            f"{bundle.path}: bundle.json does not say {part}.{key}; export the model again"
        )
    return values[key]

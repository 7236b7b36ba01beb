import dataclasses

import numpy as np
import pytest
import soundfile

from lightspeech.corpora.base import Utterance
from lightspeech.errors import BundleError, CorpusError
from lightspeech.evaluation import bundle_quality
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import recognize

SAID = {"recipe": "toy_loudness", "fold": 2, "seed": 7}


@pytest.fixture
def toy(make_bundle):
    corpora = ({"name": "toy", "licence": "none", "citation": "none"},)
    return make_bundle(provenance={**SAID, "test_speakers": ["toy/b"]}, corpora=corpora)


@pytest.fixture
def utterances(tmp_path):
    """Silence, which the toy model calls low, and a loud tone, of two speakers."""
    made = []
    for speaker in "ab":
        for emotion, peak in (("low", 0.0), ("loud", 0.5)):
            path = tmp_path / f"{speaker}-{emotion}.wav"
            soundfile.write(path, np.full(8_000, peak, np.float32), 16_000)
            made.append(
                Utterance(
                    id=f"toy/{path.stem}", path=path, corpus="toy", speaker=f"toy/{speaker}",
                    emotion=emotion,
                )
            )  # fmt: skip
    return made


def test_answers_are_those_of_the_device_code(toy, utterances):
    predictor = onnx.open(toy)
    made = bundle_quality.answer_all(predictor, utterances, "own")
    tone = recognize(predictor, np.full(8_000, 0.5, np.float32))
    assert made.answers.tolist() == made.truth.tolist() == [0, 2, 0, 2]
    assert made.probabilities[1] == pytest.approx(tone, abs=1e-3)
    assert (made.fold, made.seed) == (2, 7)


def test_strangers_are_test_speakers_or_all_of_a_corpus_that_it_never_met(toy, utterances):
    assert {u.speaker for u in bundle_quality.strangers(toy, utterances)} == {"toy/b"}
    others = [dataclasses.replace(u, corpus="mine", speaker="mine/a") for u in utterances]
    assert bundle_quality.strangers(toy, others) == others
    known = [dataclasses.replace(u, speaker="toy/a") for u in utterances]
    with pytest.raises(CorpusError, match=r"learnt from \['toy'\], and none of its test speakers"):
        bundle_quality.strangers(toy, known)


def test_copies_of_what_it_learnt_from_are_told_by_their_names(toy, utterances):
    learnt = ({"name": "ravdess", "licence": "none", "citation": "none"},)
    said = {**SAID, "test_speakers": ["ravdess/02"]}
    bundle = dataclasses.replace(toy, corpora=learnt, provenance=said)
    names = [f"03-01-05-01-01-01-0{actor}.wav" for actor in (1, 1, 2, 2)]
    copies = [
        dataclasses.replace(u, path=u.path.with_name(name), corpus="mine", speaker="mine/x")
        for u, name in zip(utterances, names, strict=True)
    ]
    assert bundle_quality.is_leaky(bundle, copies)
    assert not bundle_quality.is_leaky(bundle, copies[2:])
    assert bundle_quality.strangers(bundle, copies) == copies[2:]
    assert bundle_quality.held_out(bundle, copies) == copies[2:]
    with pytest.raises(CorpusError, match=r"learnt from \['ravdess'\]"):
        bundle_quality.strangers(bundle, copies[:2])


@pytest.mark.parametrize("reader", ["csv", "folder"])
def test_where_only_the_reader_is_named_anybody_may_be_known(toy, utterances, reader):
    """Bundles of earlier versions do not name a user's own corpora."""
    learnt = ({"name": reader, "licence": "none", "citation": "none"},)
    bundle = dataclasses.replace(toy, corpora=learnt)
    others = [dataclasses.replace(u, corpus="mine", speaker="mine/a") for u in utterances]
    assert bundle_quality.is_leaky(bundle, others)
    assert not bundle_quality.is_leaky(bundle, bundle_quality.held_out(bundle, utterances))
    with pytest.raises(CorpusError, match=f"learnt from .'{reader}'."):
        bundle_quality.strangers(bundle, others)


class Sure:
    """A bundle of the four common classes that always answers the first."""

    def __init__(self, toy):
        labels = ("angry", "happy", "neutral", "sad")
        self.bundle = dataclasses.replace(toy, labels=labels, thresholds=(0.0,) * len(labels))

    def predict(self, waveforms):
        return np.eye(4, dtype=np.float32)[[0] * len(waveforms)]


def test_a_bundle_of_common_classes_knows_other_names_of_them(toy, utterances):
    said = [dataclasses.replace(utterance, emotion="anger") for utterance in utterances]
    answers = bundle_quality.answer_all(Sure(toy), said, None)
    assert set(answers.truth) == {0}
    assert len(answers.ids) == len(utterances)


def test_vocabulary_maps_labels_and_what_the_bundle_lacks_is_left_out(make_bundle, utterances):
    made = make_bundle(labels=("loud", "sad", "neutral"), provenance=SAID)
    answers = bundle_quality.answer_all(onnx.open(made), utterances, "own")
    assert set(answers.truth) == {0}
    assert len(answers.ids) == 2


def test_recordings_without_a_class_of_the_bundle_are_refused(toy, utterances):
    with pytest.raises(CorpusError, match=r"choose --labels of \['own', 'common4'"):
        bundle_quality.answer_all(onnx.open(toy), utterances, "common4")


def test_progress_is_told_of_every_recording(toy, utterances):
    told = []
    bundle_quality.answer_all(onnx.open(toy), utterances, "own", progress=lambda *a: told.append(a))
    assert told == [("answers", n, 4) for n in (1, 2, 3, 4)]


def test_figures_on_training_speakers_are_leaky_and_on_strangers_are_not(toy, utterances):
    assert bundle_quality.describe(toy, utterances).leaky
    assert bundle_quality.describe(toy, utterances).normalisation == "inside the model"
    knowing = dataclasses.replace(toy, normalisation="speaker")
    told = bundle_quality.describe(knowing, utterances).normalisation
    assert told.startswith("known speaker")  # figures that the frontier leaves out
    assert bundle_quality.describe(toy, utterances).unit == "none"
    strangers = bundle_quality.held_out(toy, utterances)
    assert {u.speaker for u in strangers} == {"toy/b"}
    assert not bundle_quality.describe(toy, strangers).leaky


def test_bundle_that_does_not_name_its_test_speakers_is_leaky_on_its_corpus(
    make_bundle, utterances
):
    corpora = ({"name": "toy", "licence": "none", "citation": "none"},)
    made = make_bundle(provenance=SAID, corpora=corpora)
    assert bundle_quality.is_leaky(made, utterances)
    with pytest.raises(BundleError, match=r"provenance\.test_speakers"):
        bundle_quality.held_out(made, utterances)


def test_held_out_refuses_a_table_without_test_speakers(toy, utterances):
    with pytest.raises(CorpusError, match="none of the bundle's test speakers"):
        bundle_quality.held_out(toy, utterances[:2])

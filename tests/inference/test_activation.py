"""Activation: classes of one side of the circumplex added up, where all are on a side."""

import numpy as np
import pytest

from lightspeech.corpora.labels import VOCABULARIES
from lightspeech.inference import activation, answers


def test_classes_of_high_activation_are_added_up():
    told = activation.of({"angry": 0.1, "happy": 0.2, "neutral": 0.3, "sad": 0.4})
    assert told == pytest.approx(0.3)


@pytest.mark.parametrize("probabilities", [{}, {"angry": 0.5, "disgusted": 0.5}])
def test_nothing_is_told_of_a_class_of_neither_side(probabilities):
    assert activation.of(probabilities) is None


def test_sides_have_nothing_in_common_and_hold_the_classes_of_the_shipped_models():
    assert not activation.HIGH & activation.LOW
    assert {*VOCABULARIES["common4"]} <= activation.HIGH | activation.LOW


def test_answers_segments_and_records_tell_it(make_bundle):
    bundle = make_bundle(labels=("angry", "happy", "sad"))
    said = answers.segment(0.0, 1.0, np.float32([0.5, 0.25, 0.25]), 1.0, bundle)
    assert said.activation == answers.answer([said], bundle).activation == pytest.approx(0.75)
    assert answers.record(said)["activation"] == pytest.approx(0.75)


def test_a_record_of_other_classes_has_no_such_key(make_bundle):
    bundle = make_bundle(labels=("left", "middle", "right"))
    said = answers.segment(0.0, 1.0, np.float32([0.5, 0.25, 0.25]), 1.0, bundle)
    assert said.activation is None
    assert "activation" not in answers.record(said)

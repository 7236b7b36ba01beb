"""One recording, explained for a bundle whose rule is plain: it tells loudness."""

import numpy as np
import pytest

from lightspeech.audio import measures, psola
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.corpora.synthetic_voice import Cues, Speaker, say, sentence
from lightspeech.errors import AudioError
from lightspeech.explain import recording, training_speakers
from lightspeech.inference import dispatch
from lightspeech.reporting import recording as words

LIMITS = (0.5, 0.5, 0.5)


@pytest.fixture
def predictor(make_bundle):
    return dispatch.open(make_bundle())


@pytest.fixture(scope="module")
def waveform():
    who = Speaker(f0_hz=120, tract=1.0, loudness_db=0, rate=1.3, expression=1.0)
    how = Cues(pitch_st=0, range_st=2, loudness_db=10, rate=1, tilt_db=0, jitter=0.01)
    rng = np.random.default_rng(0)
    return say(sentence(rng), who, how, rng)[:SAMPLE_RATE]


@pytest.fixture
def told(predictor, waveform):
    return recording.explain(predictor, waveform)


def test_a_model_of_loudness_is_changed_by_loudness(told):
    strongest, change = told.strongest()
    assert told.label == "loud"
    assert strongest.cue == "loudness level"
    assert strongest.amount == -12
    assert change < -0.1
    assert abs(told.copy[2] - told.probabilities[2]) < 0.01


def test_sentences_say_what_was_heard_what_would_change_it_and_how_sure_that_is(told):
    heard, change, sure = words.sentences(told, thresholds=LIMITS)
    assert heard.startswith("toy answers loud")
    assert "12" in heard  # Hz
    assert "12 dB fainter" in change
    assert "a copy that changes no cue moves it by" in sure


def test_the_answer_over_time_ends_with_the_whole_answer(told):
    assert len(told.over_time) == 4
    np.testing.assert_allclose(told.over_time[-1], told.probabilities)
    assert np.abs(told.over_time[0] - told.over_time[-1]).max() > 0.01


def test_values_are_held_against_those_of_the_training_speakers(predictor, waveform):
    """Of speakers who speak an octave lower and as loudly, the pitch alone is unusual."""
    own = measures.measure(psola.analyse(waveform))
    spread = np.linspace(-1, 1, 21)[:, None]
    lower = own - 12 * (np.array(list(measures.UNITS)) == "pitch")
    learnt = training_speakers.summed(lower + spread, [f"toy/{n % 7}" for n in range(21)])
    training_speakers.write(learnt, predictor.bundle.path)
    heard = words.sentences(recording.explain(predictor, waveform), LIMITS)[0]
    assert heard.endswith("; beside 21 recordings that it learnt from: pitch above 95% of them.")
    assert learnt.n_speakers == 7


def test_nobody_is_made_up_where_a_bundle_does_not_say_whom_it_learnt_from(told):
    assert told.speakers is None
    assert "learnt from" not in words.sentences(told, LIMITS)[0]


def test_sentences_and_picture_are_written(told, tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need the extra 'report'")
    lines = words.write(told, LIMITS, tmp_path, "one")
    assert (tmp_path / "one.txt").read_text() == f"{lines}\n"
    assert (tmp_path / "one.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("seconds", [0.1, 11.0])
def test_what_is_no_utterance_is_refused(predictor, seconds):
    with pytest.raises(AudioError, match="one utterance"):
        recording.explain(predictor, np.zeros(round(seconds * SAMPLE_RATE), np.float32))


def test_a_recording_without_pitch_is_explained_by_what_it_has(predictor):
    hiss = (0.1 * np.random.default_rng(0).normal(size=SAMPLE_RATE)).astype(np.float32)
    told = recording.explain(predictor, hiss)
    assert {edit.cue for edit in told.edits}.isdisjoint({"pitch level", "jitter"})
    assert "no voice with a pitch" in words.sentences(told, LIMITS)[0]

import threading
from dataclasses import replace

import numpy as np
import pytest

import lightspeech
from lightspeech.bundle import ENVIRONMENT
from lightspeech.errors import AudioError, BundleError, ConfigError
from lightspeech.inference import answers
from lightspeech.inference.answers import Segment

RATE = 16_000


@pytest.fixture
def recognizer(make_bundle):
    return lightspeech.load(make_bundle().path)


def steps(*levels, seconds=5.0):
    """Audio whose loudness the toy model tells, so long at each level."""
    return np.repeat(np.array(levels, np.float32), round(seconds * RATE))


def test_a_bundle_is_opened_by_path_text_name_or_environment(make_bundle, monkeypatch):
    made = make_bundle()
    assert lightspeech.load(made.path).bundle == lightspeech.load(str(made.path)).bundle == made
    monkeypatch.setenv(ENVIRONMENT, str(made.path))
    assert lightspeech.load().bundle == made
    assert lightspeech.load("nano").bundle.name == "nano"


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"bundle": "mirco"}, BundleError, r"one of the package: \['micro', 'micro-6', 'micro-r"),
        ({"bundle": ""}, BundleError, "no such file"),
        ({"bundle": 3}, ConfigError, "bundle is a int; give a folder, or one of"),
        ({"threads": 0}, ConfigError, "threads is 0; give a whole number, 1 or more"),
        ({"threads": 1.5}, ConfigError, "threads is 1.5"),
    ],
)
def test_what_cannot_be_opened_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        lightspeech.load(**arguments)


def test_a_recognizer_tells_what_it_is(recognizer):
    assert repr(recognizer) == "<Recognizer toy: low, mid, loud>"
    assert (recognizer.labels, recognizer.sample_rate) == (("low", "mid", "loud"), RATE)


def test_an_answer_is_likeliest_label_and_whether_it_is_sure(recognizer):
    loud, silent = (recognizer(steps(level, seconds=2), sample_rate=RATE) for level in (0.2, 0))
    assert (loud.label, loud.uncertain) == ("loud", False)
    assert list(loud.probabilities) == ["low", "mid", "loud"]
    assert loud.probabilities["loud"] == max(loud.probabilities.values()) > 0.9
    assert silent.uncertain
    assert (silent.duration_s, len(silent.segments)) == (2.0, 1)


def test_neighbours_of_one_label_and_certainty_are_one_stretch(recognizer):
    answer = recognizer(steps(0, 0.2, 0.2, 0), sample_rate=RATE)
    assert len(answer.hops) == 39
    keys = [(segment.label, segment.uncertain) for segment in answer.segments]
    assert all(a != b for a, b in zip(keys, keys[1:], strict=False))
    [loud] = [segment for segment in answer.segments if not segment.uncertain]
    assert loud.label == "loud"
    assert (loud.start_s, loud.end_s) == (pytest.approx(5, abs=0.5), pytest.approx(15, abs=0.5))


@pytest.mark.parametrize("kind", ["hops", "segments"])
def test_long_audio_has_the_mean_of_its_segments_weighted_by_duration(recognizer, kind):
    answer = recognizer(steps(0, 0.2, 0.03)[:-7_000], sample_rate=RATE)
    segments = getattr(answer, kind)
    weights = [segment.end_s - segment.start_s for segment in segments]
    rows = [list(segment.probabilities.values()) for segment in segments]
    np.testing.assert_allclose(
        list(answer.probabilities.values()), np.average(rows, 0, weights), rtol=1e-9
    )


def test_a_stretch_is_weighted_by_duration(make_bundle):
    hops = [
        Segment(0.0, 1.0, "low", {"low": 0.6, "mid": 0.4, "loud": 0.0}, False, 1.0),
        Segment(1.0, 4.0, "low", {"low": 1.0, "mid": 0.0, "loud": 0.0}, False, 1.0),
        Segment(4.0, 5.0, "low", {"low": 0.4, "mid": 0.3, "loud": 0.3}, True, 1.0),
    ]
    first, second = answers.merged(hops)
    assert (first.start_s, first.end_s, first.uncertain) == (0.0, 4.0, False)
    assert first.probabilities == pytest.approx({"low": 0.9, "mid": 0.1, "loud": 0.0})
    assert second == hops[2]


def test_answers_share_nothing_that_can_be_changed(recognizer):
    answer = recognizer(steps(0.2, seconds=1), sample_rate=RATE)
    answer.probabilities.clear()
    assert answer.segments[0].probabilities


def test_whole_is_one_segment(recognizer):
    answer = recognizer(steps(0, 0.2, 0), sample_rate=RATE, whole=True)
    [segment] = answer.segments
    assert (segment.start_s, segment.end_s) == (0.0, 15.0)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_an_array_is_answered_as_its_file(recognizer, write_tone, tmp_path, rate):
    path = write_tone(tmp_path / "a.wav", seconds=11.0, rate=rate)
    samples = np.round(16_000 * np.sin(2 * np.pi * 440 * np.arange(11 * rate) / rate))
    answer = recognizer(samples.astype(np.int16), sample_rate=rate)
    assert answer == recognizer(path) == recognizer(str(path))
    assert answer.duration_s == 11.0


@pytest.mark.parametrize(
    ("audio", "rate", "kind"),
    [
        (np.full(RATE, np.nan), RATE, AudioError),
        (np.zeros(0), RATE, AudioError),
        (np.zeros((2, RATE)), RATE, AudioError),
        (np.zeros(RATE), None, ConfigError),
        ([0.0] * RATE, RATE, ConfigError),
        ("none.wav", None, AudioError),
        ("none.wav", RATE, ConfigError),
    ],
)
def test_bad_audio_is_refused_and_the_next_is_answered(recognizer, audio, rate, kind):
    with pytest.raises(kind):
        recognizer(audio, sample_rate=rate)
    assert recognizer(steps(0.2, seconds=1), sample_rate=RATE).label == "loud"


def in_threads(recognizer, recordings, n_threads=8):
    """Let threads answer the same recordings all at once, each in another order."""
    found = {}
    start = threading.Barrier(n_threads)

    def work(number):
        start.wait()
        for at in np.random.default_rng(number).permutation(len(recordings)):
            found[number, at] = recognizer(recordings[at], sample_rate=RATE)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_eight_threads_share_a_recognizer(make_bundle, make_tflite, toy_tables, format):
    made = make_bundle() if format == "onnx" else make_tflite(toy_tables)
    recognizer = lightspeech.load(made.path)
    recordings = [steps(level, level / 2, seconds=3) for level in np.linspace(0, 0.2, 20)]
    expected = [recognizer(recording, sample_rate=RATE) for recording in recordings]
    found = in_threads(recognizer, recordings)
    assert len(found) == 8 * 20
    assert all(answer == expected[at] for (_, at), answer in found.items())


def test_a_threshold_of_nothing_is_always_sure(make_bundle):
    made = make_bundle()
    sure = lightspeech.load(made.path).predictor
    sure = lightspeech.Recognizer(replace(sure, bundle=replace(made, thresholds=(0.0,) * 3)))
    assert not sure(steps(0, seconds=1), sample_rate=RATE).uncertain

import tracemalloc

import numpy as np
import pytest

from lightspeech.audio.windows import Windows
from lightspeech.errors import AudioError, BundleError
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import BATCH, UTTERANCE_S, answer, recognize

RATE = 16_000


@pytest.fixture
def predictor(make_bundle):
    return onnx.open(make_bundle())


def noise(seconds, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.uniform(0, 0.2, int(seconds * RATE) // 1000 + 1).repeat(1000)
    return (rng.uniform(-1, 1, int(seconds * RATE)) * size[: int(seconds * RATE)]).astype("f4")


def blocks(waveform, size=10_000):
    return (waveform[at : at + size] for at in range(0, len(waveform), size))


def rows(segments):
    return np.array([list(segment.probabilities.values()) for segment in segments])


def test_an_utterance_is_of_each_class_the_largest_where_the_bundle_says_so(make_bundle):
    cut = Windows(window_s=1.0, hop_s=0.5, over="max")
    predictor = onnx.open(make_bundle(windows=cut))
    waveform = noise(2.2)
    largest = predictor.predict(cut.cut(waveform, RATE)).max(0)
    found = recognize(predictor, waveform)
    np.testing.assert_allclose(found, largest / largest.sum(), rtol=1e-6)
    whole = answer(predictor, blocks(noise(15)), whole=True).segments[0]
    assert sum(whole.probabilities.values()) == pytest.approx(1)


def test_an_utterance_is_the_mean_over_its_windows(predictor):
    waveform = noise(2.2)
    windows = predictor.bundle.windows.cut(waveform, RATE)
    np.testing.assert_allclose(
        recognize(predictor, waveform), predictor.predict(windows).mean(0), rtol=1e-6
    )


def test_batches_change_nothing(predictor):
    waveform = noise(BATCH * 0.5 + 3)
    windows = predictor.bundle.windows.cut(waveform, RATE)
    assert len(windows) > BATCH
    np.testing.assert_allclose(
        recognize(predictor, waveform), predictor.predict(windows).mean(0), rtol=1e-5
    )


@pytest.mark.parametrize("seconds", [0.01, 0.9, 1.0, 1.3, 5.0, UTTERANCE_S])
@pytest.mark.parametrize("whole", [False, True])
def test_an_utterance_is_one_segment_and_exactly_what_recognize_says(predictor, seconds, whole):
    waveform = noise(seconds)
    found = answer(predictor, blocks(waveform), whole=whole)
    [segment] = found.segments
    assert found.hops == (segment,)
    assert (segment.start_s, segment.end_s) == (0.0, len(waveform) / RATE)
    assert found.duration_s == segment.end_s
    assert found.probabilities == segment.probabilities
    expected = recognize(predictor, waveform).tolist()
    assert list(segment.probabilities.values()) == expected
    assert found.label == predictor.bundle.labels[np.argmax(expected)]


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0, np.float32), "0 samples at 16000 Hz; at least 0.01 s"),
        (np.full(RATE, np.nan, np.float32), "NaN or Inf"),
        (np.full(RATE, 3e4, np.float32), "samples reach 30000"),
        (np.zeros((2, RATE), np.float32), r"shape \(2, 16000\)"),
    ],
)
def test_what_is_no_waveform_is_never_answered(predictor, waveform, message):
    with pytest.raises(AudioError, match=message):
        recognize(predictor, waveform)


@pytest.mark.parametrize("seconds", [10.1, 12.0, 40.3])
def test_the_whole_of_long_audio_is_what_recognize_says(predictor, seconds):
    waveform = noise(seconds)
    [segment] = answer(predictor, blocks(waveform), whole=True).segments
    assert segment.end_s == len(waveform) / RATE
    np.testing.assert_allclose(rows([segment])[0], recognize(predictor, waveform), rtol=1e-5)


@pytest.mark.parametrize("hop_s", [0.5, 0.3, 1.0, None])
@pytest.mark.parametrize("kind", ["hops", "segments"])
def test_segments_of_long_audio_follow_each_other_without_gaps(make_bundle, hop_s, kind):
    predictor = onnx.open(make_bundle(windows=Windows(window_s=1.0, hop_s=hop_s)))
    waveform = noise(23.7)
    found = getattr(answer(predictor, blocks(waveform)), kind)
    assert found[0].start_s == 0
    assert found[-1].end_s == pytest.approx(len(waveform) / RATE)
    assert all(a.end_s == b.start_s for a, b in zip(found, found[1:], strict=False))
    assert all(segment.start_s < segment.end_s for segment in found)
    np.testing.assert_allclose(rows(found).sum(1), 1, atol=1e-5)


def test_hops_are_smoothed_with_both_neighbours(predictor):
    waveform = noise(11.0)
    raw = predictor.predict(predictor.bundle.windows.cut(waveform, RATE))
    padded = np.concatenate((raw[:1], raw, raw[-1:]))
    expected = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    np.testing.assert_allclose(rows(answer(predictor, blocks(waveform)).hops), expected, rtol=1e-5)


def test_a_change_of_voice_is_placed_in_time(predictor):
    waveform = np.concatenate((noise(15) * 0, np.full(15 * RATE, 0.2, np.float32)))
    found = answer(predictor, blocks(waveform)).segments
    first = next(segment for segment in found if not segment.uncertain)
    assert first.label == "loud"
    assert first.start_s == pytest.approx(15, abs=0.5)


def test_two_hours_take_little_more_memory_than_minutes(predictor):
    second = np.zeros(RATE, np.float32)

    def peak_bytes(seconds):
        tracemalloc.start()
        found = answer(predictor, (second for _ in range(seconds)))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(found.hops) == 2 * seconds - 1
        return peak

    # Two hours of audio are 461 MB; what is said of each hop is kept, some hundred bytes.
    assert peak_bytes(7_200) - peak_bytes(120) < 12e6


@pytest.mark.parametrize("at_once", [2, 5])
@pytest.mark.parametrize("seconds", [10.4, 31.7])
def test_threads_that_answer_windows_at_once_change_no_bit(predictor, seconds, at_once):
    waveform = noise(seconds)
    one_by_one = answer(predictor, blocks(waveform))
    assert answer(predictor, blocks(waveform), at_once=at_once) == one_by_one


def test_an_error_in_a_thread_is_the_error(predictor, monkeypatch):
    def fails(waveforms):
        raise BundleError("broken")

    monkeypatch.setattr(type(predictor), "predict", lambda self, waveforms: fails(waveforms))
    with pytest.raises(BundleError, match="broken"):
        answer(predictor, blocks(noise(12)), at_once=3)

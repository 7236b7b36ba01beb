import tracemalloc

import numpy as np
import pytest

from lightspeech.audio.windows import Windows
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import BATCH, UTTERANCE_S, recognize, segments

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


def test_an_utterance_is_the_mean_over_its_windows(predictor):
    waveform = noise(2.2)
    rows = predictor.bundle.windows.cut(waveform, RATE)
    np.testing.assert_allclose(
        recognize(predictor, waveform), predictor.predict(rows).mean(0), rtol=1e-6
    )


def test_batches_change_nothing(predictor):
    waveform = noise(BATCH * 0.5 + 3)
    rows = predictor.bundle.windows.cut(waveform, RATE)
    assert len(rows) > BATCH
    np.testing.assert_allclose(
        recognize(predictor, waveform), predictor.predict(rows).mean(0), rtol=1e-5
    )


@pytest.mark.parametrize("seconds", [0.01, 0.9, 1.0, 1.3, 5.0, UTTERANCE_S])
@pytest.mark.parametrize("whole", [False, True])
def test_an_utterance_is_one_segment_and_exactly_what_recognize_says(predictor, seconds, whole):
    waveform = noise(seconds)
    [segment] = segments(predictor, blocks(waveform), whole=whole)
    assert (segment.start_s, segment.end_s) == (0.0, len(waveform) / RATE)
    np.testing.assert_array_equal(segment.probabilities, recognize(predictor, waveform))


@pytest.mark.parametrize("seconds", [10.1, 12.0, 40.3])
def test_the_whole_of_long_audio_is_what_recognize_says(predictor, seconds):
    waveform = noise(seconds)
    [segment] = segments(predictor, blocks(waveform), whole=True)
    assert segment.end_s == len(waveform) / RATE
    np.testing.assert_allclose(segment.probabilities, recognize(predictor, waveform), rtol=1e-5)


@pytest.mark.parametrize("hop_s", [0.5, 0.3, 1.0, None])
def test_segments_of_long_audio_follow_each_other_without_gaps(make_bundle, hop_s):
    predictor = onnx.open(make_bundle(windows=Windows(window_s=1.0, hop_s=hop_s)))
    waveform = noise(23.7)
    found = list(segments(predictor, blocks(waveform)))
    assert found[0].start_s == 0
    assert found[-1].end_s == pytest.approx(len(waveform) / RATE)
    assert all(a.end_s == b.start_s for a, b in zip(found, found[1:], strict=False))
    assert all(segment.start_s < segment.end_s for segment in found)
    assert all(abs(segment.probabilities.sum() - 1) < 1e-5 for segment in found)


def test_segments_are_smoothed_with_both_neighbours(predictor):
    waveform = noise(11.0)
    raw = predictor.predict(predictor.bundle.windows.cut(waveform, RATE))
    padded = np.concatenate((raw[:1], raw, raw[-1:]))
    expected = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    found = [segment.probabilities for segment in segments(predictor, blocks(waveform))]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_change_of_voice_is_placed_in_time(predictor):
    waveform = np.concatenate((noise(15) * 0, np.full(15 * RATE, 0.2, np.float32)))
    found = list(segments(predictor, blocks(waveform)))
    first = next(segment for segment in found if segment.probabilities[2] > 0.8)
    assert first.start_s == pytest.approx(15, abs=0.5)


def test_two_hours_take_the_memory_of_minutes(predictor):
    second = np.zeros(RATE, np.float32)

    def peak_bytes(seconds):
        tracemalloc.start()
        n_segments = sum(1 for _ in segments(predictor, (second for _ in range(seconds))))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert n_segments == 2 * seconds - 1
        return peak

    assert peak_bytes(7_200) < 1.1 * peak_bytes(120)

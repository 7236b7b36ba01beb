import numpy as np
import pytest

from lightspeech.audio.windows import Windows
from lightspeech.training import calibrate

RNG = np.random.default_rng(0)


def honest(n, n_classes=4, scale=1.0):
    """Logits whose softmax is the very distribution the truth is drawn from, then scaled."""
    logits = RNG.normal(size=(n, n_classes)) * 1.5
    noise = -np.log(-np.log(RNG.uniform(size=(n, n_classes))))  # Gumbel: argmax draws a class
    return (logits * scale).astype(np.float32), (logits + noise).argmax(1)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 3.0])
def test_temperature_undoes_a_known_scaling(scale):
    logits, truth = honest(6_000, scale=scale)
    found = calibrate.fit_temperature(logits, np.ones(6_000, np.int64), truth)
    assert found == pytest.approx(scale, rel=0.1)


def test_temperature_stays_within_its_bounds():
    sure = np.eye(3, dtype=np.float32)[np.arange(30) % 3]
    counts = np.ones(30, np.int64)
    assert calibrate.fit_temperature(sure, counts, np.arange(30) % 3) == pytest.approx(0.25)
    assert calibrate.fit_temperature(40 * sure, counts, (np.arange(30) + 1) % 3) == pytest.approx(4)


def test_probabilities_are_the_mean_over_an_utterances_windows():
    logits = RNG.normal(size=(6, 3)).astype(np.float32)
    counts = np.array([1, 3, 2])
    found = calibrate.utterance_probabilities(logits, counts, 2.0)
    softmax = np.exp(logits / 2) / np.exp(logits / 2).sum(1, keepdims=True)
    expected = [softmax[0], softmax[1:4].mean(0), softmax[4:].mean(0)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.dtype == np.float32


def test_or_of_each_class_the_largest_of_them():
    """As a device answers, see `Windows.pooled`."""
    logits = RNG.normal(size=(6, 3)).astype(np.float32)
    softmax = np.exp(logits / 2) / np.exp(logits / 2).sum(1, keepdims=True)
    windows = Windows(over="max")
    expected = [windows.pooled(rows) for rows in (softmax[:1], softmax[1:4], softmax[4:])]
    found = calibrate.utterance_probabilities(logits, np.array([1, 3, 2]), 2.0, "max")
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(found[1] * softmax[1:4].max(0).sum(), softmax[1:4].max(0), rtol=1e-5)


def test_huge_logits_do_not_overflow():
    found = calibrate.utterance_probabilities(np.float32([[1e4, -1e4]]), np.array([1]), 0.25)
    np.testing.assert_array_equal(found, [[1, 0]])


def of_top(*top):
    return np.array([[p, 1 - p] for p in top], np.float32)


@pytest.mark.parametrize(
    ("top", "truth", "threshold"),
    [
        ((0.9, 0.8, 0.7, 0.6), (0, 0, 1, 1), 0.8),
        ((0.9, 0.8, 0.7, 0.6), (0, 0, 0, 1), 0.7),
        ((0.9, 0.6, 0.8), (1, 0, 0), 0.6),  # wrong where sure: nothing is gained by a threshold
        ((0.9, 0.8), (0, 0), 0.0),
        ((0.9, 0.8), (1, 1), 0.0),
    ],
)
def test_threshold_parts_right_from_wrong(top, truth, threshold):
    found = calibrate.fit_threshold(of_top(*top), np.array(truth))
    assert found == pytest.approx(threshold)

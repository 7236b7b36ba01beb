import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightspeech.audio import frontend, voice
from lightspeech.audio.frontend import MelConfig
from lightspeech.errors import AudioError

FRONT = MelConfig(n_fft=256, hop_length=160, n_mels=8, f_min=100.0)


def speech(seed, n=8_000):
    return np.random.default_rng(seed).normal(0, 0.1, n).astype(np.float32)


def test_it_is_mean_and_deviation_of_all_frames():
    heard = [speech(0), speech(1, 3_000) * 4]
    frames = np.concatenate([frontend.features(each, FRONT) for each in heard])
    made = voice.measure(heard, FRONT)
    np.testing.assert_allclose(made.mean, frames.mean(0), rtol=1e-5)
    np.testing.assert_allclose(made.deviation, frames.std(0), rtol=1e-4)
    assert made.seconds == pytest.approx(11_000 / 16_000, abs=1e-3)


def test_it_is_taken_out_of_features():
    heard = speech(2)
    features = frontend.features(heard, FRONT)
    known = voice.measure([heard], FRONT).standardize(features)
    assert known.dtype == np.float32
    np.testing.assert_allclose(known.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(known.std(0), 1, atol=1e-3)


@given(st.integers(0, 99))
def test_two_standardizations_are_one(seed):
    rng = np.random.default_rng(seed)
    mean, deviation = rng.normal(0, 3, 8), rng.uniform(0.1, 3, 8)
    made = voice.measure([speech(seed)], FRONT)
    features = frontend.features(speech(seed + 1), FRONT)
    both_mean, both_deviation = made.before(mean, deviation)
    np.testing.assert_allclose(
        (features - both_mean) / both_deviation,
        (made.standardize(features) - mean) / deviation,
        atol=1e-3,
    )


def test_silence_has_a_voice_that_divides_by_no_zero():
    made = voice.measure([np.zeros(4_000, np.float32)], FRONT)
    assert set(made.deviation) == {voice.SMALLEST}


def test_nobody_has_none():
    with pytest.raises(AudioError, match="no recording of the speaker"):
        voice.measure([], FRONT)

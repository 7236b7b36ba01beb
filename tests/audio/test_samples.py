import numpy as np
import pytest
import soundfile

from lightspeech.audio import io, samples
from lightspeech.errors import AudioError, ConfigError

RATE = 16_000
TONE = 0.5 * np.sin(np.arange(RATE) / 10)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "g"])
def test_floats_are_taken_as_they_are(dtype):
    waveform = samples.mono(TONE.astype(dtype))
    assert waveform.dtype == np.float32
    np.testing.assert_allclose(waveform, TONE, atol=1e-3)


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", ">i2", "u1", "u2", "u4"])
def test_integers_are_scaled_by_their_type(dtype):
    limits = np.iinfo(dtype)
    ends = np.array([limits.min, limits.min // 2 + limits.max // 2 + 1, limits.max], dtype)
    np.testing.assert_allclose(samples.mono(ends), [-1, 0, 1], atol=0.01)
    assert samples.mono(ends)[1] == 0


@pytest.mark.parametrize(("dtype", "subtype"), [("int16", "PCM_16"), ("int32", "PCM_32")])
def test_integers_are_what_a_file_of_them_is(tmp_path, dtype, subtype):
    integers = (TONE * np.iinfo(dtype).max).astype(dtype)
    soundfile.write(tmp_path / "a.wav", integers, RATE, subtype)
    np.testing.assert_array_equal(samples.mono(integers), io.load(tmp_path / "a.wav"))


def test_channels_are_averaged():
    np.testing.assert_array_equal(
        samples.mono(np.stack((TONE, np.zeros(RATE)), 1)), (TONE / 2).astype("f4")
    )


def test_a_waveform_shares_nothing_with_its_array():
    buffer = TONE.astype("f4")
    waveform = samples.mono(buffer)
    buffer[:] = 0
    assert waveform.any()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.where(np.arange(RATE) == 9, np.nan, TONE), "NaN or Inf"),
        (np.where(np.arange(RATE) == 9, -np.inf, TONE), "NaN or Inf"),
        (np.where(np.arange(RATE) == 9, 1e300, TONE), r"samples reach 1e\+300"),
        (TONE * 20_000, "samples reach 10000, allowed are -1 to 1; .*divide by 32768"),
        (TONE > 0, "samples of type bool; allowed are floats .* and integers of 8, 16 or 32 bits"),
        (TONE.astype(complex), "samples of type complex128"),
        (TONE.astype(object), "samples of type object"),
        (np.array(["a"] * RATE), "samples of type <U1"),
        ((TONE * 9).astype(np.int64), "samples of type int64; .*convert it with .astype"),
        (np.stack((TONE, TONE)), r"shape \(2, 16000\); allowed .*transpose .*: array.T"),
        (np.zeros((RATE, 0)), r"shape \(16000, 0\)"),
        (np.zeros((1, RATE, 1)), r"shape \(1, 16000, 1\)"),
        (np.float32(0.5)[...], r"shape \(\)"),
    ],
)
def test_what_is_no_waveform_is_refused(array, message):
    with pytest.raises(AudioError, match=f"array: .*{message}"):
        list(samples.blocks(array, RATE))


@pytest.mark.parametrize("values", [[0.0] * RATE, (0,) * RATE, b"\0" * RATE, None, 3])
def test_what_is_no_array_is_refused(values):
    with pytest.raises(ConfigError, match=rf"{type(values).__name__}; give a NumPy array, whose"):
        samples.mono(values)


@pytest.mark.parametrize("n_samples", [0, 1, 159])
def test_less_than_ten_milliseconds_is_refused(n_samples):
    with pytest.raises(AudioError, match=f"{n_samples} samples at 16000 Hz; at least 0.01 s"):
        list(samples.blocks(TONE[:n_samples], RATE))


@pytest.mark.parametrize("rate", [16_000, 16_000.0, np.int64(16_000), np.float32(16_000)])
def test_a_whole_number_is_a_rate(rate):
    assert samples.rate(rate) == 16_000


@pytest.mark.parametrize("rate", [True, "16000", 16_000.5, float("nan"), float("inf"), [16_000]])
def test_what_is_no_whole_number_is_no_rate(rate):
    with pytest.raises(ConfigError, match="give a whole number of Hz"):
        samples.rate(rate)


@pytest.mark.parametrize("rate", [0, -16_000, 999, 16, 1_000_000])
def test_a_rate_that_no_speech_has_is_refused(rate):
    with pytest.raises(AudioError, match=f"{rate} Hz; allowed are 1000 to 768000 Hz"):
        samples.rate(rate)


def test_an_array_without_a_rate_is_refused():
    with pytest.raises(ConfigError, match="add it in Hz, as in sample_rate=16000"):
        samples.rate(None)


def test_a_fault_at_the_end_of_long_audio_is_found():
    long = np.zeros(3 * samples.BLOCK + 5)
    assert sum(map(len, samples.blocks(long, RATE))) == len(long)
    long[-1] = np.nan
    with pytest.raises(AudioError, match="NaN or Inf"):
        list(samples.blocks(long, RATE))

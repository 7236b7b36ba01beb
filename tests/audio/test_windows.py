import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightspeech.audio.windows import Windows

RATE = 1_000
SECONDS = st.floats(0.01, 0.3)
SAMPLES = st.integers(0, 2_000)


def ramp(n_samples: int) -> np.ndarray:
    return np.arange(1, n_samples + 1, dtype=np.float32)


@given(SECONDS, SECONDS, SAMPLES)
def test_every_sample_is_heard_where_hops_are_no_longer_than_windows(window_s, hop_s, n_samples):
    windows = Windows(window_s=window_s, hop_s=min(hop_s, window_s))
    heard = set(windows.cut(ramp(n_samples), RATE).ravel()) - {0}
    assert heard == set(ramp(n_samples))


@given(SECONDS, SECONDS, SAMPLES)
def test_starts_are_in_order_and_at_most_a_hop_apart(window_s, hop_s, n_samples):
    windows = Windows(window_s=window_s, hop_s=hop_s)
    starts = windows.starts(n_samples, RATE)
    steps = np.diff(starts)
    assert all((steps > 0) & (steps <= round(hop_s * RATE)))
    if n_samples >= round(window_s * RATE):
        assert starts[0] == 0
        assert starts[-1] == n_samples - round(window_s * RATE)


@given(SECONDS, st.none() | SECONDS, SAMPLES)
def test_windows_have_one_length_and_lose_no_order(window_s, hop_s, n_samples):
    windows = Windows(window_s=window_s, hop_s=hop_s)
    rows = windows.cut(ramp(n_samples), RATE)
    assert rows.shape == (len(windows.starts(n_samples, RATE)), round(window_s * RATE))
    assert rows.dtype == np.float32


@given(SECONDS, SECONDS, SAMPLES, st.integers(1, 700))
def test_a_stream_is_cut_as_the_whole(window_s, hop_s, n_samples, block):
    windows = Windows(window_s=window_s, hop_s=hop_s)
    waveform = ramp(n_samples)
    blocks = (waveform[at : at + block] for at in range(0, n_samples, block))
    starts, rows = zip(*windows.stream(blocks, RATE), strict=True)
    assert list(starts) == windows.starts(n_samples, RATE)
    np.testing.assert_array_equal(np.stack(rows), windows.cut(waveform, RATE))


def test_without_a_hop_the_central_window_is_taken():
    row = Windows(window_s=0.1, hop_s=None).cut(ramp(301), RATE)[0]
    assert (row[0], row[-1]) == (101, 200)


def test_short_audio_is_centred_in_silence():
    row = Windows(window_s=0.1).cut(np.ones(50, np.float32), RATE)[0]
    assert row.sum() == 50
    assert row[25:75].all()


@pytest.mark.parametrize("field", ["window_s", "hop_s"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, 61.0])
def test_impossible_lengths_are_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be 0.01 to 60.0 seconds"):
        Windows(**{field: value})

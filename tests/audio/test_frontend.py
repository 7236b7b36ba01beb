import json
import math
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightspeech import config
from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.errors import ConfigError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/frontend.json").read_text())
WAVEFORM = np.array(GOLDEN["samples"], np.float32) / 32_768


@pytest.mark.parametrize("case", GOLDEN["cases"].values(), ids=GOLDEN["cases"].keys())
def test_numpy_gives_the_golden_vectors(case):
    cfg = config.build(MelConfig, case["frontend"])
    found = frontend.features(WAVEFORM, cfg)
    assert found.dtype == np.float32
    assert found.shape == (cfg.n_frames(len(WAVEFORM)), cfg.n_features)
    np.testing.assert_allclose(found, case["features"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize(
    ("n_fft", "hop_length", "n_mels"), [(1024, 640, 64), (512, 160, 40), (400, 160, 23)]
)
def test_log_mel_and_mfcc_are_those_of_librosa(n_fft, hop_length, n_mels, power):
    cfg = MelConfig(n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, power=power)
    mel = librosa.feature.melspectrogram(
        y=WAVEFORM, sr=16_000, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels,
        fmin=cfg.f_min, fmax=cfg.f_max, power=power, center=False,
    )  # fmt: skip
    log_mel = np.log(mel + cfg.floor)
    np.testing.assert_allclose(frontend.features(WAVEFORM, cfg), log_mel.T, atol=1e-4)
    mfcc = config.build(MelConfig, {**config.as_dict(cfg), "kind": "mfcc", "n_mfcc": 13})
    expected = librosa.feature.mfcc(S=log_mel, n_mfcc=13)
    np.testing.assert_allclose(frontend.features(WAVEFORM, mfcc), expected.T, atol=1e-4)


def test_spectrogram_is_that_of_librosa():
    cfg = MelConfig(kind="spectrogram", power=1)
    expected = np.abs(librosa.stft(WAVEFORM, n_fft=1024, hop_length=640, center=False))
    np.testing.assert_allclose(frontend.features(WAVEFORM, cfg), expected.T, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("n_mels", [20, 64])
def test_sparse_bands_are_the_dense_matrix(scale, n_mels):
    cfg = MelConfig(mel_scale=scale, n_mels=n_mels)
    dense = frontend.tables(cfg).mel_matrix(513)
    energy = frontend.features(WAVEFORM, MelConfig(kind="spectrogram"))
    np.testing.assert_allclose(
        frontend.log_bands(WAVEFORM, cfg), np.log(energy @ dense + cfg.floor), atol=1e-4
    )
    assert sum(len(weights) for _, weights in frontend.tables(cfg).bands) < dense.size / 8


def test_stream_in_blocks_of_a_hop_gives_the_frames_of_the_whole():
    cfg = MelConfig(n_fft=512, hop_length=160)
    whole = frontend.features(WAVEFORM, cfg)
    for frame, start in enumerate(range(0, len(WAVEFORM) - 511, 160)):
        piece = frontend.features(WAVEFORM[start : start + 512], cfg)
        np.testing.assert_allclose(piece[0], whole[frame], atol=1e-5)


def test_twice_the_amplitude_is_four_times_the_energy():
    cfg = MelConfig(floor=1e-12)
    louder = frontend.features(2 * WAVEFORM, cfg) - frontend.features(WAVEFORM, cfg)
    np.testing.assert_allclose(louder, math.log(4), atol=1e-4)


@pytest.mark.parametrize("factor", [0.01, 0.3, 30.0])
def test_level_by_percentile_hears_no_loudness(factor):
    cfg = MelConfig(level="percentile")
    np.testing.assert_allclose(
        frontend.features(np.float32(factor) * WAVEFORM, cfg),
        frontend.features(WAVEFORM, cfg), atol=1e-4,
    )  # fmt: skip


@pytest.mark.parametrize("changes", [{}, {"kind": "mfcc"}, {"power": 1}])
@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_level_by_the_loudest_hears_no_loudness(factor, changes):
    cfg = MelConfig(level="loudest", floor=1e-10, **changes)
    np.testing.assert_allclose(
        frontend.features(np.float32(factor) * WAVEFORM, cfg),
        frontend.features(WAVEFORM, cfg), atol=1e-3,
    )  # fmt: skip


QUIETER = st.floats(-60, 6)
RECENT = MelConfig(level="recent", floor=1e-18)
SHALLOW = replace(RECENT, range_db=30)


def murmur(seed, seconds=5):
    """Noise whose loudness wanders over 30 dB, at most 0.4."""
    rng = np.random.default_rng(seed)
    loudness = np.interp(np.arange(seconds * 16_000) / 16_000, np.arange(seconds + 1),
                         rng.uniform(-30, 0, seconds + 1))  # fmt: skip
    return np.clip(rng.normal(0, 0.1, len(loudness)) * 10 ** (loudness / 20), -0.4, 0.4)


@given(db=QUIETER, seed=st.integers(0, 99), cfg=st.sampled_from([RECENT, SHALLOW]))
def test_gain_is_no_cue_under_the_recent_level(db, seed, cfg):
    sound = murmur(seed)
    expected = frontend.features(sound.astype(np.float32), cfg)
    found = frontend.features((sound * 10 ** (db / 20)).astype(np.float32), cfg)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_narrower_range_cuts_off_what_is_further_down_and_no_more():
    sound = murmur(0).astype(np.float32)
    deep, shallow = (frontend.features(sound, replace(RECENT, range_db=db)) for db in (52, 20))
    lowest = -20 / 10 * math.log(10)
    assert deep.min() < lowest - 1
    np.testing.assert_allclose(shallow, np.maximum(deep, lowest), atol=1e-6)


@pytest.mark.parametrize("db", [0, 201, -30])
def test_a_range_that_cannot_be_is_refused(db):
    with pytest.raises(ConfigError, match="range_db must be 1 to 200"):
        MelConfig(range_db=db)


def test_the_recent_level_waits_for_no_later_frame_and_forgets_after_two_seconds():
    sound = np.concatenate([np.full(16_000, 0.01), np.ones(8_000), np.full(64_000, 0.01)])
    sound = (sound * np.random.default_rng(0).normal(0, 0.1, len(sound))).astype(np.float32)
    found = frontend.features(sound, RECENT).max(1)
    assert found[:24].min() > -2  # each nearly the loudest so far
    assert found[45:70].max() < -6
    assert found[95:].min() > -2
    start = frontend.features(sound[:24_000], RECENT)
    np.testing.assert_array_equal(start, frontend.features(sound, RECENT)[: len(start)])


@pytest.mark.parametrize("cfg", [RECENT, SHALLOW])
def test_silence_is_not_heard_under_the_recent_level(cfg):
    found = frontend.features(np.zeros(48_000, np.float32), cfg)
    np.testing.assert_allclose(found, -frontend.log_range(cfg), rtol=1e-5)


def test_the_recent_level_needs_a_floor_below_16_bits():
    with pytest.raises(ConfigError, match="frontend.floor=1e-18"):
        MelConfig(level="recent")


@pytest.mark.parametrize("power", [1, 2])
def test_level_by_the_loudest_hears_so_far_down_and_no_further(power):
    cfg = MelConfig(level="loudest", floor=1e-12, power=power)
    t = np.arange(32_000) / 16_000
    ends = np.where(t < 1, 1.0, 10 ** (-100 / 20)) * np.sin(2 * np.pi * 440 * t)
    found = frontend.features(ends.astype(np.float32), cfg)
    assert found.max() == 0
    np.testing.assert_allclose(found[-1], -52 / 20 * math.log(10) * power, rtol=1e-5)


def test_level_by_percentile_leaves_one_sample_in_a_thousand_clipped():
    ramp = np.linspace(-0.5, 0.5, 10_001, dtype=np.float32)
    found = frontend.leveled(ramp, MelConfig(level="percentile"))
    np.testing.assert_allclose(found, np.clip(ramp / 0.4995, -1, 1), atol=1e-6)
    assert (np.abs(found) == 1).mean() == pytest.approx(0.001, abs=2e-4)


@pytest.mark.parametrize("level", ["kept", "percentile"])
@pytest.mark.parametrize("n_samples", [0, 1, 1023, 1024, 1663, 1664, 5000])
def test_silence_of_any_length_is_the_floor(n_samples, level):
    cfg = MelConfig(level=level)
    found = frontend.features(np.zeros(n_samples, np.float32), cfg)
    assert found.shape == (cfg.n_frames(n_samples), 64)
    np.testing.assert_allclose(found, math.log(1e-6), rtol=1e-6)


def test_audio_shorter_than_a_window_is_followed_by_silence():
    padded = np.concatenate([WAVEFORM[:300], np.zeros(724, np.float32)])
    cfg = MelConfig()
    np.testing.assert_array_equal(
        frontend.features(WAVEFORM[:300], cfg), frontend.features(padded, cfg)
    )


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"n_fft": 1023}, "n_fft must be even"),
        ({"n_fft": 0}, "n_fft must be even"),
        ({"hop_length": 0}, "hop_length and sample_rate >= 1"),
        ({"f_max": 8001.0}, r"f_max <= 8000 Hz"),
        ({"f_min": 7600.0}, "need 0 <= f_min < f_max"),
        ({"f_min": math.nan}, "f_min: Input should be a finite number"),
        ({"sample_rate": 8_000}, r"f_max <= 4000 Hz"),
        ({"kind": "mfcc", "n_mfcc": 65}, "n_mfcc must be 1 to n_mels=64, found 65"),
        ({"n_fft": 1 << 30}, "n_fft must be even, 2 to 32768"),
        ({"n_mels": 0}, "n_mels must be 1 to n_fft=1024.*found 0, "),
        ({"n_mels": 1 << 30}, "n_mels must be 1 to n_fft=1024"),
        ({"floor": 0.0}, "floor must be > 0.*found 64, 0, "),
        ({"floor": math.nan}, "floor: Input should be a finite number"),
        ({"clip": 0.0}, "clip must be > 0 or null.*, 0.0"),
        ({"kind": "mel"}, "'log_mel', 'mfcc' or 'spectrogram'"),
        ({"hop": 10}, "hop: no such key"),
    ],
)
def test_what_cannot_be_is_a_config_error(values, fault):
    with pytest.raises(ConfigError, match=fault):
        config.build(MelConfig, values)


def test_a_band_between_two_bins_is_refused_with_a_way_out():
    with pytest.raises(ConfigError, match="mel band 3 of 128 holds no FFT bin at n_fft=256; take"):
        frontend.tables(MelConfig(n_fft=256, n_mels=128))


@pytest.mark.parametrize("cfg", [MelConfig(), MelConfig(n_fft=512, n_mels=40, mel_scale="htk")])
def test_slopes_are_the_mel_bands(cfg):
    n_bins = cfg.n_fft // 2 + 1
    first, slopes, heights = frontend.slopes(cfg)
    bands, at = np.zeros((n_bins, cfg.n_mels + 2)), first
    for n, rising in enumerate(slopes):  # of the band before the first and of that behind the last
        bands[at : at + len(rising), n + 1] += rising
        bands[at : at + len(rising), n] += 1 - rising
        at += len(rising)
    expected = frontend.tables(cfg).mel_matrix(n_bins)
    np.testing.assert_allclose(bands[:, 1:-1] * heights, expected, atol=1e-7)

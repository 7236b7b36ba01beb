"""Bends of log bands, held against the same bends of the waveform."""

import dataclasses

import librosa
import numpy as np
import pytest
import torch

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.frontends import augment, band_augment, surroundings
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.band_augment import Whole

OFF = Augment(stretch=0, semitones=0, gain_db=0, noise_probability=0, time_masks=0, band_masks=0)

CFG = MelConfig()
RATE = CFG.sample_rate
STRETCH, START, PITCH, GAIN, NOISE, SNR, COLOUR = range(7)


def voice(seconds=0.9, rate=1.0):
    """A gliding buzz with a resonance and a swell of loudness, over a breath of noise.

    Another rate is another speed of glide and swell, at the same pitch and resonance.
    """
    time = np.arange(round(seconds / rate * RATE)) / RATE
    phase = 2 * np.pi * (180 * time + 30 * rate * time**2)
    partials = [np.sin(k * phase) / (1 + ((180 * k - 900) / 400) ** 2) for k in range(1, 25)]
    noise = np.random.default_rng(0).normal(size=len(time)) * 1e-3
    swell = 0.2 + np.sin(np.pi * time * rate / seconds) ** 2
    return (0.1 * swell * np.sum(partials, 0) + noise).astype(np.float32)


VOICE = voice()


def bent(waveform, cfg, front=CFG, n_frames=None, **drawn):
    """Log bands of one waveform, bent by chosen numbers; those not named bend nothing."""
    neutral = torch.full((1, 8 + surroundings.COLUMNS), 0.5)
    neutral[:, START] = 0
    for name, value in drawn.items():
        neutral[:, globals()[name.upper()]] = value
    whole = many(waveform, 1, front)
    n_frames = n_frames or int(whole.lengths)
    bands = band_augment.bands_of(front)
    return band_augment.bend(whole, n_frames, neutral, cfg, bands)[0].numpy()


def many(waveform, n, front=CFG):
    """The same utterance so many times over, between frames that are not its own."""
    above = torch.from_numpy(frontend.log_bands(waveform, front)) - float(np.log(front.floor))
    lengths = torch.full((n,), len(above))
    other = torch.ones(3, above.shape[1])
    frames = torch.cat([other, above, other, torch.zeros(1, above.shape[1])])
    return Whole(frames, torch.full((n,), len(other)), lengths)


def energy_db(log_bands, front=CFG):
    """Mean energy of each band over time, in dB."""
    energy = np.clip(np.exp(log_bands.astype(float)) - front.floor, 1e-12, None)
    return 10 * np.log10(energy.mean(0)) * 2 / front.power


def centroid_hz(log_bands):
    energy = np.exp(log_bands.astype(float)).sum(0)
    hertz = band_augment.bands_of(CFG).hertz.numpy()
    return (energy * hertz).sum() / energy.sum()


@pytest.mark.parametrize("kind", ["log_mel", "mfcc", "spectrogram"])
@pytest.mark.parametrize("power", [1, 2])
def test_bending_by_nothing_changes_nothing(kind, power):
    front = MelConfig(kind=kind, power=power)
    expected = frontend.log_bands(VOICE, front)
    np.testing.assert_allclose(bent(VOICE, OFF, front), expected, atol=1e-4)


@pytest.mark.parametrize(("shift", "first"), [(0.0, 4), (0.5, 2), (1.0, 0)])
def test_window_falls_as_far_off_the_centre_as_shift_says(shift, first):
    whole = frontend.log_bands(VOICE, CFG)
    n_frames = len(whole) - 8
    found = bent(VOICE, dataclasses.replace(OFF, shift=shift), n_frames=n_frames)
    np.testing.assert_allclose(found, whole[first : first + n_frames], atol=1e-4)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("u", [0.0, 0.3, 1.0])
def test_gain_is_that_of_the_waveform(power, u):
    front = MelConfig(power=power)
    factor = 10 ** (6 * (2 * u - 1) / 20)
    found = bent(VOICE, dataclasses.replace(OFF, gain_db=6.0), front, gain=u)
    scaled = frontend.log_bands((factor * VOICE).astype(np.float32), front)
    np.testing.assert_allclose(found, scaled, atol=1e-4)


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@pytest.mark.parametrize(("power", "within_db"), [(2, 1.0), (1, 5.0)])
@pytest.mark.parametrize("snr_db", [0.0, 15.0])
def test_noise_is_white_noise_added_to_the_waveform(mel_scale, power, within_db, snr_db):
    front = MelConfig(n_mels=40, mel_scale=mel_scale, power=power)
    cfg = dataclasses.replace(OFF, noise_probability=1.0, snr_db_min=snr_db, snr_db_max=snr_db)
    loud = voice(8.0)  # long, since the noise that is added is only one draw
    noise = np.random.default_rng(1).normal(size=len(loud))
    noise *= np.sqrt((loud**2).mean() / 10 ** (snr_db / 10))
    expected = frontend.log_bands((loud + noise).astype(np.float32), front)
    found = energy_db(bent(loud, cfg, front, noise=0, colour=0), front)
    off_db = found - energy_db(expected, front)
    assert np.abs(off_db).mean() < within_db


@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
def test_noise_of_any_colour_has_the_power_asked_for(colour):
    cfg = dataclasses.replace(OFF, noise_probability=1.0, snr_db_min=10.0, snr_db_max=10.0)
    bands = band_augment.bands_of(CFG)

    def power(log_bands):
        return (torch.from_numpy(np.exp(log_bands)) / bands.white * bands.share).sum(1).mean()

    clean = power(bent(VOICE, OFF))
    noise = power(bent(VOICE, cfg, noise=0, colour=colour)) - clean
    assert 10 * torch.log10(clean / noise) == pytest.approx(10, abs=0.05)


def test_pink_noise_falls_by_three_db_an_octave():
    cfg = dataclasses.replace(OFF, noise_probability=1.0, snr_db_min=-60.0, snr_db_max=-60.0)
    bands = band_augment.bands_of(CFG)
    density = np.exp(bent(VOICE, cfg, noise=0, colour=1)).mean(0) / bands.white.numpy()
    octaves = np.log2(bands.hertz.numpy())
    slope_db = np.polyfit(octaves, 10 * np.log10(density), 1)[0]
    assert slope_db == pytest.approx(-3.0, abs=0.05)


def test_noise_comes_as_often_as_asked():
    cfg = dataclasses.replace(OFF, noise_probability=0.3)
    np.testing.assert_allclose(bent(VOICE, cfg, noise=0.31), bent(VOICE, OFF), atol=1e-4)
    assert np.abs(bent(VOICE, cfg, noise=0.29) - bent(VOICE, OFF)).max() > 0.1


def contours(*log_bands):
    """Logarithm of the energy of each frame; edges apart, which every method invents."""
    return [np.log(np.exp(bands).sum(1))[1:-2] for bands in log_bands]


@pytest.mark.parametrize(("u", "rate"), [(1.0, 1.25), (0.0, 0.8)])
def test_stretch_is_the_same_voice_speaking_faster_or_slower(u, rate):
    spoken = frontend.log_bands(voice(rate=rate), CFG)
    cfg = dataclasses.replace(OFF, stretch=0.25)
    found, same = (bent(VOICE, c, n_frames=len(spoken), stretch=u) for c in (cfg, OFF))
    expected, stretched, plain = contours(spoken, found, same)
    assert np.abs(stretched - expected).mean() < 0.15
    assert np.abs(plain - expected).mean() > 0.3
    assert np.abs(energy_db(found) - energy_db(spoken)).mean() < 1.5


@pytest.mark.parametrize(("u", "rate"), [(1.0, 1.25), (0.0, 0.8)])
def test_stretch_has_the_contour_of_librosa(u, rate):
    vocoded = frontend.log_bands(librosa.effects.time_stretch(VOICE, rate=rate), CFG)
    cfg = dataclasses.replace(OFF, stretch=0.25)
    found = bent(VOICE, cfg, n_frames=len(vocoded), stretch=u)
    assert np.corrcoef(*contours(found, vocoded))[0, 1] > 0.94


@pytest.mark.parametrize("semitones", [-4.0, -2.0, 2.0, 4.0])
def test_pitch_shift_moves_a_tone_by_its_ratio(semitones):
    tone = 0.3 * np.sin(2 * np.pi * 1_500 * np.arange(8_000) / RATE).astype(np.float32)
    cfg = dataclasses.replace(OFF, semitones=abs(semitones))
    moved = centroid_hz(bent(tone, cfg, pitch=float(semitones > 0)))
    assert moved / centroid_hz(bent(tone, OFF)) == pytest.approx(2 ** (semitones / 12), rel=0.02)


@pytest.mark.parametrize("semitones", [-3.0, -1.5, 1.5, 3.0])
def test_pitch_shift_moves_a_voice_as_resampling_does(semitones):
    shifted = round(RATE * 2 ** (semitones / 12))
    resampled = frontend.log_bands(
        librosa.resample(VOICE, orig_sr=shifted, target_sr=RATE, res_type="soxr_hq"), CFG
    )
    cfg = dataclasses.replace(OFF, semitones=abs(semitones))
    found = bent(VOICE, cfg, pitch=float(semitones > 0))
    assert centroid_hz(found) == pytest.approx(centroid_hz(resampled), rel=0.07)


def test_a_short_window_falls_anywhere_in_the_utterance():
    source = frontend.log_bands(VOICE, CFG)
    n_frames = len(source) - 8
    for u, start in ((0.0, 0), (0.5, 4), (1.0, 8)):
        found = bent(VOICE, OFF, n_frames=n_frames, start=u)
        np.testing.assert_allclose(found, source[start : start + n_frames], atol=1e-3)


def test_beyond_the_utterance_is_silence():
    source = frontend.log_bands(VOICE, CFG)
    found = bent(VOICE, OFF, n_frames=len(source) + 10, start=0.5)
    np.testing.assert_allclose(found[5:-5], source, atol=1e-3)
    np.testing.assert_allclose(found[[0, 1, 2, 3, -4, -3, -2, -1]], np.log(CFG.floor), atol=1e-4)


def test_masks_hide_no_more_than_asked_and_leave_the_rest():
    cfg = dataclasses.replace(OFF, time_masks=2, band_masks=2)
    n = 200
    source = many(voice(2.9), n)
    n_frames = int(source.lengths[0])
    u = augment.draw(n, cfg, seed=0, epoch=0)
    found = band_augment.bend(source, n_frames, u, cfg, band_augment.bands_of(CFG))
    bends = torch.cat([u[:, :8], u[:, -surroundings.COLUMNS :]], 1)
    plain = band_augment.bend(source, n_frames, bends, OFF, band_augment.bands_of(CFG))
    hidden = (found - plain).abs() > 1e-6
    in_time = hidden.all(2).sum(1)
    in_bands = hidden.all(1).sum(1)
    assert in_time.max() <= 2 * 5  # 0.2 s are five hops of 40 ms
    assert in_bands.max() <= 2 * 8  # 12 % of 64 bands
    assert in_time.max() >= 7
    assert in_bands.max() >= 11
    mean = plain.mean((1, 2), keepdim=True).expand_as(found)
    torch.testing.assert_close(found[hidden], mean[hidden])


def test_numbers_are_those_of_seed_and_epoch_alone():
    first = augment.draw(50, Augment(), seed=3, epoch=7)
    torch.manual_seed(1)
    assert torch.equal(first, augment.draw(50, Augment(), seed=3, epoch=7))
    assert not torch.equal(first, augment.draw(50, Augment(), seed=4, epoch=7))
    assert not torch.equal(first, augment.draw(50, Augment(), seed=3, epoch=8))
    assert first.shape == (50, 8 + 2 * 2 + 2 * 2 + surroundings.COLUMNS)
    assert 0 <= first.min() <= first.max() < 1


@pytest.mark.parametrize("kind", ["log_mel", "spectrogram"])
def test_shares_of_the_spectrum_sum_to_about_one(kind):
    share = band_augment.bands_of(MelConfig(kind=kind)).share
    assert float(share.sum()) == pytest.approx(1, abs=0.1)

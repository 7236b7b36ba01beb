"""Edits of a voice that is made, so that its pitch, length and level are known."""

import numpy as np
import pytest

from lightspeech.audio import pitch, psola
from lightspeech.audio.cues import catalogue, loudness, order, quality, rate, spectrum
from lightspeech.audio.cues import pitch as pitch_edits
from lightspeech.audio.frontend import MelConfig, log_bands
from lightspeech.corpora.synthetic_voice import Cues, Sentence, Speaker, say

RATE = pitch.SAMPLE_RATE
ALL = (*catalogue.EDITS, catalogue.COPY, catalogue.CONTROL)


@pytest.fixture(scope="module", params=[110, 210])
def voice(request):
    """Five vowels without a consonant, a man and a woman."""
    n = 5
    text = Sentence(
        vowels=np.arange(n), hiss=np.zeros(n), lengths=np.ones(n),
        accents=np.array([0.5, 1.0, 0.5, -1.0, -1.0]),
    )  # fmt: skip
    who = Speaker(f0_hz=request.param, tract=1.0, loudness_db=0, rate=1.0, expression=1.0)
    how = Cues(pitch_st=0, range_st=2, loudness_db=6, rate=1, tilt_db=0, jitter=0.005)
    return psola.analyse(say(text, who, how, np.random.default_rng(0)))


def decibels(waveform):
    return 10 * np.log10(np.mean(np.square(waveform, dtype=float)))


def semitones(waveform):
    f0_hz = pitch.track(waveform).f0_hz
    return 12 * np.log2(f0_hz[f0_hz > 0])


@pytest.mark.parametrize("hertz", [80, 120, 210, 340, 550])
@pytest.mark.parametrize("level", [0.5, 0.001])
def test_pitch_of_a_known_tone_is_found_at_any_level(hertz, level):
    time = np.arange(RATE // 2) / RATE
    tone = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 6))
    found = pitch.track((level * tone / 3).astype(np.float32)).f0_hz[8:-8]
    assert np.abs(found / hertz - 1).max() < 0.01


@pytest.mark.parametrize("waveform", [np.zeros(8000), np.random.default_rng(0).normal(size=8000)])
def test_neither_silence_nor_noise_has_a_pitch(waveform):
    assert not pitch.track(0.1 * waveform.astype(np.float32)).voiced.any()


@pytest.mark.parametrize("up", pitch_edits.SEMITONES)
def test_pitch_moves_by_what_was_asked_and_stays_as_long_and_loud(voice, up):
    edited = pitch_edits.level(voice, up)
    ratio = np.median(semitones(edited)) - np.median(semitones(voice.waveform)) - up
    assert abs(2 ** (ratio / 12) - 1) < 0.01
    assert len(edited) == len(voice.waveform)
    assert abs(decibels(edited) - decibels(voice.waveform)) < 0.1


@pytest.mark.parametrize("kept", pitch_edits.RANGES)
def test_intonation_widens_and_narrows_around_its_median(voice, kept):
    edited = semitones(pitch_edits.span(voice, kept))
    original = semitones(voice.waveform)
    assert abs(edited.std() - kept * original.std()) < 0.15
    assert abs(np.median(edited) - np.median(original)) < 0.17  # 1 %


@pytest.mark.parametrize("factor", rate.RATES)
def test_pace_moves_every_event_to_its_place_and_leaves_pitch(voice, factor):
    edited = rate.rate(voice, factor)
    assert abs(len(edited) / RATE - len(voice.waveform) / RATE / factor) < 0.0001
    assert abs(np.median(semitones(edited)) - np.median(semitones(voice.waveform))) < 0.17


@pytest.mark.parametrize("factor", rate.RATES)
def test_a_burst_lies_where_it_should_within_two_milliseconds(factor):
    waveform = 1e-4 * np.random.default_rng(0).normal(size=RATE).astype(np.float32)
    waveform[6000:6040] = 0.5
    edited = rate.rate(psola.analyse(waveform), factor)
    assert abs(np.abs(edited).argmax() - 6000 / factor) / RATE < 0.002 + UNVOICED_S


UNVOICED_S = psola.UNVOICED / RATE / 2
"""A grain lies where the nearest mark is."""


@pytest.mark.parametrize("factor", rate.RATES)
def test_noise_keeps_its_level_beside_a_voice(voice, factor):
    noise = 0.02 * np.random.default_rng(1).normal(size=RATE).astype(np.float32)
    edited = rate.rate(psola.analyse(np.concatenate([noise, voice.waveform])), factor)
    middle = slice(round(0.1 * RATE / factor), round(0.9 * RATE / factor))
    assert abs(decibels(edited[middle]) - decibels(noise)) < 0.5


def test_grains_laid_where_they_were_give_the_waveform_back(voice):
    np.testing.assert_allclose(psola.say(voice), voice.waveform, atol=1e-6)


@pytest.mark.parametrize("edit", [catalogue.COPY, catalogue.CONTROL])
def test_what_changes_no_cue_leaves_pitch_length_and_spectrum(voice, edit):
    edited = edit.apply(voice)
    assert len(edited) == len(voice.waveform)
    assert abs(np.median(semitones(edited)) - np.median(semitones(voice.waveform))) < 0.17
    bands = [log_bands(x, MelConfig(n_mels=16)).mean(0) for x in (edited, voice.waveform)]
    assert np.abs(bands[0] - bands[1]).max() * 10 / np.log(10) < 2.0


@pytest.mark.parametrize("edit", ALL, ids=lambda edit: edit.name)
def test_edits_are_waveforms_of_the_same_level(voice, edit):
    edited = edit.apply(voice)
    wanted = edit.amount if edit.cue == "loudness level" else 0
    assert edited.dtype == np.float32
    assert np.abs(edited).max() <= 1
    assert abs(decibels(edited) - decibels(voice.waveform) - wanted) < 0.1
    np.testing.assert_array_equal(edited, edit.apply(voice))


def test_loudness_is_evened_out(voice):
    inside = loudness.envelope(voice.waveform) > 0.003
    before, after = (
        20 * np.log10(loudness.envelope(x)[inside]).std()
        for x in (voice.waveform, loudness.contour(voice, 0.0))
    )
    assert after < 0.6 * before


@pytest.mark.parametrize("wanted", spectrum.TILTS_DB)
def test_tilt_is_so_many_decibels_an_octave(wanted):
    noise = (0.05 * np.random.default_rng(0).normal(size=RATE)).astype(np.float32)
    edited = spectrum.tilt(psola.analyse(noise), wanted)
    hertz = np.fft.rfftfreq(RATE, 1 / RATE)
    inside = (hertz > 200) & (hertz < 7000)
    gain = 20 * np.log10(np.abs(np.fft.rfft(edited) / np.fft.rfft(noise)))[inside]
    assert abs(np.polyfit(np.log2(hertz[inside]), gain, 1)[0] - wanted) < 0.05


@pytest.mark.parametrize(("low", "high"), spectrum.BANDS_HZ.values())
def test_outside_a_band_nothing_is_left(low, high):
    noise = (0.05 * np.random.default_rng(0).normal(size=RATE)).astype(np.float32)
    power = np.abs(np.fft.rfft(spectrum.band(psola.analyse(noise), low, high))) ** 2
    hertz = np.fft.rfftfreq(RATE, 1 / RATE)
    outside = (hertz < low / 1.3) | (hertz > high * 1.3)
    assert power[outside].sum() < 1e-3 * power.sum()


def test_breath_and_jitter_make_periods_less_alike(voice):
    def alike(waveform):
        found = pitch.track(waveform)
        return np.median(found.strength[found.voiced])

    clear = alike(voice.waveform)
    mild, strong = (alike(quality.breath(voice, level)) for level in quality.BREATH_DB)
    assert clear > mild > strong
    assert alike(quality.jitter(voice, 3.0)) < clear - 0.005


def test_pieces_of_another_order_are_the_same_pieces(voice):
    edited = order.scramble(voice, 0.25)
    bands = [log_bands(x, MelConfig(n_mels=16)) for x in (edited, voice.waveform)]
    assert np.abs(bands[0].mean(0) - bands[1].mean(0)).max() < 0.5
    assert np.abs(bands[0] - bands[1]).mean() > 0.5


def test_what_has_no_pitch_has_none_moved():
    rng = np.random.default_rng(0)
    noise = psola.analyse(0.05 * rng.normal(size=2 * RATE).astype(np.float32))
    of_pitch = {"pitch level", "pitch range", "breath", "jitter", "there and back"}
    assert {edit.cue for edit in ALL if edit.apply(noise) is None} == of_pitch


@pytest.mark.parametrize("n_samples", [0, 1, 79, 800])
def test_what_is_too_short_has_neither_pace_nor_order(n_samples):
    short = psola.analyse(np.full(n_samples, 0.1, np.float32))
    without = {edit.cue for edit in ALL if edit.apply(short) is None}
    assert without >= {"rate", "order", "pitch level", "loudness contour"}


def test_what_would_clip_is_not_made(voice):
    loud = psola.analyse(voice.waveform / np.abs(voice.waveform).max())
    assert loudness.level(loud, 6.0) is None
    assert loudness.level(loud, -6.0) is not None

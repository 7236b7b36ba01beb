import numpy as np
import pytest
import torch

from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError
from lightspeech.frontends import waveform, waveform_augment
from lightspeech.frontends.augment import Augment, draw
from lightspeech.frontends.waveform_augment import Noise, bend, mixed, stretched

RATE = 16_000
STILL = Augment(shift=0, stretch=0, semitones=0, gain_db=0, noise_probability=0, time_masks=0)


def tone(hertz, seconds):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


def pitch(x):
    spectrum = np.abs(np.fft.rfft(np.asarray(x) * np.hanning(len(x))))
    return spectrum.argmax() * RATE / len(x)


def none():
    return Noise((), np.random.default_rng(0))


def numbers(**places):
    u = torch.full((40,), 0.5)
    for place, value in places.items():
        u[int(place[1:])] = value
    return u


@pytest.mark.parametrize("n_samples", [10_000, 16_000, 24_000])
def test_stretched_speech_has_another_length_and_the_same_pitch(n_samples):
    found = stretched(torch.from_numpy(tone(440, 1.0)), n_samples)
    assert found.shape == (n_samples,)
    assert pitch(found) == pytest.approx(440, abs=RATE / n_samples)
    assert found[4_000:-4_000].square().mean() == pytest.approx(0.5, rel=0.2)  # a decibel


@pytest.mark.parametrize(("u", "semitones"), [(0.0, -12), (0.75, 6), (0.999, 12)])
def test_pitch_goes_up_and_down_and_the_length_stays(u, semitones):
    cfg = Augment(**{**vars(STILL), "semitones": 12})
    found = bend(tone(400, 2.0), RATE, numbers(u2=u), cfg, none())
    assert found.shape == (RATE,)
    assert pitch(found) == pytest.approx(400 * 2 ** (semitones / 12), rel=0.01)


def test_nothing_is_bent_where_nothing_is_to_be():
    sound = tone(440, 2.0)
    found = bend(sound, RATE, numbers(), STILL, none())
    np.testing.assert_array_equal(found, sound[RATE // 2 : 3 * RATE // 2])


def test_a_shorter_utterance_lies_in_silence():
    found = bend(np.ones(100, np.float32), 300, numbers(), STILL, none())
    assert found.sum() == 100
    assert found[100:200].all()


@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_noise_is_as_far_below_as_asked(snr_db):
    noise = none().draw(RATE, 0.5)
    sound = torch.from_numpy(tone(440, 1.0))
    added = mixed(sound, noise, snr_db) - sound
    power = sound.square().mean() / added.square().mean()
    assert 10 * power.log10() == pytest.approx(snr_db, abs=0.01)


def test_made_noise_is_white_to_pink():
    slopes = []
    for colour in (0.0, 1.0):
        power = np.abs(np.fft.rfft(none().draw(1 << 16, colour))) ** 2
        low, high = power[800:1600].mean(), power[12_800:25_600].mean()
        slopes.append(10 * np.log10(low / high) / 4)  # four octaves
    assert slopes == [pytest.approx(0, abs=0.3), pytest.approx(3, abs=0.3)]


def test_noise_of_a_folder_is_what_lies_there(tmp_path, write_tone):
    write_tone(tmp_path / "hum.wav", seconds=0.5, hertz=120)
    files = waveform_augment.recordings(str(tmp_path))
    found = Noise(files, np.random.default_rng(0)).draw(RATE, 0.0)
    assert pitch(found) == pytest.approx(120, abs=2)
    with pytest.raises(ConfigError, match="no recording there; name a folder that holds some"):
        waveform_augment.recordings(str(tmp_path / "nothing"))


def test_drawn_stretches_are_silent():
    cfg = Augment(**{**vars(STILL), "time_masks": 1, "time_mask_s": 0.2})
    found = bend(np.ones(RATE, np.float32), RATE, numbers(u8=0.5, u9=0.5), cfg, none())
    silent = np.flatnonzero(found == 0)
    assert len(silent) == 1_600
    assert np.ptp(silent) == 1_599


def test_the_same_seed_and_epoch_bend_alike(tmp_path, write_tone):
    drawn = draw(1, Augment(), 3, 5)[0]
    first, second = (bend(tone(300, 1.5), RATE, drawn, Augment(), none()) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, bend(tone(300, 1.5), RATE, drawn, STILL, none()))


def test_what_no_encoder_hears_is_refused():
    with pytest.raises(ConfigError, match="shorter than the 640 samples"):
        waveform.build(waveform.Config(), windows=Windows(window_s=0.03))
    with pytest.raises(ConfigError, match=r"write augment\.stretch"):
        waveform.build(waveform.Config(), windows=Windows(), augment=Augment(speeds=(0.9,)))

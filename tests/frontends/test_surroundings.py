"""Rooms, microphones and lines do to bands what they do to waveforms."""

import numpy as np
import pytest
import torch

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.frontends import band_augment
from lightspeech.frontends.surroundings import COLUMNS, Place, Surroundings

CFG = MelConfig(floor=1e-14)
HOP_S = CFG.hop_length / CFG.sample_rate
HERTZ = band_augment.bands_of(CFG).hertz


def place(cfg, power=2, **drawn):
    """One example, whose numbers are in the middle but for those that are named."""
    u = torch.full((1, COLUMNS), 0.5)
    for column, value in drawn.items():
        u[:, int(column[1:])] = value
    return Place(cfg, u, HOP_S, HERTZ, power)


def energies(waveform, power=2):
    cfg = MelConfig(floor=1e-14, power=power)
    return torch.from_numpy(np.exp(frontend.log_bands(waveform.astype(np.float32), cfg)))[None]


def test_nothing_is_bent_by_default():
    energy = torch.rand(1, 9, 64)
    there = place(Surroundings())
    assert torch.equal(there.line(there.room(energy)), energy)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("t60", [0.3, 0.8])
def test_a_room_decays_as_an_echo_of_such_a_reverberation_time(t60, power):
    rng = np.random.default_rng(0)
    burst = np.zeros(32_000)
    burst[4_000:8_000] = rng.normal(0, 0.1, 4_000)
    time = np.arange(int(1.5 * t60 * 16_000)) / 16_000
    echo = rng.normal(size=len(time)) * 10 ** (-3 * time / t60)
    heard = energies(np.convolve(burst, echo)[:32_000], power).log().mean(2)[0]
    cfg = Surroundings(room_probability=1.0, t60_s=(t60, t60), direct_db=(0.0, 0.0))
    bent = place(cfg, power).room(energies(burst, power)).log().mean(2)[0]
    tail = slice(16, 22)  # the burst is over, neither is gone
    expected, found = (np.polyfit(range(6), x[tail].numpy(), 1)[0] for x in (heard, bent))
    assert found == pytest.approx(expected, rel=0.15)


def test_what_the_room_adds_is_as_far_below_the_voice_as_asked():
    cfg = Surroundings(room_probability=1.0, t60_s=(0.2, 0.2), direct_db=(6.0, 6.0))
    steady = torch.ones(1, 200, 64)
    added = (place(cfg).room(steady) - steady)[0, -1, 0]
    assert 10 * float(added.log10()) == pytest.approx(-6.0, abs=0.01)


def test_only_the_share_of_examples_that_is_asked_for_is_bent():
    cfg = Surroundings(room_probability=0.3, telephone_probability=0.2)
    u = torch.rand(2_000, COLUMNS, generator=torch.Generator().manual_seed(0))
    there, energy = Place(cfg, u, HOP_S, HERTZ, 2), torch.rand(1, 6, 64).repeat(2_000, 1, 1)
    in_rooms = (there.room(energy) != energy).flatten(1).any(1).float().mean()
    called = (there.line(energy) != energy).flatten(1).any(1).float().mean()
    assert [float(in_rooms), float(called)] == pytest.approx([0.3, 0.2], abs=0.03)


@pytest.mark.parametrize(("power", "left_db"), [(2, -45.0), (1, -22.5)])
def test_a_telephone_lets_its_band_pass(power, left_db):
    line = (
        place(Surroundings(telephone_probability=1.0), power).line(torch.ones(1, 2, 64))[0].numpy()
    )
    inside = ((HERTZ > 300) & (HERTZ < 3400)).numpy()
    np.testing.assert_allclose(line[:, inside], 1.0)
    np.testing.assert_allclose(10 * np.log10(line[:, ~inside]), left_db, rtol=1e-4)


@pytest.mark.parametrize("u", [0.0, 0.5, 0.999])
def test_a_microphone_is_a_factor_a_band_no_further_than_asked(u):
    cfg = Surroundings(microphone_db=6.0)
    drawn = dict.fromkeys(("u4", "u5", "u6", "u7"), u)
    same = place(cfg, **drawn).line(torch.ones(1, 5, 64))
    assert torch.equal(same[:, :1].expand_as(same), same)
    assert (10 * same.log10()).abs().max() <= 6.0 + 1e-4

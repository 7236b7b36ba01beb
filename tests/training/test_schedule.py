import math
from typing import get_args

import numpy as np
import pytest

from lightspeech.training.schedule import Schedule, rate

PROGRESS = np.linspace(0, 1, 301)


@pytest.mark.parametrize("schedule", get_args(Schedule))
def test_rate_is_a_share_of_the_peak(schedule):
    rates = [rate(schedule, p, int(100 * p)) for p in PROGRESS]
    assert 0 <= min(rates) <= max(rates) <= 1.0001
    assert max(rates) == pytest.approx(1.0, abs=1e-3)


def test_one_cycle_rises_for_three_tenths_and_falls_to_almost_nothing():
    rates = np.array([rate("one_cycle", p, 0) for p in PROGRESS])
    peak = rates.argmax()
    assert PROGRESS[peak] == pytest.approx(0.3, abs=0.005)
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()
    assert (rates[0], rates[-1]) == pytest.approx((0.04, 1e-4), abs=1e-6)
    assert np.abs(np.diff(rates)).max() < 0.02  # no jump


def test_cosine_falls_from_one_to_nothing():
    rates = np.array([rate("cosine", p, 0) for p in PROGRESS])
    assert (np.diff(rates) < 0).all()
    assert (rates[0], rates[150], rates[-1]) == pytest.approx((1, 0.5, 0), abs=1e-9)


def test_constant_stays():
    assert {rate("constant", p, 3) for p in PROGRESS} == {1.0}


@pytest.mark.parametrize(
    ("epoch", "falls"), [(0, 0), (49, 0), (50, 1), (69, 1), (70, 2), (299, 13)]
)
def test_light_sernet_falls_every_twenty_epochs_from_the_fiftieth(epoch, falls):
    assert rate("light_sernet", 0.5, epoch) == pytest.approx(math.exp(-0.15 * falls))


def test_warmup_cosine_rises_in_a_line_over_a_tenth_and_falls_to_nothing():
    assert [rate("warmup_cosine", p, 0) for p in (0.0, 0.05, 0.1, 0.55, 1.0)] == pytest.approx(
        [0, 0.5, 1, 0.5, 0], abs=1e-9
    )

"""What recordings are made into before a network learns from them: seeded, and as it is told."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lessons(monkeypatch):
    """All lessons."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.augmentation.lessons import LESSONS

    return LESSONS


@pytest.fixture
def response(monkeypatch):
    """What a microphone hears of one click in a room."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.augmentation import image_room

    return image_room.response


@pytest.mark.parametrize(
    "name",
    ["telephone", "Opus", "MP3", "room", "joined", "cut off"]
    + ["GSM full rate", "mu-law", "room by images", "microphone"],
)
def test_a_lesson_is_another_sound_by_the_same_numbers(lessons, name):
    rng = np.random.default_rng(0)
    sound = np.float32(0.3 * np.sin(np.arange(24_000) * 0.1) * rng.uniform(0.5, 1, 24_000))

    def bend(seed):
        return lessons[name](sound, np.random.default_rng(seed), lambda same: sound[:8_000])

    bent = bend(1)
    assert bent.dtype == np.float32
    assert np.isfinite(bent).all()
    assert np.abs(bent).max() <= 1.5
    assert not np.array_equal(bent, sound)
    assert np.array_equal(bent, bend(1))
    assert len(bent) == len(sound) or name in ("joined", "cut off")


@pytest.mark.parametrize("name", ["GSM full rate", "mu-law"])
def test_a_codec_at_8_khz_leaves_nothing_above_4_khz(lessons, name):
    before, after, hertz = _powers(lessons[name])
    above, below = hertz > 4200, hertz < 3500
    assert after[above].sum() < 0.01 * before[above].sum()
    assert after[below].sum() == pytest.approx(before[below].sum(), rel=0.5)


def test_a_microphone_has_resonances_and_an_end(lessons):
    before, after, hertz = _powers(lessons["microphone"])
    gain_db = 10 * np.log10(after / before)
    middle = np.median(gain_db[hertz < 3000])
    assert gain_db[hertz < 6500].max() > middle + 2
    assert gain_db[hertz > 7900].mean() < middle - 1


def _powers(lesson):
    """Power of noise before and after a lesson, and where."""
    rng = np.random.default_rng(0)
    noise = np.float32(0.1 * rng.normal(size=32_000))
    bent = lesson(noise, rng, lambda same: noise)
    before, after = (np.abs(np.fft.rfft(sound)) ** 2 for sound in (noise, bent))
    return before, after, np.fft.rfftfreq(len(noise), 1 / 16_000)


def test_images_arrive_after_their_distance_and_as_weak_as_walls_leave_them(response):
    size, source, microphone = np.array([5.0, 4.0, 3.0]), np.array([1, 2, 1.5]), np.array([3, 2, 2])
    absorption = np.ones((3, 2))
    direct = np.hypot(2, 0.5)
    dead = response(size, source, microphone, absorption, 16_000)
    assert np.flatnonzero(dead).tolist() == [round(direct / 343 * 16_000)]
    assert dead.max() == pytest.approx(1 / direct)
    absorption[0, 1] = 0.75  # the wall at 5 m, behind which the image is at 9 m
    one = response(size, source, microphone, absorption, 16_000) - dead
    image = np.hypot(6, 0.5)
    assert np.flatnonzero(one).tolist() == [round(image / 343 * 16_000)]
    assert one.max() == pytest.approx(0.5 / image)


@pytest.mark.parametrize("absorption", [0.2, 0.6])
def test_a_room_rings_about_as_long_as_eyring_says(response, absorption):
    size, source, microphone = np.array([5.0, 4.0, 3.0]), np.array([1, 2, 1.5]), np.array([3, 2, 2])
    heard = response(size, source, microphone, np.full((3, 2), absorption), 16_000)
    after = heard[np.flatnonzero(heard)[0] :]
    power = np.diff(after) ** 2  # without 0 Hz, which images add up to
    left = np.cumsum(power[::-1])[::-1]
    t60 = 2 * np.argmax(left < 1e-3 * left[0]) / 16_000
    surface = 2 * (5 * 4 + 5 * 3 + 4 * 3)
    assert t60 == pytest.approx(-0.161 * size.prod() / surface / np.log(1 - absorption), rel=0.3)

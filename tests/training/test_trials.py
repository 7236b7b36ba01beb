"""The short trainings of benchmarks: taught by some corpora, measured on others, as it is told."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

from lightspeech.config import Choice
from lightspeech.corpora import manifest, synthetic
from lightspeech.files import read_json
from lightspeech.reporting import trials as tables

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benchmarks(monkeypatch, tmp_path):
    """Both benchmarks, and six corpora of one made corpus; trainings are short."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import levels, trials
    from benchmarks.augmentation import __main__ as augmentation

    cfg = synthetic.Config(root=tmp_path / "made", speakers=18, sentences=1)
    made = manifest.prepare(Choice("lightspeech.corpora", "synthetic", cfg)).utterances
    speakers = sorted({u.speaker for u in made})
    names = trials.TAUGHT + trials.MEASURED
    recordings = [
        dataclasses.replace(u, corpus=names[speakers.index(u.speaker) // 3])
        for u in made
        if u.emotion in trials.CLASSES
    ]
    monkeypatch.setattr(trials, "recordings", lambda: recordings)
    monkeypatch.setattr(trials, "TRAINING", dataclasses.replace(trials.TRAINING, epochs=1))
    monkeypatch.chdir(tmp_path)
    return levels, augmentation, trials, recordings


def call(module, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [module.__name__, *arguments])
    module.main()


def test_nobody_who_is_measured_teaches(benchmarks):
    *_, trials, recordings = benchmarks
    parts = trials.parts(recordings)
    taught = {recordings[row].speaker for row in parts.taught}
    for name, rows in parts.measured.items():
        assert not taught & {recordings[row].speaker for row in rows}, name
    assert len(taught) == len(trials.TAUGHT)  # of three speakers each, two are kept apart


def test_levels_are_measured_once_and_told(benchmarks, monkeypatch, capsys):
    levels, *_ = benchmarks
    for _ in range(2):
        call(levels, monkeypatch, "--forms", "recent-2s", "--results", "figures")
    assert capsys.readouterr().out.count("recent-2s/0") == 1
    assert "| recent-2s |" in tables.levels(Path("figures"))


def test_forms_of_augmentation_are_measured_bent(benchmarks, monkeypatch):
    _, augmentation, *_ = benchmarks
    forms = ["usual", "telephone, room, rumble, 30 dB deep"]
    call(augmentation, monkeypatch, "--seeds", "1", "--results", "figures", "--forms", *forms)
    figures = read_json(Path("figures/benchmarks/augmentation.json"))
    assert [*figures] == [f"{name}/0" for name in forms]
    assert all(0 <= uar <= 1 for of in figures.values() for uar in of.values())
    assert {*augmentation.HEARD} < {*figures["usual/0"]}
    assert tables.augmentation(Path("figures")).count("\n") == 3


@pytest.mark.parametrize(
    "name",
    ["telephone", "Opus", "MP3", "room", "joined", "cut off"]
    + ["GSM full rate", "mu-law", "room by images", "microphone"],
)
def test_a_lesson_is_another_sound_by_the_same_numbers(benchmarks, name):
    from benchmarks.augmentation.lessons import LESSONS

    rng = np.random.default_rng(0)
    sound = np.float32(0.3 * np.sin(np.arange(24_000) * 0.1) * rng.uniform(0.5, 1, 24_000))

    def bend(seed):
        return LESSONS[name](sound, np.random.default_rng(seed), lambda same: sound[:8_000])

    bent = bend(1)
    assert bent.dtype == np.float32
    assert np.isfinite(bent).all()
    assert np.abs(bent).max() <= 1.5
    assert not np.array_equal(bent, sound)
    assert np.array_equal(bent, bend(1))
    assert len(bent) == len(sound) or name in ("joined", "cut off")


@pytest.mark.parametrize("name", ["GSM full rate", "mu-law"])
def test_a_codec_at_8_khz_leaves_nothing_above_4_khz(benchmarks, name):
    before, after, hertz = _powers(name)
    above, below = hertz > 4200, hertz < 3500
    assert after[above].sum() < 0.01 * before[above].sum()
    assert after[below].sum() == pytest.approx(before[below].sum(), rel=0.5)


def test_a_microphone_has_resonances_and_an_end(benchmarks):
    before, after, hertz = _powers("microphone")
    gain_db = 10 * np.log10(after / before)
    middle = np.median(gain_db[hertz < 3000])
    assert gain_db[hertz < 6500].max() > middle + 2
    assert gain_db[hertz > 7900].mean() < middle - 1


def _powers(name):
    """Power of noise before and after a lesson, and where."""
    from benchmarks.augmentation.lessons import LESSONS

    rng = np.random.default_rng(0)
    noise = np.float32(0.1 * rng.normal(size=32_000))
    bent = LESSONS[name](noise, rng, lambda same: noise)
    before, after = (np.abs(np.fft.rfft(sound)) ** 2 for sound in (noise, bent))
    return before, after, np.fft.rfftfreq(len(noise), 1 / 16_000)


def test_images_arrive_after_their_distance_and_as_weak_as_walls_leave_them(benchmarks):
    from benchmarks.augmentation.image_room import response

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
def test_a_room_rings_about_as_long_as_eyring_says(benchmarks, absorption):
    from benchmarks.augmentation.image_room import response

    size, source, microphone = np.array([5.0, 4.0, 3.0]), np.array([1, 2, 1.5]), np.array([3, 2, 2])
    heard = response(size, source, microphone, np.full((3, 2), absorption), 16_000)
    power = np.diff(heard) ** 2  # without 0 Hz, which images add up to
    left = np.cumsum(power[::-1])[::-1]
    t60 = 2 * np.argmax(left < 1e-3 * left[0]) / 16_000
    surface = 2 * (5 * 4 + 5 * 3 + 4 * 3)
    assert t60 == pytest.approx(-0.161 * size.prod() / surface / np.log(1 - absorption), rel=0.3)

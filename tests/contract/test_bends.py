"""What every way to bend a recording promises, the next one included."""

import numpy as np
import pytest

from lightspeech import plugins
from lightspeech.frontends import bends

RATE = 16_000


@pytest.fixture(params=plugins.names(bends.PACKAGE))
def name(request):
    return request.param


@pytest.fixture
def bend(name):
    module = plugins.load(bends.PACKAGE, name)
    return lambda sound, of="a/1": module.bend(sound, RATE, bends.generator(of, name))


@pytest.fixture(scope="module")
def voice():
    """A second and a half of a buzz that swells and fades."""
    time = np.arange(3 * RATE // 2) / RATE
    buzz = sum(np.sin(2 * np.pi * 140 * n * time) / n for n in range(1, 40))
    return np.float32(0.2 * buzz * np.sin(np.pi * time / 1.5) ** 2)


def alike(one, other):
    return len(one) == len(other) and np.allclose(one, other, atol=1e-3)


def test_it_gives_a_waveform_as_long_or_shorter(bend, voice):
    bent = bend(voice)
    assert bent.ndim == 1
    assert len(voice) // 3 < len(bent) <= len(voice)
    assert bent.dtype == np.float32
    assert np.abs(bent).max() <= 1.5


def test_it_changes_what_is_heard_in_the_same_way_each_time(bend, voice):
    first, again, other = bend(voice), bend(voice), bend(voice, "a/2")
    assert np.array_equal(first, again)
    assert not alike(first, voice)
    assert not alike(first, other)


@pytest.mark.parametrize("n", [1, 2, 160, 1601])
@pytest.mark.parametrize("size", [0.0, 1e-6, 1.0])
def test_silence_and_very_short_sound_stay_finite(bend, n, size):
    bent = bend(np.full(n, size, np.float32))
    assert bent.shape == (n,)
    assert np.isfinite(bent).all()


def test_gain_is_not_what_it_changes(bend, voice):
    loud, quiet = bend(voice), bend(voice * np.float32(0.01))
    np.testing.assert_allclose(quiet * 100, loud, atol=2e-3)


def test_what_is_kept_is_named_by_what_the_bend_makes_now(name, monkeypatch):
    module, before = plugins.load(bends.PACKAGE, name), bends.version(name)
    assert before.startswith(f"{name}-")
    with monkeypatch.context() as changed:
        bend = module.bend
        changed.setattr(module, "bend", lambda *given: bend(*given) * np.float32(0.9))
        bends.version.cache_clear()
        assert bends.version(name) != before
    bends.version.cache_clear()
    assert bends.version(name) == before

"""Probes and likeness on embeddings whose answer is known."""

import numpy as np
import pytest

from lightspeech.explain import probes

N, WIDTH = 360, 24
SPEAKERS = np.array([f"toy/{n // 20}" for n in range(N)])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, WIDTH))
READ = X @ RNG.normal(size=WIDTH)
HALF = READ + READ.std() * RNG.normal(size=N)
NOTHING = RNG.normal(size=N)


@pytest.fixture(scope="module")
def found():
    y = np.stack([READ, HALF, NOTHING], 1)
    y[N - 40 : N - 20, 0] = np.nan  # one speaker has no voice
    errors = probes.read((X[:200], y[:200]), SPEAKERS[:200], (X[200:], y[200:]))
    names = ("pitch", "loudness", "jitter")
    return {p.functional: p for p in probes.probes("toy", names, errors, SPEAKERS[200:])}


def test_what_is_a_line_is_read_and_what_is_not_there_is_not(found):
    assert found["pitch"].r2 == pytest.approx(1, abs=0.01)
    assert found["loudness"].r2 == pytest.approx(0.5, abs=0.15)
    assert found["jitter"].r2 == pytest.approx(0, abs=0.05)
    assert [p.is_read for p in found.values()] == [True, True, False]


def test_shuffled_functionals_are_not_read(found):
    assert all(p.shuffled < 0.05 for p in found.values())


def test_a_recording_without_a_voice_is_left_out_and_counted(found):
    assert (found["pitch"].n, found["loudness"].n) == (140, 160)


def test_of_one_speaker_there_is_no_interval():
    y = READ[:, None]
    errors = probes.read((X[:200], y[:200]), SPEAKERS[:200], (X[200:], y[200:]))
    (probe,) = probes.probes("toy", ("pitch",), errors, np.full(160, "toy/0"))
    assert probe.ci95 is None
    assert not probe.is_read


def test_a_wide_embedding_of_few_recordings_reads_no_more_than_there_is():
    wide = RNG.normal(size=(N, 400))
    y = np.stack([wide[:, :3].sum(1), NOTHING], 1)
    errors = probes.read((wide[:200], y[:200]), SPEAKERS[:200], (wide[200:], y[200:]))
    sums, nothing = probes.probes("toy", ("pitch", "jitter"), errors, SPEAKERS[200:])
    assert sums.r2 > nothing.r2 > -0.2


def test_turned_and_scaled_embeddings_are_the_same_and_others_are_not():
    turn = np.linalg.qr(RNG.normal(size=(WIDTH, WIDTH)))[0]
    same = probes.alike("toy", [(X, 3 * X @ turn + 1)])
    assert (same.cka, same.procrustes) == (pytest.approx(1), pytest.approx(1))
    other = probes.alike("toy", [(X, RNG.normal(size=(N, 7)))])
    assert other.cka == pytest.approx(0, abs=0.02)
    assert other.procrustes == pytest.approx(other.procrustes_shuffled, abs=0.05)
    assert same.cka_shuffled == pytest.approx(0, abs=0.02)


def test_likeness_of_wide_embeddings_is_not_that_of_their_width():
    """Biased CKA of 40 recordings and 400 numbers is 0.9 by chance alone."""
    x, y = RNG.normal(size=(2, 40, 400))
    assert abs(probes.cka(x, y)) < 0.1

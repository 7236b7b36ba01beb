import numpy as np
import pytest
import torch

from lightspeech.audio.frontend import FrontEnd
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.encoder import Encoder
from lightspeech.frontends.hidden_states import Encoded, EncodedBatches, measuring_batches
from lightspeech.frontends.known_speaker import KnownBatches, know
from lightspeech.frontends.mel_features import Features

N = 8
SPEAKERS = [f"toy/{row % 2}" for row in range(N)]
FRONT = FrontEnd(n_mels=4)


def utterances(speakers=SPEAKERS):
    return [
        Utterance(id=f"toy/{n}", path=None, corpus="toy", speaker=speaker, emotion="sad")
        for n, speaker in enumerate(speakers)
    ]


@pytest.fixture
def encoded(tmp_path):
    """Hidden states of two speakers, one far off and wide."""
    rng = np.random.default_rng(0)
    files = tuple(tmp_path / f"{row}.npy" for row in range(N))
    for row, file in enumerate(files):
        states = rng.normal(size=(10 + row, 4)) * (1 + 4 * (row % 2)) + 20 * (row % 2)
        np.save(file, states.astype(np.float16))
    return Encoded(Encoder(first=1, last=1, width=4), files)


@pytest.fixture
def features():
    rng = np.random.default_rng(1)
    offsets = np.arange(N + 1) * 6
    level = np.repeat(np.arange(N) % 2, 6)[:, None]
    frames = (rng.normal(size=(6 * N, 4)) + 5 * level).astype(np.float32)
    windows = np.repeat(frames.reshape(N, 6, 4), 2, 0)
    return Features(frames, offsets, windows, np.arange(N + 1) * 2)


@pytest.mark.parametrize("speaker", [0, 1])
def test_every_speaker_ends_with_mean_0_and_deviation_1(encoded, speaker):
    known = know(encoded, utterances(), FRONT)
    rows = np.arange(speaker, N, 2)
    parts = list(known.measured(measuring_batches(encoded, rows, batch_size=3), rows))
    frames = torch.cat([part[(part != 0).any(2)] for part in parts])
    torch.testing.assert_close(frames.mean(0), torch.zeros(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(frames.std(0, correction=0), torch.ones(4), atol=1e-3, rtol=0)


def test_frames_behind_an_utterance_stay_zeros(encoded):
    known = know(encoded, utterances(), FRONT)
    rows = np.array([0, 7])
    [part] = known.measured(measuring_batches(encoded, rows), rows)
    assert (part[0, 10:] == 0).all()
    assert (part[0, :10] != 0).any(1).all()


def test_training_batches_are_standardized_and_else_the_same(encoded):
    known = know(encoded, utterances(), FRONT)
    plain = EncodedBatches(
        encoded, Order(np.arange(N), batch_size=3, seed=0), torch.arange(N), Augment(time_masks=0)
    )
    made = KnownBatches(plain, known)
    assert len(made) == len(plain)
    for one, other in zip(plain.epoch(2), made.epoch(2), strict=True):
        assert torch.equal(one.rows, other.rows)
        torch.testing.assert_close(other.features, known.standardize(one.features, one.rows))
        assert other.features.abs().max() < 6


def test_log_bands_are_standardized_window_by_window(features):
    known = know(features, utterances(), FRONT)
    rows = np.array([3, 0])
    windows = iter([torch.from_numpy(features.windows[[6, 7, 0]]), torch.zeros(1, 6, 4) + 1])
    first, last = known.measured(windows, rows)
    own = features.frames.reshape(N, 6, 4)[1::2].reshape(-1, 4)
    expected = (features.windows[6] - own.mean(0)) / own.std(0)
    np.testing.assert_allclose(first[0], expected, atol=1e-4)
    np.testing.assert_allclose(last[0, 0], (1 - known.mean[0]) / known.deviation[0], atol=1e-5)


def test_a_feature_that_never_moves_stays_finite(features):
    features.frames[:, 2] = -7.0
    known = know(features, utterances(), FRONT)
    made = known.standardize(torch.full((1, 3, 4), -7.0), torch.tensor([1]))
    assert torch.isfinite(made).all()
    assert (made[..., 2] == 0).all()


def test_an_unknown_speaker_is_refused(encoded):
    with pytest.raises(ConfigError, match=r"needs speakers, that of toy/3 is unknown"):
        know(encoded, utterances([*SPEAKERS[:3], "", *SPEAKERS[4:]]), FRONT)

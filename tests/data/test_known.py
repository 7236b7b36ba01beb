from dataclasses import replace

import numpy as np
import pytest
import torch

from lightspeech.audio.encoder import Encoder
from lightspeech.audio.frontend import FrontEnd
from lightspeech.corpora._base import Utterance
from lightspeech.data.augment import Augment
from lightspeech.data.batches import Order, TrainingBatches
from lightspeech.data.encoded import Encoded, EncodedBatches, measuring_batches
from lightspeech.data.features import Features
from lightspeech.data.frontend import FrontEndLayer
from lightspeech.data.known import KnownBatches, Lenders, know
from lightspeech.errors import ConfigError

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
    known = know(encoded, utterances())
    rows = np.arange(speaker, N, 2)
    parts = list(known.measured(measuring_batches(encoded, rows, batch_size=3), rows))
    frames = torch.cat([part[(part != 0).any(2)] for part in parts])
    torch.testing.assert_close(frames.mean(0), torch.zeros(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(frames.std(0, correction=0), torch.ones(4), atol=1e-3, rtol=0)


def test_frames_behind_an_utterance_stay_zeros(encoded):
    known = know(encoded, utterances())
    rows = np.array([0, 7])
    [part] = known.measured(measuring_batches(encoded, rows), rows)
    assert (part[0, 10:] == 0).all()
    assert (part[0, :10] != 0).any(1).all()


def test_training_batches_are_standardized_and_else_the_same(encoded):
    known = know(encoded, utterances())
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
    known = know(features, utterances(), FrontEndLayer(FRONT).finish)
    rows = np.array([3, 0])
    windows = iter([torch.from_numpy(features.windows[[6, 7, 0]]), torch.zeros(1, 6, 4) + 1])
    first, last = known.measured(windows, rows)
    own = features.frames.reshape(N, 6, 4)[1::2].reshape(-1, 4)
    expected = (features.windows[6] - own.mean(0)) / own.std(0)
    np.testing.assert_allclose(first[0], expected, atol=1e-4)
    np.testing.assert_allclose(last[0, 0], (1 - known.mean[0]) / known.deviation[0], atol=1e-5)


def test_a_feature_that_never_moves_stays_finite(features):
    features.frames[:, 2] = -7.0
    known = know(features, utterances(), FrontEndLayer(FRONT).finish)
    made = known.standardize(torch.full((1, 3, 4), -7.0), torch.tensor([1]))
    assert torch.isfinite(made).all()
    assert (made[..., 2] == 0).all()


def test_an_unknown_speaker_is_refused(encoded):
    with pytest.raises(ConfigError, match=r"speaker of toy/3 is unknown, so speakers have no stat"):
        know(encoded, utterances([*SPEAKERS[:3], "", *SPEAKERS[4:]]))


def trained(encoded, rows, share=0.0):
    order = Order(np.array(rows), batch_size=3, seed=0)
    voices = Lenders(known=know(encoded, utterances()), rows=order.rows, share=share, seed=0)
    return EncodedBatches(encoded, order, torch.arange(N), Augment(time_masks=0), voices)


def test_a_lent_voice_has_its_mean_and_deviation(encoded):
    known = know(encoded, utterances())
    rows = torch.arange(0, N, 2)
    [plain] = measuring_batches(encoded, rows.numpy())
    made = known.voiced(plain, rows, rows + 1)
    behind = (plain == 0).all(2)
    assert (made[behind] == 0).all()
    frames = made[~behind]
    torch.testing.assert_close(frames.mean(0), known.mean[1], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(frames.std(0, correction=0), known.deviation[1], atol=1e-3, rtol=0)


def test_only_training_speakers_lend_their_voices(encoded):
    own, lent = (trained(encoded, range(0, N, 2), share) for share in (0.0, 1.0))
    for one, other in zip(own.epoch(1), lent.epoch(1), strict=True):
        torch.testing.assert_close(other.features, one.features, atol=1e-3, rtol=1e-3)


def test_a_share_of_the_examples_is_voiced_by_draws_of_the_epoch(encoded):
    voiced = trained(encoded, range(N), 0.5)

    def far(epoch):
        """Rows of the near speaker that came far off, as the other one is."""
        pairs = (pair for b in voiced.epoch(epoch) for pair in zip(b.rows, b.features, strict=True))
        return {int(row) for row, x in pairs if row % 2 == 0 and x[(x != 0).any(1)].mean() > 10}

    drawn = [far(epoch) for epoch in range(20)]
    assert drawn == [far(epoch) for epoch in range(20)]
    assert 10 < sum(map(len, drawn)) < 30  # of 80: a half is lent a voice, of which a half is far


def test_log_bands_are_voiced_before_their_level_is_taken_away(features):
    loudest = FrontEnd(n_mels=4, level="loudest")
    order = Order(np.arange(0, N, 2), batch_size=4, seed=0)
    still = Augment(shift=0, stretch=0, semitones=0, gain_db=0, noise_probability=0)
    still = replace(still, time_masks=0, band_masks=0)
    louder = lambda bands, rows, epoch: 2 * bands + 3  # noqa: E731
    made = [
        next(TrainingBatches(features, order, torch.arange(N), loudest, still, *voices).epoch(0))
        for voices in ((), (louder,))
    ]
    [own, lent] = [batch.features for batch in made]
    torch.testing.assert_close(lent, (2 * own).clamp(min=float(lent.min())))
    assert lent.amax() == 0

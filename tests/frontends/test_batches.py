import numpy as np
import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.frontends import mel_features
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.mel_features import MelFeatures

OFF = Augment(stretch=0, semitones=0, gain_db=0, noise_probability=0, time_masks=0, band_masks=0)

CFG = MelConfig(n_mels=8)
N = 23
LENGTHS = np.random.default_rng(0).integers(3, 30, N)
WINDOWS = np.random.default_rng(1).integers(1, 4, N)


@pytest.fixture(scope="module")
def features():
    """Utterances of many lengths; windows hold their utterance's number and their own."""
    rng = np.random.default_rng(2)
    windows = np.repeat(np.arange(N), WINDOWS) + 0.1 * np.concatenate(
        [np.arange(w) for w in WINDOWS]
    )
    return MelFeatures(
        cfg=CFG,
        frames=rng.normal(size=(LENGTHS.sum(), 8)).astype(np.float32),
        offsets=np.cumsum([0, *LENGTHS]),
        windows=np.broadcast_to(windows[:, None, None], (WINDOWS.sum(), 10, 8)).astype(np.float32),
        window_offsets=np.cumsum([0, *WINDOWS]),
    )


def batches(features, rows, *, bending=OFF, size=4, seed=5):
    """Batches whose targets are the numbers of the utterances."""
    order = Order(np.array(rows), batch_size=size, seed=seed)
    return features.train(order, torch.arange(N), bending)


def one_epoch(made, number=0):
    """Features and targets of an epoch, by utterance."""
    parts = list(made.epoch(number))
    targets = torch.cat([part.targets for part in parts])
    order = targets.argsort()
    return targets, torch.cat([part.features for part in parts])[order]


@pytest.mark.parametrize(("rows", "size"), [(range(N), 4), (range(3, 20), 5), ([8, 2, 21], 64)])
def test_every_training_row_comes_once_an_epoch_and_no_other(features, rows, size):
    made = batches(features, list(rows), size=size)
    parts = list(made.epoch(0))
    assert sorted(torch.cat([part.targets for part in parts]).tolist()) == sorted(rows)
    assert len(parts) == len(made)
    assert all(part.features.shape[1:] == (10, 8) for part in parts)
    assert all(len(part.features) == len(part.targets) == len(part.mix) for part in parts)


def test_a_last_batch_of_one_is_left_out(features):
    made = batches(features, range(9), size=4)
    assert [len(part.targets) for part in made.epoch(0)] == [4, 4]
    assert len(made) == 2


def test_one_utterance_is_nothing_to_train_on(features):
    with pytest.raises(ValueError, match="1 utterance.* at least 2"):
        batches(features, [3])


def test_every_epoch_has_an_order_of_its_own_and_repeats_it(features):
    made = batches(features, range(N))
    orders = [one_epoch(made, number)[0].tolist() for number in (0, 1, 0)]
    assert orders[0] == orders[2] != orders[1]
    assert orders[0] != one_epoch(batches(features, range(N), seed=6))[0].tolist()


def test_what_an_utterance_becomes_is_its_own_affair(features):
    """The same numbers in another batch; the last digits differ with the longest beside it."""
    _, few = one_epoch(batches(features, range(N), bending=Augment(), size=3))
    _, many = one_epoch(batches(features, range(N), bending=Augment(), size=N))
    torch.testing.assert_close(few, many[: len(few)], atol=1e-3, rtol=1e-3)
    _, other = one_epoch(batches(features, range(N), bending=Augment(), size=N), number=1)
    assert (many - other).abs().max() > 0.1


@pytest.mark.parametrize("rows", [range(N), [7, 3, 3, 22]])
@pytest.mark.parametrize("size", [1, 5, 100])
def test_measuring_goes_window_by_window_in_the_order_of_the_rows(
    features, rows, size, monkeypatch
):
    monkeypatch.setattr(mel_features, "BATCH", size)
    parts = list(features.measure(np.array(rows)))
    assert max(map(len, parts)) <= size
    found = torch.cat(parts)
    expected = [row + 0.1 * window for row in rows for window in range(WINDOWS[row])]
    np.testing.assert_allclose(found[:, 0, 0], expected, rtol=1e-6)

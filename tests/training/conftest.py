import numpy as np
import pytest
import torch

from lightspeech import plugins
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.frontends import mel
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.mel_features import MelFeatures

N, N_CLASSES, BANDS = 24, 3, 16
FRONT = MelConfig(n_mels=BANDS)


@pytest.fixture(autouse=True)
def as_a_run_is_trained(one_thread):
    pass


@pytest.fixture
def toy_batches():
    """Two dozen utterances of three classes, each loudest in a third of the bands."""
    rng = np.random.default_rng(0)
    classes = np.arange(N) % N_CLASSES
    lengths = rng.integers(8, 20, N)
    frames = rng.normal(size=(lengths.sum(), BANDS)) - 6
    frames[:, :15] += 2 * np.repeat(np.repeat(np.eye(N_CLASSES)[classes], lengths, 0), 5, 1)
    offsets = np.cumsum([0, *lengths])
    windows = np.stack([frames[start : start + 8] for start in offsets[:-1]])
    features = MelFeatures(
        cfg=FRONT, frames=frames.astype(np.float32), offsets=offsets,
        windows=windows.astype(np.float32), window_offsets=np.arange(N + 1),
    )  # fmt: skip
    order = Order(np.arange(N), batch_size=8, seed=0)
    return features.train(order, torch.from_numpy(classes), Augment(time_mask_s=0.04))


@pytest.fixture
def toy_network():
    """Build a small network with the same fresh weights every time."""

    def build(name="nano", **config):
        torch.manual_seed(0)
        module = plugins.load("lightspeech.models", name)
        front = mel.build(FRONT, windows=Windows())
        return module.build(module.Config(**config), frontend=front, n_classes=N_CLASSES)

    return build

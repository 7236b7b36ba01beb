import numpy as np
import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel
from lightspeech.models import acrnn


@pytest.fixture
def network():
    torch.manual_seed(0)
    front = mel.build(acrnn.FRONTEND, windows=acrnn.WINDOWS)
    return acrnn.build(acrnn.Config(), frontend=front, n_classes=7).eval()


def test_differences_are_the_slope_of_a_regression_over_five_frames():
    x = torch.randn(2, 9, 3)
    found = acrnn.Differences()(x)
    for frame in range(2, 7):
        slopes = np.polyfit(np.arange(-2, 3), x[0, frame - 2 : frame + 3].numpy(), 1)[0]
        np.testing.assert_allclose(found[0, frame], slopes, atol=1e-5)


def test_at_the_ends_the_frame_there_is_repeated():
    line = torch.arange(8.0)[None, :, None]
    found = acrnn.Differences()(line)[0, :, 0]
    expected = torch.tensor([0.5, 0.8, 1, 1, 1, 1, 0.8, 0.5])
    torch.testing.assert_close(found, expected)


def test_bands_and_both_differences_are_its_three_channels(network):
    x = torch.randn(2, 20, 40)
    channels = network.channels(x)
    assert channels.shape == (2, 3, 20, 40)
    torch.testing.assert_close(channels[:, 0], x)
    once = network.differences(x)
    scale = (1 + network.slopes_norm.eps) ** 0.5  # fresh statistics: nothing but that
    torch.testing.assert_close(channels[:, 1] * scale, once)
    torch.testing.assert_close(channels[:, 2] * scale, network.differences(once))


def test_attention_weighs_frames_that_it_sums_up(network):
    x = torch.randn(1, 300, 40)
    with torch.no_grad():
        network.attention[2].weight.fill_(0.0)  # all frames alike: the mean
        alike = network(x)
        network.attention[2].weight.fill_(50.0)
        assert (network(x) - alike).abs().max() > 1e-5


def test_a_window_that_pooling_leaves_nothing_of_is_refused():
    front = mel.build(MelConfig(n_fft=400, n_mels=40), windows=Windows(window_s=0.03))
    with pytest.raises(ConfigError, match=r"acrnn pools \(2, 2\) .* lengthen windows\.window_s"):
        acrnn.build(acrnn.Config(), frontend=front, n_classes=3)

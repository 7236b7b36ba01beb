import pytest
import torch

from lightspeech import config
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel
from lightspeech.models import (
    micro,
    micro_level,
    micro_stream,
    nano,
    nano_level,
    nano_stream,
    small,
    small_level,
    small_stream,
)

FRONT = mel.build(MelConfig(n_mels=8), windows=Windows())


def build(**changes):
    torch.manual_seed(0)
    return nano.build(nano.Config(**changes), frontend=FRONT, n_classes=3).eval()


@pytest.mark.parametrize(
    "values", [{"kernel": 4}, {"stem_kernel": 2}, {"channels": [8]}, {"channels": []}]
)
def test_what_has_no_centre_or_no_block_is_refused(values):
    with pytest.raises(
        ConfigError, match="must be odd and channels at least two, found|at least 2 items"
    ):
        config.build(nano.Config, values)


def test_loudness_is_a_cue():
    """A louder voice is another input: nothing normalizes an utterance by itself."""
    network, features = build(channels=(6, 6)), torch.randn(1, 30, 8)
    assert not torch.allclose(network(features), network(features + 1), atol=1e-3)


def test_another_place_in_the_window_gives_the_same_answer():
    """Pooled over time: up to the halved frame rate, it does not matter when a voice speaks."""
    network = build(channels=(6, 6))
    quiet = torch.zeros(1, 60, 8)
    early, late = quiet.clone(), quiet.clone()
    voice = torch.randn(1, 20, 8)
    early[:, 10:30], late[:, 24:44] = voice, voice
    torch.testing.assert_close(network(early), network(late), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_without_padding_a_window_hears_what_a_stream_computes_once():
    """Every frame is computed once: where a window lies, at an even frame, changes no number."""
    network = build(channels=(6, 6, 6), padded=False)
    whole = torch.randn(1, 90, 8)
    frames = network.blocks(network.stem(whole[:, :, None].permute(0, 3, 1, 2)).relu())
    window = network.blocks(network.stem(whole[:, 20:80, None].permute(0, 3, 1, 2)).relu())
    assert window.shape[2] == (60 - 3) // 2 + 1 - 2 * 6
    torch.testing.assert_close(window, frames[:, :, 10 : 10 + window.shape[2]])
    standing_out = network.statistics(whole[:, 20:80])
    torch.testing.assert_close(standing_out[0, :6], window[0, :, :, 0].mean(1))


@pytest.mark.parametrize(
    ("stream", "padded"),
    [(micro_stream, micro), (nano_stream, nano), (small_stream, small)],
)
def test_the_stream_form_of_a_tier_is_the_tier_without_padding(stream, padded):
    made = config.build(stream.Config, {})
    assert made == stream.Config(channels=padded.Config().channels, padded=False)


@pytest.mark.parametrize(
    ("level", "tier"), [(micro_level, micro), (nano_level, nano), (small_level, small)]
)
def test_the_level_form_of_a_tier_is_the_tier_which_hears_no_gain(level, tier):
    assert (level.Config, level.build) == (tier.Config, tier.build)
    spoken = torch.randn(1, 24_000) / 8
    hears = mel.build(level.FRONTEND, windows=Windows(window_s=1.5)).layer(any_length=True)
    torch.testing.assert_close(hears(spoken / 1000), hears(spoken), atol=1e-3, rtol=0)


@pytest.mark.parametrize("tier", [nano, micro, small])
def test_a_window_that_no_network_without_padding_hears_whole_is_refused(tier):
    short = mel.build(MelConfig(n_mels=8), windows=Windows(window_s=1.0))
    cfg = tier.Config(channels=(6, 6, 6), padded=False)
    with pytest.raises(ConfigError, match="24 frames is shorter than the 27 .*window_s"):
        tier.build(cfg, frontend=short, n_classes=3)

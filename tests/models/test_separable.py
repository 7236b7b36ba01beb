import pytest
import torch

from lightspeech import config
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel
from lightspeech.models import nano

FRONT = mel.build(MelConfig(n_mels=8), windows=Windows())


def build(**changes):
    torch.manual_seed(0)
    return nano.build(nano.Config(**changes), frontend=FRONT, n_classes=3).eval()


@pytest.mark.parametrize(
    "values", [{"kernel": 4}, {"stem_kernel": 2}, {"channels": [8]}, {"channels": []}]
)
def test_what_has_no_centre_or_no_block_is_refused(values):
    with pytest.raises(ConfigError, match="kernels must be odd and channels at least two, found"):
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

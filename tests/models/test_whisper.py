import dataclasses

import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.errors import ConfigError
from lightspeech.frontends import encoder, mel
from lightspeech.frontends.known_speaker import KnownSpeaker
from lightspeech.models import whisper
from lightspeech.models.whisper import Config


def hearing(cfg):
    return encoder.build(cfg, windows=whisper.WINDOWS)


@pytest.fixture
def head():
    torch.manual_seed(0)
    return whisper.build(Config(), n_classes=8, frontend=hearing(whisper.FRONTEND)).eval()


def test_its_size_is_the_one_its_module_states(head):
    assert sum(p.numel() for p in head.parameters()) == 103_376
    assert "103,376" in whisper.__doc__


def test_it_stands_on_an_encoder_that_knows_its_speaker_too():
    known = KnownSpeaker(hearing(whisper.FRONTEND))
    network = whisper.build(Config(), n_classes=8, frontend=known)
    assert network(torch.randn(1, 20, 2048)).shape == (1, 8)


def test_frames_of_zeros_do_not_count(head):
    features = torch.randn(2, 20, 2048)
    padded = torch.cat([features, torch.zeros(2, 13, 2048)], 1)
    torch.testing.assert_close(head(padded), head(features), atol=1e-5, rtol=1e-4)


def test_zeros_between_do_not_count_either(head):
    features = torch.randn(2, 20, 2048)
    apart = torch.cat([features[:, :9], torch.zeros(2, 5, 2048), features[:, 9:]], 1)
    torch.testing.assert_close(head(apart), head(features), atol=1e-5, rtol=1e-4)


def test_statistics_do_not_depend_on_the_order_of_frames(head):
    features = torch.randn(2, 20, 2048)
    torch.testing.assert_close(head(features.flip(1)), head(features), atol=1e-5, rtol=1e-4)


def test_layers_are_mixed_by_their_shares(head):
    features = torch.randn(2, 20, 4, 512)
    with torch.no_grad():
        head.pooling[0].mix[:] = torch.tensor([-99.0, 99.0, -99.0, -99.0])
        only = features[:, :, 1:2].expand(-1, -1, 4, -1)
        torch.testing.assert_close(head(features.flatten(2)), head(only.flatten(2)))


def test_an_example_without_a_frame_has_finite_logits(head):
    assert torch.isfinite(head(torch.zeros(1, 3, 2048))).all()


def test_each_encoder_has_statistics_of_its_own():
    other = encoder.Config(source="other", width=24, last=2)
    both = hearing(dataclasses.replace(whisper.FRONTEND, second=other))
    head = whisper.build(Config(), n_classes=3, frontend=both).eval()
    features = torch.randn(2, 20, both.n_features)
    assert both.n_features == 4 * 512 + 2 * 24
    changed = features.clone()
    changed[:, :, 4 * 512 :] += 1 + torch.randn(2, 20, 48)
    first, second = ([], [])
    for heard, kept in ((features, first), (changed, second)):
        parts = heard.split(head.sizes, 2)
        silent = torch.zeros(2, 20, 1, dtype=torch.bool)
        kept += [pool(part, silent) for pool, part in zip(head.pooling, parts, strict=True)]
    torch.testing.assert_close(first[0], second[0])
    assert (first[1] - second[1]).abs().max() > 0.01
    assert (head(features) - head(changed)).abs().max() > 0.001


def test_a_front_end_that_is_no_encoder_is_refused():
    front = mel.build(MelConfig(), windows=whisper.WINDOWS)
    with pytest.raises(ConfigError, match=r"write frontend\.name=encoder or small_encoder"):
        whisper.build(Config(), n_classes=3, frontend=front)


def test_slices_of_different_widths_are_refused():
    with pytest.raises(ConfigError, match="width must be a multiple of heads, found 10 and 4"):
        Config(width=10)

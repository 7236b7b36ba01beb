import functools

import pytest
import torch

from lightspeech import config, plugins
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel
from lightspeech.models import small
from lightspeech.models.separable import Separable
from lightspeech.training import losses

FRONT = mel.build(MelConfig(n_mels=8), windows=Windows())


def build(**changes):
    torch.manual_seed(0)
    cfg = small.Config(channels=(6, 6), dropout=0.0, members=3, **changes)
    return small.build(cfg, frontend=FRONT, n_classes=5)


def test_it_answers_the_mean_of_its_members():
    network, features = build(), torch.randn(4, 30, 8)
    network.train()
    network(features)  # statistics of the batch norms
    network.eval()
    mean = network(features)
    network.head.train()
    members = network(features)
    assert members.shape == (4, 3, 5)
    assert members.std(1).min() > 0
    torch.testing.assert_close(members.mean(1), mean)


def test_a_member_learns_nothing_from_the_others():
    network = build().train()
    network(torch.randn(4, 30, 8))[:, 0].sum().backward()
    first, *others = network.trunks
    assert all(weight.grad.abs().sum() > 0 for weight in first.parameters())
    assert all(w.grad is None or not w.grad.any() for trunk in others for w in trunk.parameters())


@pytest.mark.parametrize("objective", plugins.names("lightspeech.training.label_losses"))
def test_its_loss_is_the_mean_over_its_members(objective):
    loss = plugins.load("lightspeech.training.label_losses", objective)
    score = functools.partial(loss.score, cfg=loss.Config())
    logits = torch.randn(4, 3, 5)
    soft = losses.soft_targets(torch.tensor([0, 4, 2, 2]), 5, smoothing=0.1)
    weights = torch.rand(5)
    found = score(logits, losses.of_every_member(soft, logits), weights)
    alone = torch.stack([score(member, soft, weights) for member in logits.unbind(1)])
    torch.testing.assert_close(found, alone.mean())


def test_what_a_teacher_says_is_learnt_by_every_member():
    logits, teacher = torch.randn(4, 3, 5), torch.rand(4, 5).softmax(1)
    found = losses.softened_divergence(logits, losses.of_every_member(teacher, logits), 2.0)
    alone = [losses.softened_divergence(member, teacher, 2.0) for member in logits.unbind(1)]
    torch.testing.assert_close(found, torch.stack(alone).mean())


def test_one_member_is_no_ensemble():
    cfg = small.Config(channels=(6, 6), members=1)
    assert isinstance(small.build(cfg, frontend=FRONT, n_classes=5), Separable)


def test_no_member_is_refused():
    with pytest.raises(ConfigError, match="members"):
        config.build(small.Config, {"members": 0})

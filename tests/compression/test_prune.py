"""Pruned networks compute what is left of the wide ones, load strictly, and keep their promise."""

import pytest
import torch
from torch import nn

from lightspeech import plugins
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.compression import channels, prune
from lightspeech.config import Choice
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel
from lightspeech.models import building
from lightspeech.models.building import Architecture
from lightspeech.training import cost

pytestmark = pytest.mark.usefixtures("one_thread")

pytest.importorskip("torch_pruning", reason="pruning needs Torch-Pruning")

BANDS, FRAMES = 16, 40
SMALL = {
    "micro": {"channels": (16, 16, 16, 24)},
    "small": {"channels": (8, 8, 16), "members": 2},
    "light_sernet": {"paths": (8, 8, 8), "body": (16, 8, 12, 16, 20)},
}
every_family = pytest.mark.parametrize("name", SMALL)


FRONT = mel.build(MelConfig(n_mels=BANDS), windows=Windows())


def build(name, **left):
    """A small network of a family, or what pruning left of it, as a run is read back."""
    module = plugins.load("lightspeech.models", name)
    model = Choice("lightspeech.models", name, module.Config(**SMALL[name]))
    return building.build(Architecture(model=model, **left), FRONT, 3).eval()


def lived_in(network):
    """Give batch norms the look of a training."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value in (module.weight, module.bias, module.running_mean):
                nn.init.normal_(value, std=0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network


@torch.no_grad()
def silence(norm, channels):
    norm.weight[channels] = 0
    norm.bias[channels] = 0


def random_worth(network):
    return {name: torch.rand_like(norm.weight) for name, norm in channels.norms(network).items()}


@every_family
@pytest.mark.parametrize("share", [0.8, 0.4, 0.2])
def test_what_is_left_is_below_the_limit_and_loads_strictly_into_its_own_shapes(name, share):
    network = build(name)
    features = torch.randn(2, FRAMES, BANDS)
    limit = int(share * cost.macs(network, features[:1]))
    narrow = prune.narrow(network, features[:1], random_worth(network), limit, 2)
    assert cost.macs(narrow, features[:1]) <= limit
    for pruned in (narrow, network):
        again = build(name, shapes=building.shapes_of(pruned, network))
        again.load_state_dict(pruned.state_dict(), strict=True)
        torch.testing.assert_close(again(features), pruned(features))


@every_family
def test_it_computes_what_the_wide_network_computes_without_those_channels(name):
    network = build(name)
    lived_in(network)
    features = torch.randn(3, FRAMES, BANDS)
    found = channels.groups(network, features[:1])
    doomed = [[0, 3], *([1, 2, 5] for _ in found[1:])]
    for group, gone in zip(found, doomed, strict=True):
        for item in group:
            if isinstance(norm := item.dep.target.module, nn.BatchNorm2d):
                roots = zip(item.idxs, item.root_idxs, strict=True)
                silence(norm, [i for i, root in roots if root in gone])
    narrow = channels.without(network, features[:1], doomed)
    torch.testing.assert_close(narrow(features), network(features), atol=1e-5, rtol=1e-4)


def test_widths_that_come_to_agree_bring_no_residual_that_was_not_there():
    network = build("micro")
    found = channels.groups(network, torch.zeros(1, FRAMES, BANDS))
    doomed = [list(range(len(group[0].idxs) - 8)) for group in found]
    narrow = channels.without(network, torch.zeros(1, FRAMES, BANDS), doomed)
    again = build("micro", shapes=building.shapes_of(narrow, network))
    widths = [len(block.pointwise[0].weight) for block in again.blocks]
    assert [len(again.stem[0].weight), *widths] == [8, 8, 8, 8]
    assert [block.residual for block in again.blocks] == [True, True, False]
    again.load_state_dict(narrow.state_dict(), strict=True)
    features = torch.randn(2, FRAMES, BANDS)
    torch.testing.assert_close(again(features), narrow(features))


@every_family
def test_the_channels_worth_least_go_first(name):
    network = build(name)
    features = torch.zeros(1, FRAMES, BANDS)
    worth = {n: torch.ones_like(m.weight) for n, m in channels.norms(network).items()}
    least = next(iter(worth))
    worth[least] *= 0.01
    narrow = prune.narrow(network, features, worth, cost.macs(network, features) - 1, 2)
    before, after = (dict(n.named_modules())[least].num_features for n in (network, narrow))
    assert before - after >= 2


def test_a_limit_below_the_narrowest_network_is_refused_with_what_is_left():
    network = build("micro")
    features = torch.zeros(1, FRAMES, BANDS)
    with pytest.raises(ConfigError, match=r"left at 8 channels a layer, 10 are asked for; lower"):
        prune.narrow(network, features, random_worth(network), 10, 8)


class Weighted(nn.Module):
    """An objective: the sum of the logits, so that gradients are easily thought of."""

    def forward(self, model, batch):
        return model(batch).sum()


def test_a_channel_that_says_nothing_is_worth_nothing_and_the_network_is_left_as_it_was():
    network = build("light_sernet")
    lived_in(network)
    silence(network.body[-1][1], [4])
    before = {k: v.clone() for k, v in network.state_dict().items()}
    worth = channels.taylor(network, Weighted(), [torch.randn(4, FRAMES, BANDS)] * 2)
    assert worth["body.4.1"][4] == 0
    assert (worth["body.4.1"] > 0).sum() > 5
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())


def test_taylor_tells_the_change_of_the_loss_when_a_small_channel_goes():
    """To first order, so it is tried on a channel that hardly speaks."""
    network = build("light_sernet")
    lived_in(network)
    last, features = network.body[-1][1], torch.randn(4, FRAMES, BANDS)
    with torch.no_grad():
        last.bias[2], last.weight[2] = 1e-2, 1e-3
    worth = channels.taylor(network, Weighted(), [features])
    with torch.no_grad():
        before = network(features).sum()
        silence(last, [2])
        change = float((network(features).sum() - before) ** 2)
    assert float(worth["body.4.1"][2]) == pytest.approx(change, rel=0.05)


def test_sparse_training_pulls_every_scale_towards_zero():
    network = build("micro")
    lived_in(network)
    channels.pull_scales(network, 0.5)
    (network(torch.randn(2, FRAMES, BANDS)).sum() * 0).backward()
    for norm in channels.norms(network).values():
        torch.testing.assert_close(norm.weight.grad, 0.5 * norm.weight.sign())


def test_residual_blocks_that_add_least_go_and_the_rest_is_as_it_was():
    network = build("micro")
    lived_in(network)
    silence(network.blocks[1].pointwise[1], slice(None))
    short, kept = channels.shorter(network, channels.scales(network), 1)
    assert kept == (0, 2)
    again = build("micro", blocks=kept)
    assert [block.residual for block in again.blocks] == [True, False]
    again.load_state_dict(short.state_dict(), strict=True)
    features = torch.randn(2, FRAMES, BANDS)
    torch.testing.assert_close(again(features), network(features))


def test_more_blocks_than_are_residual_cannot_go():
    network = build("micro")
    with pytest.raises(ConfigError, match="prune.blocks=3, but the network has 2 residual blocks"):
        channels.shorter(network, random_worth(network), 3)

"""Numbers that are published, or that a tier promises."""

import dataclasses

import pytest
from torch import nn

from lightspeech import plugins
from lightspeech.frontends import mel
from lightspeech.training import cost
from lightspeech.training.networks import n_params


def build(name, n_classes, **changes):
    module = plugins.load("lightspeech.models", name)
    front = mel.build(dataclasses.replace(module.FRONTEND, **changes), windows=module.WINDOWS)
    return module.build(module.Config(), frontend=front, n_classes=n_classes)


@pytest.mark.parametrize(("n_classes", "expected"), [(4, 462_468), (7, 463_431)])
@pytest.mark.parametrize("kind", ["mfcc", "log_mel", "spectrogram"])
def test_light_sernet_has_the_published_parameters(n_classes, expected, kind):
    """Whatever it is given: 40, 128 or 513 numbers a frame."""
    assert n_params(build("light_sernet", n_classes, kind=kind)) == expected


@pytest.mark.parametrize(("n_classes", "expected"), [(4, 460_740), (7, 461_703)])
def test_light_sernet_trains_the_published_number(n_classes, expected):
    network = build("light_sernet", n_classes)
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == expected


def test_tinyml_lstm_trains_the_published_number():
    network = build("tinyml_lstm", 4)
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == 126_532


@pytest.mark.parametrize(
    ("size", "n_params", "gmac"),
    [("paper", 9_300_806, 14.1), ("code", 7_334_726, 7.1), ("one", 2_909_766, 0.5)],
)
def test_acrnn_trains_the_published_number_and_costs_what_it_says(size, n_params, gmac):
    module = plugins.load("lightspeech.models", "acrnn")
    front = mel.build(module.FRONTEND, windows=module.WINDOWS)
    network = module.build(module.Config(size=size), frontend=front, n_classes=4).eval()
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == n_params
    assert front.n_frames == 300
    assert cost.macs(network, front.example()) / 1e9 == pytest.approx(gmac, abs=0.05)
    assert f"{n_params:,}" in module.__doc__


@pytest.mark.parametrize(
    ("tier", "limit"), [("nano", 16_000), ("micro", 50_000), ("small", 300_000)]
)
def test_a_tier_keeps_its_promise_with_eight_classes(tier, limit):
    assert limit / 2 < n_params(build(tier, 8)) < limit


@pytest.mark.parametrize("tier", ["nano", "micro", "small"])
def test_own_family_has_only_layers_that_every_target_has(tier):
    allowed = (nn.Conv2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.ReLU, nn.Linear, nn.Dropout)
    leaves = [m for m in build(tier, 8).modules() if not list(m.children())]
    assert [type(leaf).__name__ for leaf in leaves if not isinstance(leaf, allowed)] == []

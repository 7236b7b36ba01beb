"""A network from what says all about it, whatever pruning left of it."""

import copy
import dataclasses

import pytest
import torch
from torch import nn

from lightspeech import plugins
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, as_dict
from lightspeech.config import build as build_config
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel
from lightspeech.frontends.pair import Pair
from lightspeech.models import building, fusion, micro, nano
from lightspeech.models.building import Architecture, resize, shapes_of
from lightspeech.models.int8 import Int8, Int8Network

pytestmark = pytest.mark.usefixtures("one_thread")

MODELS = "lightspeech.models"
FRONT = mel.build(MelConfig(n_mels=16), windows=Windows(window_s=0.5, hop_s=0.25))
OTHER = mel.build(MelConfig(n_mels=8), windows=Windows(window_s=0.5, hop_s=0.25))
NANO = Architecture(model=Choice(MODELS, "nano", nano.Config(channels=(6, 6, 6, 8))))
PRUNABLE = ("light_sernet", "micro", "nano", "small")


def architecture(name):
    return Architecture(model=Choice(MODELS, name, plugins.load(MODELS, name).Config()))


def trained(network):
    """After some batches, so that weights and statistics are not the fresh ones."""
    network.train()
    for _ in range(3):
        network(torch.randn(8, 12, 16) * 2 - 5)
    with torch.no_grad():
        for name, value in network.named_parameters():
            value += 0.05 * torch.randn_like(value) * ("bias" in name)
    return network.eval()


def narrowed(network):
    """Without a third of the channels of every layer but the last, by Torch-Pruning."""
    torch_pruning = pytest.importorskip("torch_pruning", reason="needs the extra 'compress'")
    last = [part for part in network.head.modules() if isinstance(part, nn.Linear)]
    graph = torch_pruning.DependencyGraph().build_dependency(
        network, example_inputs=torch.zeros(1, 12, 16)
    )
    kinds = [nn.Conv2d, nn.Linear]
    for group in graph.get_all_groups(ignored_layers=last, root_module_types=kinds):
        group.prune(list(range(len(group[0].idxs) // 3)))
    return network


@pytest.mark.parametrize("name", PRUNABLE)
def test_a_narrowed_network_rebuilt_from_its_shapes_answers_the_same(name):
    whole = trained(building.build(architecture(name), FRONT, 4))
    network = narrowed(copy.deepcopy(whole))
    shapes = shapes_of(network, whole)
    assert shapes
    assert shapes_of(whole, whole) == {}
    said = dataclasses.replace(architecture(name), shapes=shapes)
    rebuilt = building.build(build_config(Architecture, as_dict(said)), FRONT, 4).eval()
    assert shapes_of(rebuilt, network) == {}
    rebuilt.load_state_dict(network.state_dict(), strict=True)
    features = torch.randn(5, 12, 16) * 2 - 5
    with torch.no_grad():
        torch.testing.assert_close(rebuilt(features), network(features))


@torch.no_grad()
def test_layers_say_the_widths_that_they_have():
    network = building.build(NANO, FRONT, 4)
    stem, norm = network.stem
    first, second = network.blocks[0].depthwise[0], network.blocks[0].pointwise[0]
    resize(network, {
        "stem.0.weight": (4, 16, 3, 1), "blocks.0.depthwise.0.weight": (4, 1, 7, 1),
        "blocks.0.pointwise.0.weight": (5, 4, 1, 1), "head.1.weight": (4, 10),
        **{f"stem.1.{n}": (4,) for n in ("weight", "bias", "running_mean", "running_var")},
    })  # fmt: skip
    assert (stem.in_channels, stem.out_channels, stem.groups) == (16, 4, 1)
    assert (first.in_channels, first.out_channels, first.groups) == (4, 4, 4)
    assert (second.in_channels, second.out_channels, second.groups) == (4, 5, 1)
    assert norm.num_features == 4
    assert (network.head[1].in_features, network.head[1].out_features) == (10, 4)
    assert network.norm.num_features == 16


def test_what_is_resized_is_trained_as_before():
    network = building.build(NANO, FRONT, 4)
    before = {name for name, _ in network.named_parameters()}
    state = network.state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items() if "stem" in name}
    resize(network, shapes)
    assert {name for name, _ in network.named_parameters()} == before
    assert {name for name, _ in network.named_buffers()} == {
        name for name, _ in building.build(NANO, FRONT, 4).named_buffers()
    }
    assert all(value.requires_grad for value in network.parameters())
    network.requires_grad_(False)
    resize(network, shapes)
    assert not any(value.requires_grad for value in network.parameters())


def test_shapes_that_do_not_go_together_are_refused():
    shapes = {"stem.0.weight": (4, 16, 3, 1)}
    with pytest.raises(ConfigError, match="^nano, pruned, fails on 2 examples of shape"):
        building.build(dataclasses.replace(NANO, shapes=shapes), FRONT, 4)


@torch.no_grad()
def test_blocks_that_pruning_left_are_those_of_their_numbers():
    torch.manual_seed(0)
    whole = trained(building.build(NANO, FRONT, 4))
    left = building.build(dataclasses.replace(NANO, blocks=(1, 2)), FRONT, 4).eval()
    kept = {
        name.replace("blocks.1", "blocks.0").replace("blocks.2", "blocks.1"): value
        for name, value in whole.state_dict().items()
        if "blocks.0" not in name
    }
    left.load_state_dict(kept, strict=True)
    features = torch.randn(5, 12, 16)
    whole.blocks[0] = nn.Identity()
    torch.testing.assert_close(left(features), whole(features))


def test_an_int8_architecture_is_built_int8_and_its_floats_are_to_be_had():
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    rounded = dataclasses.replace(NANO, quantize=Int8())
    assert rounded.int8_parts == ("",)
    assert isinstance(building.build(rounded, FRONT, 4), Int8Network)
    assert not isinstance(building.build(rounded.in_floats, FRONT, 4), Int8Network)
    assert rounded.in_floats == NANO


def both(first=NANO, second=None):
    second = second or Architecture(model=Choice(MODELS, "micro", micro.Config(channels=(6, 6))))
    cfg = fusion.Config(first=first, second=second, temperatures=(2.0, 0.5))
    return Architecture(model=Choice(MODELS, "fusion", cfg))


def test_the_parts_of_networks_side_by_side_say_which_are_int8():
    rounded = dataclasses.replace(NANO, quantize=Int8())
    assert both().int8_parts == ()
    assert both(second=rounded).int8_parts == ("second",)
    assert both(first=rounded).int8_parts == ("first",)
    assert both(first=both(second=rounded)).int8_parts == ("first.second",)
    assert both(second=rounded).in_floats == both(second=NANO)
    assert list(both().parts) == ["first", "second"]
    assert build_config(Architecture, as_dict(both(second=rounded))) == both(second=rounded)


@torch.no_grad()
def test_networks_side_by_side_answer_the_mean_over_their_temperatures():
    pair = Pair(FRONT, OTHER)
    network = building.build(both(), pair, 4).eval()
    inputs = {"first": torch.randn(3, 12, 16), "second": torch.randn(3, 12, 8)}
    expected = (network.first(inputs["first"]) / 2 + network.second(inputs["second"]) / 0.5) / 2
    torch.testing.assert_close(network(inputs), expected)


@torch.no_grad()
def test_networks_side_by_side_within_others_are_given_their_own():
    three = Pair(Pair(FRONT, OTHER), OTHER)
    network = building.build(both(first=both()), three, 4).eval()
    inputs = {
        "first.first": torch.randn(3, 12, 16), "first.second": torch.randn(3, 12, 8),
        "second": torch.randn(3, 12, 8),
    }  # fmt: skip
    inner = network.first({n: inputs[f"first.{n}"] for n in ("first", "second")})
    expected = (inner / 2 + network.second(inputs["second"]) / 0.5) / 2
    torch.testing.assert_close(network(inputs), expected)


def test_networks_side_by_side_need_two_front_ends_and_have_no_int8_form_as_one():
    with pytest.raises(ConfigError, match=r"write frontend\.name=pair"):
        building.build(both(), FRONT, 4)
    with pytest.raises(ConfigError, match="several inputs has no int8 form here"):
        building.build(dataclasses.replace(both(), quantize=Int8()), Pair(FRONT, OTHER), 4)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"blocks": (0, 7)}, "not all among the 3"),
        ({"blocks": (-1,)}, "not all among the 3"),
        ({"shapes": {"head.1.weight": (1 << 20, 1 << 20)}}, "is not within"),
        ({"shapes": {"head.1.weight": (0, 16)}}, "is not within"),
        ({"shapes": {"head.1.weight": (2, 16, 1)}}, "is not within"),
    ],
)
def test_a_run_that_says_more_than_pruning_can_leave_is_refused(changes, fault):
    with pytest.raises(ConfigError, match=fault):
        building.build(dataclasses.replace(NANO, **changes), FRONT, 2)

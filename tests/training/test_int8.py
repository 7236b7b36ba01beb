import copy

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from lightspeech import plugins
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel

pytest.importorskip("torchao", reason="needs the extra 'compress'")

from lightspeech.models import int8, int8_onnx, int8_roundings
from lightspeech.models.int8 import Int8, Int8Network, fold
from lightspeech.training import weights

FRAMES, BANDS, N_CLASSES = 20, 16, 3
EXAMPLE = torch.zeros(1, FRAMES, BANDS)


def network(name="nano"):
    torch.manual_seed(0)
    module = plugins.load("lightspeech.models", name)
    front = mel.build(MelConfig(n_mels=BANDS), windows=Windows())
    made = module.build(module.Config(), frontend=front, n_classes=N_CLASSES)
    made(torch.randn(32, FRAMES, BANDS) * 3 - 5)  # batch statistics that are not the fresh ones
    return made.eval()


def windows(n=64):
    return torch.randn(n, FRAMES, BANDS, generator=torch.Generator().manual_seed(1)) * 3 - 5


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def prepared():
    made = Int8Network(fold(network()), EXAMPLE, Int8())
    int8_roundings.take_ranges(made, [windows()])
    return made


@torch.no_grad()
def test_folding_batch_norms_changes_no_answer():
    before = network()
    torch.testing.assert_close(fold(before)(windows()), before(windows()), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_rounding_changes_answers_by_little(prepared):
    floats, rounded = network()(windows()), prepared(windows())
    assert 0 < (floats - rounded).abs().max() < 0.1 * (floats.max() - floats.min())


@torch.no_grad()
def test_the_converted_network_answers_as_the_prepared_one(prepared):
    converted = int8.convert(prepared, fold_weights=True)
    standardized = prepared.standardize(windows())
    torch.testing.assert_close(converted(standardized), prepared(windows()), atol=1e-5, rtol=0)


@torch.no_grad()
def test_stored_and_loaded_strictly_it_answers_the_same(prepared, tmp_path):
    save_file({k: v.clone().contiguous() for k, v in prepared.state_dict().items()}, tmp_path / "w")
    fresh = Int8Network(fold(network()), EXAMPLE, Int8())
    fresh.load_state_dict(load_file(tmp_path / "w"), strict=True)
    assert torch.equal(fresh(windows()), prepared(windows()))


def test_training_moves_every_weight(prepared):
    prepared(windows()).square().sum().backward()
    assert all(p.grad is not None for p in prepared.parameters())
    prepared.zero_grad()


def test_every_tensor_between_layers_is_int8(prepared):
    graph = int8.convert(prepared, fold_weights=True).graph
    weighted = [n for n in graph.nodes if "conv2d" in str(n.target) or "linear" in str(n.target)]
    assert len(weighted) == 8
    for node in weighted:
        operands = node.all_input_nodes[:2]
        assert all("dequantize" in operand.name for operand in operands), node


def test_the_onnx_file_answers_within_two_steps_most_often_the_same(prepared):
    model = int8_onnx.OnnxNetwork(int8_onnx.to_bytes(prepared, EXAMPLE))
    with torch.no_grad():
        expected = prepared(windows()).numpy()
    found = model(windows()).numpy()
    last = [m for m in prepared.graph.modules() if hasattr(m, "zero_point")][-1]
    steps = np.abs(found - expected) / float(last.scale)
    # A value on the edge between two steps falls either way, and later layers carry it on.
    assert steps.max() < 2.01
    assert steps.mean() < 0.5


def test_a_layer_can_stay_in_floats():
    made = Int8Network(fold(network()), EXAMPLE, Int8(keep_float=("stem.0",)))
    assert "stem.0" not in int8_roundings.layers(made)
    with pytest.raises(ConfigError, match="no layer 'stem'; choose of"):
        Int8Network(fold(network()), EXAMPLE, Int8(keep_float=("stem",)))


@torch.no_grad()
def test_layers_are_rounded_one_at_a_time(prepared):
    places = int8_roundings.layers(prepared)
    assert list(places)[:2] == ["stem.0", "blocks.0.depthwise.0"]
    assert len(places) == 8
    everywhere, floats = prepared(windows()), fold(network())(windows())
    int8_roundings.round_only(prepared, [])
    torch.testing.assert_close(prepared(windows()), floats, atol=1e-4, rtol=1e-4)
    int8_roundings.round_only(prepared, places["stem.0"])
    assert 0 < (prepared(windows()) - floats).abs().max()
    int8_roundings.round_only(prepared, None)
    assert torch.equal(prepared(windows()), everywhere)


def test_an_average_of_weights_keeps_every_range(prepared):
    """A copied graph lists its tensors in another order."""
    before = {name: tensor.clone() for name, tensor in prepared.state_dict().items()}
    average = copy.deepcopy(prepared)
    weights.Average(average, prepared, 0.99).move(0)
    for name, tensor in average.state_dict().items():
        torch.testing.assert_close(tensor, before[name], msg=name)


@torch.no_grad()
def test_a_network_just_read_converts_to_the_same(prepared):
    read = Int8Network(fold(network()), EXAMPLE, Int8())
    read.load_state_dict(prepared.state_dict(), strict=True)
    standardized = prepared.standardize(windows())
    first, second = (int8.convert(made, fold_weights=False) for made in (prepared, read))
    torch.testing.assert_close(first(standardized), second(standardized), atol=0, rtol=0)

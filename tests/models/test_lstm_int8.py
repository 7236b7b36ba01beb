"""An int8 LSTM: one simulation, and the bits of every runtime that knows the operation."""

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("torchao", reason="needs the extra 'compress'")

from lightspeech.errors import ConfigError
from lightspeech.export import int8_tflite, tflite_check, tflite_file
from lightspeech.models import int8, int8_onnx, int8_roundings, lstm, lstm_arithmetic
from lightspeech.models.contract import Completed
from lightspeech.models.int8 import Int8, Int8Network

FRAMES, FEATURES = 12, 5
EXAMPLE = torch.zeros(1, FRAMES, FEATURES)


class Layers(nn.Module):
    """All hidden states of the second layer."""

    def __init__(self):
        super().__init__()
        self.first = nn.LSTM(FEATURES, 12, batch_first=True)
        self.second = nn.LSTM(12, 8, batch_first=True)

    def forward(self, x):
        x, _ = self.first(x)
        x, _ = self.second(x)
        return x.flatten(1)


def windows(n=48):
    return torch.randn(n, FRAMES, FEATURES, generator=torch.Generator().manual_seed(1)) * 3


def network(layers=Layers):
    torch.manual_seed(0)
    made = Completed(layers(), FEATURES).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight *= 4  # gates that open and close
    return made


def rounded(layers=Layers, **cfg):
    made = Int8Network(network(layers), EXAMPLE, Int8(**cfg))
    int8_roundings.take_ranges(made, [windows()])
    return made


@pytest.fixture(scope="module")
def prepared():
    return rounded()


def integers(prepared):
    """Hidden states of the simulation, as int8."""
    with torch.no_grad():
        hidden = int8.convert(prepared, fold_weights=True)(prepared.standardize(windows()))
    last = [m for m in prepared.graph.modules() if hasattr(m, "zero_point")][-1]
    return (hidden / last.scale).round().numpy() + int(last.zero_point)


@torch.no_grad()
def test_rounding_changes_hidden_states_by_little(prepared):
    floats, given = network()(windows()), prepared(windows())
    assert 0 < (floats - given).abs().max() < 0.1


@torch.no_grad()
def test_what_trains_is_what_the_integers_are_to_a_step(prepared):
    whole = int8.convert(prepared, fold_weights=True)(prepared.standardize(windows()))
    step = [m for m in prepared.graph.modules() if hasattr(m, "zero_point")][-1].scale
    assert (whole - prepared(windows())).abs().max() < 2.5 * step


def test_every_weight_learns_through_the_rounding():
    made = rounded()
    made(windows(8)).square().sum().backward()
    learnt = {name: weight.grad.abs().max() for name, weight in made.named_parameters()}
    assert len(learnt) == 6
    assert all(each > 0 for each in learnt.values())


def test_a_cell_state_is_held_by_a_power_of_two(prepared):
    scales = [m.cell_scale for m in prepared.graph.modules() if hasattr(m, "cell_scale")]
    assert len(scales) == 2
    assert all(2.0**-15 <= float(s) <= 2.0**-9 and float(s.log2()) % 1 == 0 for s in scales)


@torch.no_grad()
def test_onnx_gives_the_bits_of_the_simulation(prepared):
    onnx = pytest.importorskip("onnx", reason="needs the extra 'compress'")
    whole = int8.convert(prepared, fold_weights=True)(prepared.standardize(windows()))
    model = int8_onnx.to_bytes(prepared, EXAMPLE)
    stored = onnx.load_model_from_string(model).graph.initializer
    weights = [each for each in stored if "weight" in each.name]
    assert [each.data_type for each in weights] == 4 * [onnx.TensorProto.INT8]
    torch.testing.assert_close(int8_onnx.OnnxNetwork(model)(windows()), whole, atol=0, rtol=0)


@pytest.fixture(scope="module")
def model(prepared):
    pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    return int8_tflite.of_network(prepared, EXAMPLE)


def given(prepared, model):
    """What goes in, as int8."""
    graph = tflite_file.read(model)
    [source] = (graph.tensors[i] for i in graph.inputs)
    standardized = prepared.standardize(windows()).numpy()
    whole = np.rint(standardized / source.scales[0]) + source.zeros[0]
    return whole.clip(-128, 127).astype(np.int8)


def test_a_layer_is_one_operation(model):
    graph = tflite_file.read(model)
    kinds = [operation.kind for operation in graph.operations]
    assert kinds == [*["UNIDIRECTIONAL_SEQUENCE_LSTM"] * 2, "RESHAPE"]
    tflite_check.check(graph)


def test_tflite_micro_gives_the_bits_of_the_simulation(prepared, model):
    runtime = pytest.importorskip("tflite_micro", reason="is for tests").runtime
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 18)
    answers = []
    for window in given(prepared, model):
        interpreter.reset()
        interpreter.set_input(window[None], 0)
        interpreter.invoke()
        answers.append(interpreter.get_output(0)[0].copy())
    np.testing.assert_array_equal(answers, integers(prepared))


def of_litert(prepared, model):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kernels = OpResolverType.BUILTIN_REF
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    [source], [out] = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for window in given(prepared, model):
        interpreter.reset_all_variables()
        interpreter.set_tensor(source["index"], window[None])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(out["index"])[0])
    return np.array(answers)


def test_litert_differs_by_its_sigmoid_and_tanh_alone(prepared, model, gemmlowp, monkeypatch):
    answers = of_litert(prepared, model)
    assert (answers != integers(prepared)).any()
    sigmoid = torch.tensor(gemmlowp.sigmoid_table())
    tanh = {power: torch.tensor(gemmlowp.tanh_table(15 + power)) for power in range(-15, -8)}

    def looked_up(table, x):
        return table[(x + 2**15).long()].double()

    monkeypatch.setattr(lstm_arithmetic, "sigmoid", lambda x: looked_up(sigmoid, x))
    monkeypatch.setattr(lstm_arithmetic, "tanh", lambda x, power: looked_up(tanh[power], x))
    np.testing.assert_array_equal(answers, integers(prepared))


@pytest.mark.parametrize("power", range(-15, -8))
def test_the_table_is_nearer_to_the_truth_than_fixed_point_is(gemmlowp, power):
    whole = torch.tensor(gemmlowp.inputs, dtype=torch.float64)
    truth = torch.tanh(whole * 2.0**power) * 2**15
    ours = (lstm_arithmetic.tanh(whole, power) - truth).abs().max()
    litert = (torch.tensor(gemmlowp.tanh_table(15 + power)) - truth).abs().max()
    assert ours < 8
    assert ours < litert


def test_a_layer_may_stay_in_floats():
    made = rounded(keep_float=("network.first",))
    assert sorted(int8_roundings.layers(made)) == ["network.second"]
    with pytest.raises(ConfigError, match=r"no layer 'third'; choose of .*network.second"):
        rounded(keep_float=("third",))


@torch.no_grad()
def test_each_layer_can_be_rounded_alone():
    made = rounded()
    floats = network()(windows())
    int8_roundings.round_only(made, [])
    torch.testing.assert_close(made(windows()), floats, atol=1e-5, rtol=1e-5)
    int8_roundings.round_only(made, int8_roundings.layers(made)["network.first"])
    assert (made(windows()) != floats).any()


class LastState(Layers):
    def forward(self, x):
        _, (hidden, _) = self.first(x)
        return hidden[0]


class Backwards(nn.Module):
    def __init__(self, **kind):
        super().__init__()
        self.layer = kind.pop("layer", nn.LSTM)(FEATURES, 4, **kind)

    def forward(self, x):
        return self.layer(x)[0][:, -1]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ({"batch_first": True, "bidirectional": True}, "it is bidirectional"),
        ({"batch_first": True, "num_layers": 2}, "it is of 2 layers"),
        ({"batch_first": True, "proj_size": 2}, "it is projected"),
        ({"batch_first": True, "bias": False}, "it is without a bias"),
        ({}, "it is not batch first"),
        ({"layer": nn.GRU, "batch_first": True}, "it is a GRU"),
    ],
)
def test_a_layer_that_no_kernel_computes_is_refused(kind, why):
    with pytest.raises(ConfigError, match=why):
        Int8Network(network(lambda: Backwards(**kind)), EXAMPLE, Int8())


def test_last_states_are_asked_for_as_hidden_states():
    with pytest.raises(ConfigError, match=r"first begins with a state or gives its last"):
        Int8Network(network(LastState), EXAMPLE, Int8())


def test_stored_weights_and_scales_are_all_there_is(prepared):
    again = Int8Network(network(), EXAMPLE, Int8())
    again.load_state_dict(prepared.state_dict(), strict=True)
    np.testing.assert_array_equal(integers(again), integers(prepared))
    assert isinstance(again.graph.get_submodule("network.network.first"), lstm.RoundedLSTM)

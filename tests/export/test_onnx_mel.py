"""Bands as products: the numbers of the NumPy reference, for any length, window and hop."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.export import onnx_mel

CFG = MelConfig()
CFGS = [
    CFG,
    MelConfig(n_fft=400, hop_length=160, n_mels=40),
    MelConfig(n_fft=1000, hop_length=441),  # nothing in common
    MelConfig(n_fft=64, hop_length=100, n_mels=8),  # what lies between frames is not heard
]
NAMES = ["usual", "narrow", "odd", "apart"]


def transformed(cfg, n_samples=None):
    """As the exporter writes a front end: the places of its transform and logarithm are enough."""
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "last"], ["signal"]),
        helper.make_node("STFT", ["signal", "hop", "window"], ["spectrum"]),
        helper.make_node("ReduceSum", ["spectrum"], ["bands"]),
        helper.make_node("Add", ["bands", "floor"], ["above"]),
        helper.make_node("Log", ["above"], ["log"]),
    ]
    values = {
        "last": np.array([2]), "hop": np.array(cfg.hop_length),
        "window": np.ones(cfg.n_fft, np.float32), "floor": np.array(cfg.floor, np.float32),
    }  # fmt: skip
    sizes = (("waveform", ["batch", n_samples or "samples"]), ("log", ["batch", "frames", "bands"]))
    source, log = (helper.make_tensor_value_info(name, TensorProto.FLOAT, s) for name, s in sizes)
    tables = [numpy_helper.from_array(value, name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "mel", [source], [log], tables)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def session(cfg, n_samples=None):
    model = transformed(cfg, n_samples)
    onnx_mel.replace(model, cfg)
    assert "STFT" not in {node.op_type for node in model.graph.node}
    return onnxruntime.InferenceSession(model.SerializeToString())


@pytest.fixture(scope="module", params=CFGS, ids=NAMES)
def any_length(request):
    return request.param, session(request.param)


def noise(batch, n_samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (batch, n_samples)).astype(np.float32)


def assert_equal(cfg, found, waveforms):
    expected = np.stack([frontend.log_bands(each, cfg) for each in waveforms])
    np.testing.assert_allclose(found, expected, atol=1e-4)


@given(n_samples=st.integers(1_024, 6_000), batch=st.integers(1, 3))
def test_sound_of_any_length_gives_the_bands_of_the_reference(any_length, n_samples, batch):
    cfg, running = any_length
    waveforms = noise(batch, n_samples)
    [found] = running.run(None, {"waveform": waveforms})
    assert_equal(cfg, found, waveforms)


@pytest.mark.parametrize("n_samples", [16_000, 16_001])
@pytest.mark.parametrize("cfg", CFGS, ids=NAMES)
def test_windows_of_one_length_too(cfg, n_samples):
    waveforms = noise(2, n_samples)
    [found] = session(cfg, n_samples).run(None, {"waveform": waveforms})
    assert_equal(cfg, found, waveforms)


def test_a_quiet_voice_is_as_exact_as_a_loud_one():
    cfg = MelConfig(level="recent", floor=1e-18)
    waveforms = noise(1, 16_000)
    running = session(cfg)
    loud, quiet = (running.run(None, {"waveform": waveforms * g})[0] for g in (1, 1e-3))
    np.testing.assert_allclose(quiet - np.log(1e-6), loud, atol=1e-3)


def leveled(cfg):
    """A model that halves its waveform first, as one does that levels it."""
    model = transformed(cfg)
    half = numpy_helper.from_array(np.array(0.5, np.float32), "half")
    model.graph.initializer.append(half)
    model.graph.node.insert(0, helper.make_node("Mul", ["waveform", "half"], ["leveled"]))
    model.graph.node[1].input[0] = "leveled"
    return model


def test_a_waveform_that_is_leveled_before_is_heard_leveled():
    model = leveled(CFG)
    onnx_mel.replace(model, CFG)
    waveforms = noise(2, 8_000)
    running = onnxruntime.InferenceSession(model.SerializeToString())
    assert_equal(CFG, running.run(None, {"waveform": waveforms})[0], waveforms / 2)


def test_beside_another_transform_all_stays_as_it_is():
    model = transformed(CFG)
    model.graph.node.append(helper.make_node("STFT", ["signal", "hop", "window"], ["other"]))
    before = model.SerializeToString()
    onnx_mel.replace(model, CFG)
    assert model.SerializeToString() == before


@pytest.mark.parametrize("floor", [1e-18, 1e-9, 1e-6])
def test_silence_lies_at_the_floor_however_low(floor):
    cfg = MelConfig(floor=floor)
    model = transformed(cfg)
    model.graph.node[4].input[0] = "bands"  # as where the exporter leaves the floor out
    del model.graph.node[3]
    onnx_mel.replace(model, cfg)
    running = onnxruntime.InferenceSession(model.SerializeToString())
    [found] = running.run(None, {"waveform": np.zeros((1, 4_000), np.float32)})
    np.testing.assert_allclose(found, np.log(floor), rtol=1e-5)


def test_what_a_loop_takes_from_outside_stays():
    model = transformed(CFG)
    taken = helper.make_node("Add", ["frame", "outside"], ["more"])
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("frame", "more")]
    body = helper.make_graph([taken], "body", ends[:1], ends[1:])
    loop = helper.make_node("Scan", ["log"], ["all"], body=body, num_scan_inputs=1)
    loop.attribute.append(helper.make_attribute("scan_input_axes", [1]))
    loop.attribute.append(helper.make_attribute("scan_output_axes", [1]))
    model.graph.node.append(loop)
    outside = numpy_helper.from_array(np.array(3, np.float32), "outside")
    model.graph.initializer.append(outside)
    model.graph.output[0].name = "all"
    onnx_mel.replace(model, CFG)
    waveforms = noise(1, 8_000)
    running = onnxruntime.InferenceSession(model.SerializeToString())
    assert_equal(CFG, running.run(None, {"waveform": waveforms})[0] - 3, waveforms)


@pytest.mark.parametrize(
    ("options", "can"),
    [
        ({}, True),
        ({"n_fft": 400, "hop_length": 160}, True),
        ({"hop_length": 441}, True),
        ({"hop_length": 50}, False),  # a frame of 21 hops
        ({"n_fft": 1028}, False),  # 257 is prime
        ({"power": 1}, False),
        ({"kind": "spectrogram"}, False),
    ],
)
def test_some_front_ends_keep_their_transform(options, can):
    assert onnx_mel.can(MelConfig(**options)) == can

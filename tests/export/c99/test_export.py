"""An int8 run as a bundle of C: LiteRT = TFLite Micro = C99, on noise and on real utterances."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightspeech import bundle, plugins
from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, as_dict, choice_of
from lightspeech.errors import BundleError, ConfigError
from lightspeech.export import c99, tflite_file
from lightspeech.export.c99.frontend import Input
from lightspeech.inference.backends import c99 as inference

torch = pytest.importorskip("torch")
for needed in ("litert_torch", "torchao"):
    pytest.importorskip(needed, reason=f"needs {needed}")

LABELS = ("angry", "happy", "neutral", "sad")
KEPT = Path(__file__).parents[3] / "results" / "models" / "ravdess" / "micro-int8"
UTTERANCES = 1008


def mel(**changes):
    return choice_of("lightspeech.frontends", MelConfig(**changes))


def quantized(features, windows, tier="micro", **model):
    """A run whose statistics and ranges are those of features; nobody trained it."""
    from lightspeech.models import int8, int8_roundings
    from lightspeech.models.building import to_int8
    from lightspeech.training.networks import build_float
    from lightspeech.training.run import Run
    from lightspeech.training.task import RunConfig

    package = "lightspeech.models"
    choice = Choice(package, tier, plugins.load(package, tier).Config(**model))
    cfg = RunConfig(model=choice, frontend=mel(), windows=windows)
    network = build_float(cfg, len(LABELS)).train()
    with torch.no_grad():
        for _ in range(20):
            network(features)
    network = to_int8(network.eval(), cfg.front, int8.Int8())
    int8_roundings.take_ranges(network, [features])
    return Run(
        config=replace(cfg, quantize=int8.Int8()), labels=LABELS, fold=0, seed=0, temperature=1.5,
        thresholds=(0.0,) * len(LABELS), network=network,
    )  # fmt: skip


def described(folder, windows):
    return Bundle(
        path=folder / "bundle", name="toy", labels=LABELS, sample_rate=16_000, windows=windows,
        frontend=as_dict(MelConfig()), model={"name": "micro"}, thresholds=(0.0,) * len(LABELS),
    )  # fmt: skip


def heard(done, model, features):
    """What a device hands to the network: int8 features, as the front end in C rounds them."""
    from lightspeech.export import int8_tflite

    graph = tflite_file.read(model)
    source = graph.tensors[graph.inputs[0]]
    statistics = int8_tflite.standardization(done.network, features.shape[-1])
    return Input(*statistics, float(source.scales[0]), source.zeros[0]).quantize(features)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("tier", "more"), [("micro", {}), ("small", {"members": 3})])
def test_a_run_becomes_a_bundle_of_c_that_answers_as_its_network(
    tmp_path, run_c, run_micro, run_litert, tier, more
):
    windows = Windows(window_s=0.5, hop_s=0.2)
    features = torch.randn(64, 11, 64) * 2 - torch.linspace(3, 9, 64)
    done = quantized(features, windows, tier, channels=(12, 12, 8), **more)
    made = c99.export(done, described(tmp_path, windows))
    assert bundle.read(made.path) == made
    names = {path.name for path in made.path.iterdir()}
    assert {"ls_model.c", "ls_model.h", "ls_kernels.c", "ls_frontend.c", "model.tflite"} <= names
    model = (made.path / "model.tflite").read_bytes()
    rows = heard(done, model, features.numpy()).astype(np.int8)[:, None]
    found = run_c(model, rows, len(LABELS))
    answers, _ = run_micro({"model": model}, {"model": rows})
    np.testing.assert_array_equal(found, answers["model"])
    np.testing.assert_array_equal(found, run_litert(model, rows))
    output = tflite_file.read(model).tensors[tflite_file.read(model).outputs[0]]
    logits = (found.astype(np.float32) - output.zeros[0]) * output.scales[0]
    with torch.no_grad():
        expected = done.network(features).numpy()
    # A prepared network rounds where the device does, but adds up in floats.
    assert np.abs(logits - expected).max() <= 3 * output.scales[0]


@pytest.mark.usefixtures("one_thread", "gcc")
def test_the_compiled_bundle_answers_waveforms_as_its_network_does(tmp_path):
    windows = Windows(window_s=0.5, hop_s=0.2)
    rng = np.random.default_rng(0)
    waveforms = rng.normal(0, 0.1, (6, 8_000)).astype(np.float32)
    waveforms *= np.linspace(0.02, 1, 6, dtype=np.float32)[:, None]
    features = np.stack([frontend.features(waveform, MelConfig()) for waveform in waveforms])
    done = quantized(torch.from_numpy(features), windows, channels=(12, 12, 8))
    made = c99.export(done, described(tmp_path, windows))
    found = inference.open(bundle.read(made.path)).predict(waveforms)
    with torch.no_grad():
        logits = done.network(torch.from_numpy(features)) / done.temperature
    np.testing.assert_allclose(found, torch.softmax(logits, 1), atol=0.1)
    assert (found.argmax(1) == logits.argmax(1).numpy()).mean() >= 5 / 6
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    with pytest.raises(BundleError, match="hears windows of 8000 samples"):
        inference.open(made).predict(waveforms[:, :100])
    kernels = made.path / "ls_kernels.c"
    kernels.write_bytes(kernels.read_bytes().replace(b"\n", b"\r\n"))  # as git may on Windows
    np.testing.assert_array_equal(inference.open(made).predict(waveforms), found)
    with kernels.open("a") as file:
        file.write("/* */")
    with pytest.raises(BundleError, match="is not what this lightspeech writes"):
        inference.open(made)


def test_a_run_in_floats_is_refused_with_what_to_do(tmp_path):
    from lightspeech.models import micro
    from lightspeech.training.networks import build_float
    from lightspeech.training.run import Run
    from lightspeech.training.task import RunConfig

    choice = Choice("lightspeech.models", "micro", micro.Config())
    cfg = RunConfig(model=choice, frontend=mel(), windows=Windows())
    done = Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=1.0, thresholds=(0.0,) * len(LABELS),
        network=build_float(cfg, 4),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="not int8; add .*quantize"):
        c99.export(done, described(tmp_path, Windows()))


@pytest.fixture(scope="module")
def published():
    """The int8 `micro` whose figure is published, and its network as a ``.tflite`` file."""
    from lightspeech.export import int8_tflite

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    done = kept_run("fold0")
    yield done, int8_tflite.to_bytes(done)
    torch.set_num_threads(threads)


def kept_run(name):
    """Read the weights and scales of a kept ONNX file back into a run."""
    import onnx
    from onnx import numpy_helper

    from lightspeech.models import int8, micro
    from lightspeech.models.building import to_int8
    from lightspeech.training.networks import build_float
    from lightspeech.training.run import Run
    from lightspeech.training.task import RunConfig

    said = json.loads((KEPT / f"{name}.json").read_text())
    cfg = RunConfig(
        model=Choice("lightspeech.models", "micro", micro.Config()),
        frontend=mel(**said["frontend"]), windows=Windows(**said["windows"]),
    )  # fmt: skip
    made = onnx.load(KEPT / f"{name}.onnx").graph
    constants = {item.name: numpy_helper.to_array(item) for item in made.initializer}
    makers = {node.output[0]: node for node in made.node}
    network = to_int8(build_float(cfg, len(said["labels"])).eval(), cfg.front, int8.Int8())
    state = {key: constants[key] for key in constants if key.startswith("outer.")}
    for node in made.node:
        if node.op_type in ("Conv", "Gemm"):
            weights, scales, _ = (constants[key] for key in makers[node.input[1]].input)
            layer = node.input[2].removeprefix("converted.").removesuffix(".bias")
            scales = scales.reshape(-1, *[1] * (weights.ndim - 1))
            state[f"graph.{layer}.weight"] = weights.astype(np.float32) * scales
            state[f"graph.{layer}.bias"] = constants[node.input[2]]
    roundings = [
        node.target for node in network.graph.graph.nodes
        if node.op == "call_module" and hasattr(network.graph.get_submodule(node.target), "scale")
    ]  # fmt: skip
    marked = [node for node in made.node if node.op_type == "QuantizeLinear"]
    for target, node in zip(roundings, marked, strict=True):
        state[f"graph.{target}.scale"] = constants[node.input[1]]
        state[f"graph.{target}.zero_point"] = constants[node.input[2]]
    tensors = {key: torch.from_numpy(np.array(value)) for key, value in state.items()}
    network.load_state_dict({**network.state_dict(), **tensors})
    return Run(
        config=replace(cfg, quantize=int8.Int8()), labels=tuple(said["labels"]), fold=0, seed=0,
        thresholds=(0.0,) * len(said["labels"]), network=network, temperature=said["temperature"],
    )  # fmt: skip


def check_bits(published, features, run_c, run_micro, run_litert):
    """C = TFLite Micro = LiteRT bit for bit, and the answers are those of the published file."""
    from lightspeech.models.int8_onnx import OnnxNetwork

    done, model = published
    rows = heard(done, model, features).astype(np.int8)[:, None]
    found = run_c(model, rows, len(done.labels), "-O3")
    answers, _ = run_micro({"model": model}, {"model": rows})
    assert len(np.unique(found, axis=0)) > len(rows) // 2
    np.testing.assert_array_equal(found, answers["model"])
    np.testing.assert_array_equal(found, run_litert(model, rows))
    logits = OnnxNetwork((KEPT / "fold0.onnx").read_bytes())(torch.from_numpy(features)).numpy()
    assert (found.argmax(1) == logits.argmax(1)).mean() > 0.97  # onnxruntime rounds otherwise


def test_the_published_micro_gives_the_same_bits_everywhere(
    published, run_c, run_micro, run_litert
):
    rng = np.random.default_rng(0)
    swell = np.sin(np.linspace(0, 25, 48_000)) ** 2 * rng.uniform(0.003, 1, (40, 1))
    sounds = (rng.normal(0, 0.3, (40, 48_000)) * swell).clip(-1, 1).astype(np.float32)
    features = np.stack([frontend.features(waveform, MelConfig()) for waveform in sounds])
    check_bits(published, features, run_c, run_micro, run_litert)


@pytest.mark.corpus
def test_a_thousand_real_utterances_give_the_same_bits_everywhere(
    data_root, published, run_c, run_micro, run_litert
):
    paths = sorted((data_root / "ravdess").rglob("Actor_*/*.flac"))[:UTTERANCES]
    assert len(paths) == UTTERANCES
    features = np.stack([first_window(path, Windows()) for path in paths])
    check_bits(published, features, run_c, run_micro, run_litert)


def first_window(path, windows):
    waveform = windows.cut(io.load(path), 16_000)[0]
    return frontend.features(waveform, MelConfig())

"""An int8 run as a bundle of C: LiteRT = TFLite Micro = C99, on noise and on real utterances."""

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, as_dict
from lightspeech.errors import BundleError, ConfigError
from lightspeech.export import _tflite, c99
from lightspeech.export._c99_frontend import Input
from lightspeech.inference import c99 as inference

torch = pytest.importorskip("torch")
for needed in ("litert_torch", "torchao"):
    pytest.importorskip(needed, reason=f"needs {needed}")

LABELS = ("angry", "happy", "neutral", "sad")
UTTERANCES = 1008


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


def quantized(features, windows, **model):
    """A run of `micro` whose statistics and ranges are those of features; nobody trained it."""
    from lightspeech.models import micro
    from lightspeech.training import int8
    from lightspeech.training.networks import build_float, to_int8
    from lightspeech.training.run import Run
    from lightspeech.training.task import RunConfig

    choice = Choice("lightspeech.models", "micro", micro.Config(**model))
    cfg = RunConfig(model=choice, frontend=FrontEnd(), windows=windows)
    network = build_float(cfg, len(LABELS)).train()
    with torch.no_grad():
        for _ in range(20):
            network(features)
    network = to_int8(network.eval(), cfg, int8.Int8())
    int8.calibrate(network, [features])
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=1.5, threshold=0.0, network=network
    )  # fmt: skip


def described(folder, windows):
    return Bundle(
        path=folder / "bundle", name="toy", labels=LABELS, sample_rate=16_000, windows=windows,
        frontend=as_dict(FrontEnd()), model={"name": "micro"},
    )  # fmt: skip


def heard(done, model, features):
    """What a device hands to the network: int8 features, as the front end in C rounds them."""
    from lightspeech.export import _int8_tflite

    graph = _tflite.read(model)
    source = graph.tensors[graph.inputs[0]]
    statistics = _int8_tflite.standardization(done.network, features.shape[-1])
    return Input(*statistics, float(source.scales[0]), source.zeros[0]).quantize(features)


@pytest.mark.usefixtures("one_thread")
def test_a_run_becomes_a_bundle_of_c_that_answers_as_its_network(
    tmp_path, run_c, run_micro, run_litert
):
    windows = Windows(window_s=0.5, hop_s=0.2)
    features = torch.randn(64, 11, 64) * 2 - torch.linspace(3, 9, 64)
    done = quantized(features, windows, channels=(12, 12, 8))
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
    output = _tflite.read(model).tensors[_tflite.read(model).outputs[0]]
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
    features = np.stack([frontend.features(waveform, FrontEnd()) for waveform in waveforms])
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
    with (made.path / "ls_kernels.c").open("a") as file:
        file.write("/* */")
    with pytest.raises(BundleError, match="is not what this lightspeech writes"):
        inference.open(made)


def test_a_run_in_floats_is_refused_with_what_to_do(tmp_path):
    from lightspeech.models import micro
    from lightspeech.training.networks import build_float
    from lightspeech.training.run import Run
    from lightspeech.training.task import RunConfig

    choice = Choice("lightspeech.models", "micro", micro.Config())
    cfg = RunConfig(model=choice, frontend=FrontEnd(), windows=Windows())
    done = Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=1.0, threshold=0.0,
        network=build_float(cfg, 4),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="not int8; add .*quantize"):
        c99.export(done, described(tmp_path, Windows()))


@pytest.mark.corpus
@pytest.mark.usefixtures("one_thread")
def test_a_thousand_real_utterances_give_the_same_bits_everywhere(
    data_root, tmp_path, run_c, run_micro, run_litert
):
    paths = sorted((data_root / "ravdess").rglob("Actor_*/*.flac"))[:UTTERANCES]
    assert len(paths) == UTTERANCES
    windows = Windows()
    features = np.stack([first_window(path, windows) for path in paths])
    done = quantized(torch.from_numpy(features[:: UTTERANCES // 48]), windows)
    c99.export(done, described(tmp_path, windows))
    model = (tmp_path / "bundle" / "model.tflite").read_bytes()
    rows = heard(done, model, features).astype(np.int8)[:, None]
    found = run_c(model, rows, len(LABELS), "-O3")
    answers, _ = run_micro({"model": model}, {"model": rows})
    assert len(np.unique(found, axis=0)) > UTTERANCES // 2
    np.testing.assert_array_equal(found, answers["model"])
    np.testing.assert_array_equal(found, run_litert(model, rows))


def first_window(path, windows):
    waveform = windows.cut(io.load(path), 16_000)[0]
    return frontend.features(waveform, FrontEnd())

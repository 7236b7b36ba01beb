"""Light-SERNet in C: its network alone, since its level is that of a whole window."""

from dataclasses import replace

import numpy as np
import pytest

from lightspeech import bundle, plugins
from lightspeech.audio import frontend
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, choice_of
from lightspeech.errors import ConfigError
from lightspeech.evaluation import device_cost
from lightspeech.export import c99
from lightspeech.inference.backends import c99 as inference

torch = pytest.importorskip("torch")
for needed in ("litert_torch", "torchao"):
    pytest.importorskip(needed, reason=f"needs {needed}")

LABELS = ("angry", "happy", "sad")
WINDOWS = Windows(window_s=0.5, hop_s=None)


def sounds(n):
    rng = np.random.default_rng(0)
    swell = np.sin(np.linspace(0, 20, 8_000, dtype=np.float32)) ** 2
    loud = rng.uniform(0.01, 0.3, (n, 1)).astype(np.float32)
    return (rng.normal(0, 1, (n, 8_000)).astype(np.float32) * swell * loud).clip(-1, 1)


@pytest.fixture(scope="module")
def done():
    """All layers of the published network, narrow; nobody trained it."""
    from lightspeech.models import int8, int8_roundings, light_sernet
    from lightspeech.models.building import to_int8
    from lightspeech.training.networks import build_float
    from lightspeech.training.run import Run
    from lightspeech.training.task import RunConfig

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    narrow = light_sernet.Config(paths=(4, 4, 4), body=(6, 8, 8, 8, 12))
    cfg = RunConfig(
        model=Choice("lightspeech.models", "light_sernet", narrow),
        frontend=choice_of("lightspeech.frontends", light_sernet.FRONTEND),
        windows=WINDOWS,
    )
    heard = [frontend.features(waveform, cfg.frontend.config) for waveform in sounds(48)]
    features = torch.from_numpy(np.stack(heard))
    network = build_float(cfg, len(LABELS)).train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0  # what is heard once is the statistic, or answers hardly differ
    with torch.no_grad():
        network(features)
    network = to_int8(network.eval(), cfg.front, int8.Int8())
    int8_roundings.take_ranges(network, [features])
    yield Run(
        config=replace(cfg, quantize=int8.Int8()),
        labels=LABELS,
        fold=0,
        seed=0,
        temperature=1.5,
        thresholds=(0.0,) * len(LABELS),
        network=network,
    )
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def made(done, tmp_path_factory):
    described = Bundle(
        path=tmp_path_factory.mktemp("sernet"), name="toy", labels=LABELS, sample_rate=16_000,
        windows=WINDOWS, frontend=done.config.frontend.as_dict(), temperature=done.temperature,
        model={"name": "light_sernet", "n_params": 3_000},
        provenance={"scheme": "int8"}, thresholds=done.thresholds,
    )  # fmt: skip
    return c99.export(done, described)


def test_its_network_gives_the_bits_of_tflite_micro_and_litert(made, run_c, run_micro, run_litert):
    model = (made.path / made.model_file).read_bytes()
    shape = (8, 1, made.windows.samples(16_000)[0] // 256 - 3, 40)
    rows = np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)
    found = run_c(model, rows, len(LABELS))
    answers, _ = run_micro({"model": model}, {"model": rows})
    assert len(np.unique(found, axis=0)) > 4
    np.testing.assert_array_equal(found, answers["model"])
    np.testing.assert_array_equal(found, run_litert(model, rows))


def test_its_header_says_that_features_come_from_outside(made):
    assert "There is no front end in C" in (made.path / "ls_model.h").read_text()
    assert not list(made.path.glob("ls_frontend*"))


@pytest.mark.usefixtures("gcc")
def test_the_compiled_bundle_answers_waveforms_as_its_network_does(made, done):
    waveforms = sounds(8)
    found = inference.open(bundle.read(made.path)).predict(waveforms)
    cfg = done.config.frontend.config
    features = [frontend.features(waveform, cfg) for waveform in waveforms]
    with torch.no_grad():
        logits = done.network(torch.from_numpy(np.stack(features))) / done.temperature
    np.testing.assert_allclose(found, torch.softmax(logits, 1), atol=0.1)


def test_its_cost_on_boards_is_estimated_and_counts_a_window_of_sound(made):
    [cost] = device_cost.find(made)
    assert cost.how == "estimated"
    assert cost.basis.endswith("its front end is not in C")
    assert cost.ram_bytes > 2 * 8_000


def test_no_arduino_library_is_made_of_it(done, made, tmp_path):
    arduino = plugins.load("lightspeech.export", "arduino")
    with pytest.raises(ConfigError, match="level 'percentile' needs a whole window"):
        arduino.export(done, replace(made, path=tmp_path))

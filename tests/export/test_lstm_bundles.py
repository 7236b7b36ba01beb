"""A run of an LSTM as bundles: each answers by its own runtime, and what cannot hold it says so."""

import zipfile
from dataclasses import replace
from shutil import which

import numpy as np
import pytest

from lightspeech import bundle, config, plugins
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, ConfigError
from lightspeech.evaluation import cores
from lightspeech.inference import dispatch

pytest.importorskip("torchao", reason="needs the extra 'compress'")

import torch

from lightspeech.export import recover
from lightspeech.models import int8, int8_roundings, tinyml_lstm
from lightspeech.models.building import to_int8
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

LABELS = ("angry", "happy", "sad")
STEPS = 0.05


def run_of(*, integers):
    cfg = RunConfig(
        model=config.Choice("lightspeech.models", "tinyml_lstm", tinyml_lstm.Config()),
        frontend=config.choice_of("lightspeech.frontends", tinyml_lstm.FRONTEND),
        windows=Windows(window_s=0.512, hop_s=0.256),
    )
    torch.manual_seed(0)
    features = torch.randn(32, cfg.front.n_frames, cfg.front.n_features) * 20
    network = build_network(cfg, len(LABELS))
    network(features)
    network = network.eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight *= 2
    if integers:
        network = to_int8(network, cfg.front, int8.Int8())
        int8_roundings.take_ranges(network, [features])
        cfg = replace(cfg, quantize=int8.Int8())
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=0.3,
        thresholds=(0.4,) * len(LABELS), network=network,
    )  # fmt: skip


@pytest.fixture(scope="module")
def runs():
    return {integers: run_of(integers=integers) for integers in (False, True)}


@pytest.fixture(scope="module")
def exported(runs, tmp_path_factory):
    """Export each format once."""
    made = {}

    def export(format, *, integers=True):
        run = runs[integers]
        if format not in made:
            to = Bundle(
                path=tmp_path_factory.mktemp("bundles") / "lstm", name="lstm", labels=LABELS,
                sample_rate=16_000, windows=run.config.windows,
                frontend=config.as_dict(run.config.frontend.config),
                model={"name": "tinyml_lstm", "config": {}, "n_params": 126_000},
                thresholds=run.thresholds, temperature=run.temperature,
            )  # fmt: skip
            made[format] = plugins.load("lightspeech.export", format).export(run, to)
        return bundle.read(made[format].path)

    return export


def sound():
    noise = np.random.default_rng(0).normal(0, [[0.03], [0.1], [0.3], [0.03]], (4, 8_192))
    return np.clip(noise, -1, 1).astype(np.float32)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("format", ["litert", "c99"])
def test_every_runtime_answers_as_onnx(format, exported):
    pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    if format == "c99" and not which("gcc"):
        pytest.skip("needs a C compiler: install gcc")
    expected = dispatch.open(exported("onnx")).predict(sound())
    found = dispatch.open(exported(format)).predict(sound())
    np.testing.assert_allclose(found, expected, atol=STEPS)
    assert np.ptp(expected, axis=0).max() > STEPS


@pytest.mark.usefixtures("one_thread")
def test_a_window_knows_nothing_of_the_one_before(exported):
    pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    predictor = dispatch.open(exported("litert"))
    alone = predictor.predict(sound()[:1])
    np.testing.assert_array_equal(predictor.predict(sound())[0], alone[0])
    np.testing.assert_array_equal(predictor.predict(sound()[:1]), alone)


@pytest.mark.usefixtures("one_thread")
def test_dynamic_int8_is_far_smaller_and_answers_alike(exported):
    full = exported("onnx_network", integers=False)
    small = exported("onnx_dynamic", integers=False)
    assert small.size_bytes < 0.6 * full.size_bytes
    floats = dispatch.open(full).predict(sound())
    np.testing.assert_allclose(dispatch.open(small).predict(sound()), floats, atol=STEPS)


def test_what_cannot_hold_an_int8_layer_says_what_does(exported):
    with pytest.raises(ConfigError, match="ExecuTorch has no int8 LSTM; export .* c99"):
        exported("executorch")


def test_a_bundle_of_onnx_keeps_too_little_of_a_layer(exported):
    with pytest.raises(BundleError, match="holds an LSTM layer.*export the format from its run"):
        recover.recover(exported("onnx"))


def test_its_arduino_library_is_its_c_and_compiles_for_the_board(exported, tmp_path, gcc):
    made, plain = exported("arduino"), exported("c99")
    with zipfile.ZipFile(made.path / made.model_file) as archive:
        archive.extractall(tmp_path)
    [root] = tmp_path.iterdir()
    for name in ("ls_model.c", "ls_lstm.c", "ls_listen.c"):
        assert (root / "src" / name).read_text().endswith((plain.path / name).read_text())
    if not which(cores.ARM.compiler):
        pytest.skip("needs arm-none-eabi-gcc: apt install gcc-arm-none-eabi")
    for source in (root / "src").glob("*.c"):
        output = tmp_path / f"{source.stem}.o"
        gcc(output, *cores.M4F.flags, "-mthumb", "-c", source, compiler=cores.ARM.compiler)

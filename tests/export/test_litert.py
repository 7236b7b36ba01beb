from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from lightspeech import bundle
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, choice_of
from lightspeech.errors import BundleError
from lightspeech.export import litert, onnx
from lightspeech.inference.backends import litert as litert_inference
from lightspeech.models import int8, int8_roundings, nano
from lightspeech.models.building import to_int8
from lightspeech.models.int8 import Int8
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytest.importorskip("litert_torch", reason="needs the extra 'litert'")

LABELS = ("angry", "happy", "sad")
WINDOW = 16_000


def config_of(**front):
    return RunConfig(
        model=Choice("lightspeech.models", "nano", nano.Config(channels=(16, 16))),
        frontend=choice_of("lightspeech.frontends", MelConfig(**front)),
        windows=Windows(window_s=WINDOW / 16_000, hop_s=0.5),
    )


def run_of(cfg, network):
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=1.7, thresholds=(0.0,) * len(LABELS),
        network=network,
    )  # fmt: skip


def floats(**front):
    torch.manual_seed(0)
    cfg = config_of(**front)
    network = build_network(cfg, len(LABELS))
    network(torch.randn(32, 24, 64) * 2 - 5)
    return run_of(cfg, network.eval())


def integers():
    done = floats()
    network = to_int8(done.network, done.config.front, Int8())
    int8_roundings.take_ranges(network, [torch.randn(64, 24, 64) * 2 - 5])
    return run_of(replace(done.config, quantize=Int8()), network)


@pytest.fixture(scope="module", params=["fp32", "leveled", "int8"])
def exported(request, tmp_path_factory):
    """A run and its bundle; each is converted once, which takes seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    made = {"fp32": floats, "leveled": partial(floats, level="percentile"), "int8": integers}
    done = made[request.param]()
    to = Bundle(
        path=tmp_path_factory.mktemp("litert"), name="toy", labels=LABELS, sample_rate=16_000,
        windows=done.config.windows, frontend={}, model={"name": "nano"},
        thresholds=done.thresholds,
    )  # fmt: skip
    litert.export(done, to)
    yield done, to.path
    torch.set_num_threads(threads)


@torch.no_grad()
@pytest.mark.parametrize("reference", [False, True])
def test_it_answers_as_torch_does(exported, reference):
    done, path = exported
    waveform = torch.randn(3, WINDOW) * 0.1
    predictor = litert_inference.open(bundle.read(path), reference=reference)
    found = predictor.predict(waveform.numpy())
    # Integer kernels round at other places than floats do: a few steps of the logits.
    tolerance = 0.05 if isinstance(done.network, int8.Int8Network) else 1e-5
    reference = onnx.Recognizer(done, done.config.front.layer(any_length=False))
    np.testing.assert_allclose(found, reference(waveform).numpy(), atol=tolerance)


def test_int8_enters_once_and_leaves_once(exported):
    done, path = exported
    predictor = litert_inference.open(bundle.read(path), reference=True)
    kinds = [item["op_name"] for item in predictor.interpreter._get_ops_details()]
    n = int(isinstance(done.network, int8.Int8Network))
    assert (kinds.count("QUANTIZE"), kinds.count("DEQUANTIZE")) == (n, n)


def test_another_length_is_an_error(exported):
    predictor = litert_inference.open(bundle.read(exported[1]))
    with pytest.raises(BundleError, match="takes 16000 samples, found 8000"):
        predictor.predict(np.zeros((1, 8_000), np.float32))


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(64)])
def test_a_damaged_file_is_an_error(exported, content, tmp_path):
    described = bundle.read(exported[1])
    made = bundle.write(bundle.Bundle(**{**vars(described), "path": tmp_path}), content)
    with pytest.raises(BundleError, match=r"is no model that LiteRT loads|maps"):
        litert_inference.open(made)

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from lightspeech import bundle
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, choice_of
from lightspeech.errors import BundleError
from lightspeech.export import executorch as exporter
from lightspeech.export import onnx as onnx_exporter
from lightspeech.inference.backends import executorch, onnx
from lightspeech.models import int8, nano
from lightspeech.models.building import to_int8
from lightspeech.models.int8 import Int8
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytest.importorskip("executorch", reason="needs the extra 'executorch'")

LABELS = ("angry", "happy", "sad")
CONFIG = RunConfig(
    model=Choice("lightspeech.models", "nano", nano.Config(channels=(16, 16, 24))),
    frontend=choice_of("lightspeech.frontends", MelConfig()),
    windows=Windows(window_s=1.0, hop_s=0.5),
)
DELEGATE = rb"XN\d\d"
"""Identifier of XNNPACK's part of a program, whose tables the runtime does not verify."""
STEP = 0.03
"""Two steps of the int8 logits, in probabilities: XNNPACK rounds sums otherwise."""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run_of(network, quantize=None):
    return Run(
        config=replace(CONFIG, quantize=quantize), labels=LABELS, fold=0, seed=0, temperature=1.7,
        threshold=0.0, network=network,
    )  # fmt: skip


def described(path):
    return Bundle(
        path=path, name="test", labels=LABELS, sample_rate=16_000, windows=CONFIG.windows,
        frontend=CONFIG.frontend.as_dict(), model={"name": "nano"}, temperature=1.7,
    )  # fmt: skip


@pytest.fixture(scope="module")
def floats():
    torch.manual_seed(0)
    network = build_network(CONFIG, len(LABELS))
    network(torch.randn(32, 24, 64) * 2 - 5)
    return run_of(network.eval())


@pytest.fixture(scope="module")
def integers(floats):
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    network = to_int8(floats.network, CONFIG.front, Int8())
    int8.take_ranges(network, [torch.randn(64, 24, 64) * 2 - 5])
    return run_of(network, Int8())


@pytest.fixture(scope="module")
def opened(tmp_path_factory, floats, integers):
    """Each run in both formats, opened; exported once."""
    found = {}
    for name, done in {"fp32": floats, "int8": integers}.items():
        for format, module, back_end in (
            ("pte", exporter, executorch),
            ("onnx", onnx_exporter, onnx),
        ):
            made = module.export(done, described(tmp_path_factory.mktemp(f"{name}-{format}")))
            found[name, format] = back_end.open(bundle.read(made.path))
    return found


@pytest.mark.parametrize(("scheme", "tolerance"), [("fp32", 1e-4), ("int8", STEP)])
def test_it_answers_as_onnx_does(opened, scheme, tolerance):
    waveforms = np.random.default_rng(0).normal(0, 0.1, (5, 16_000)).astype(np.float32)
    found = opened[scheme, "pte"].predict(waveforms)
    expected = opened[scheme, "onnx"].predict(waveforms)
    np.testing.assert_allclose(found, expected, atol=tolerance)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_an_int8_program_holds_int8_weights(opened):
    floats, integers = (opened[scheme, "pte"].bundle.size_bytes for scheme in ("fp32", "int8"))
    assert integers < 0.75 * floats


def test_features_of_another_length_are_refused(opened):
    with pytest.raises(BundleError, match=r"hears \(24, 64\) features, not \(23, 64\)"):
        opened["fp32", "pte"].classify(np.zeros((23, 64), np.float32))


@pytest.mark.parametrize("content", [b"", b"no program of any kind", b"\x00\x00\x00\x00ET12"])
def test_what_is_no_program_is_refused(tmp_path, content):
    made = bundle.write(described(tmp_path), content)
    with pytest.raises(BundleError, match="export the model again"):
        executorch.open(made)


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        ("import os; os.abort()", "no program that the runtime loads and runs"),
        ("import time; time.sleep(60)", "without an answer after 1 s"),
    ],
)
def test_a_program_may_end_or_hold_another_process_not_this_one(
    opened, monkeypatch, trial, message
):
    monkeypatch.setattr(executorch, "TRIAL", trial)
    monkeypatch.setattr(executorch, "TRIAL_S", 1 if "sleep" in trial else 100)
    with pytest.raises(BundleError, match=message):
        executorch.open(opened["fp32", "pte"].bundle)


def test_a_program_with_damaged_tables_of_xnnpack_is_refused(opened, tmp_path):
    model = bytearray((opened["fp32", "pte"].bundle.path / exporter.MODEL_FILE).read_bytes())
    for delegate in re.finditer(DELEGATE, bytes(model)):
        forged = slice(delegate.end(), delegate.end() + 400)
        model[forged] = b"\xb4" * 400
    made = bundle.write(described(tmp_path), bytes(model))
    with pytest.raises(BundleError, match="no program that the runtime loads and runs"):
        executorch.open(made)


@pytest.mark.parametrize("place", [16, 24], ids=["size of the program", "place of its segments"])
def test_hostile_sizes_in_the_header_are_refused(opened, tmp_path, place):
    model = bytearray((opened["fp32", "pte"].bundle.path / exporter.MODEL_FILE).read_bytes())
    assert model[8:12] == b"eh00"
    model[place : place + 8] = (2**62).to_bytes(8, "little")
    made = bundle.write(described(tmp_path), bytes(model))
    with pytest.raises(BundleError, match="no program that the runtime loads and runs"):
        executorch.open(made)


def test_a_truncated_program_is_refused(opened, tmp_path):
    model = opened["fp32", "pte"].bundle.path / exporter.MODEL_FILE
    made = bundle.write(described(tmp_path), model.read_bytes()[:20_000])
    with pytest.raises(BundleError, match="export the model again"):
        executorch.open(made)

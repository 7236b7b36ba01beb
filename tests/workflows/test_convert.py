"""Shipped models in every format, without the study that they came from."""

import json
import sys

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.audio import gate
from lightspeech.errors import BundleError, ConfigError, MissingExtra
from lightspeech.inference import dispatch
from lightspeech.workflows.convert import convert

STEPS = 0.05
"""Integer kernels round at other places than onnxruntime's: a few steps of the scores."""


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(0, 0.1, (2, 48_000)).astype(np.float32)


def test_c_of_a_shipped_model_is_written_without_torch_and_says_what_it_is(
    tmp_path, monkeypatch, noise
):
    monkeypatch.setitem(sys.modules, "torch", None)
    made = convert(bundle.read("nano"), format="c99", bundles=tmp_path)
    assert made.path == tmp_path / "nano-c99"
    assert bundle.read(made.path) == made
    shipped = bundle.read("nano")
    assert (made.labels, made.thresholds, made.corpora) == (
        shipped.labels, shipped.thresholds, shipped.corpora,
    )  # fmt: skip
    assert "\n# nano\n" in (made.path / "README.md").read_text()
    again = convert(made, format="arduino", bundles=tmp_path, name="mine")
    assert again.model_file == "lightspeech_mine.zip"


def test_what_is_onnx_already_is_the_same_file(tmp_path):
    made, shipped = (
        convert(bundle.read("nano"), format="onnx", bundles=tmp_path),
        bundle.read("nano"),
    )
    assert (made.path, made.sha256) == (tmp_path / "nano", shipped.sha256)


def test_the_voice_gate_lies_beside_onnx_and_nothing_else(tmp_path):
    formats = ("onnx", "c99", "litert-network")
    made = [convert(bundle.read("nano"), format=format, bundles=tmp_path) for format in formats]
    beside = [(each.path / gate.GRAPH).is_file() for each in made]
    assert beside == [True, False, False]
    assert (made[0].path / gate.GRAPH).read_bytes() == gate.graph()
    assert bundle.read(made[0].path) == made[0]


def test_what_needs_the_run_is_written_of_a_run_made_again(tmp_path, noise):
    pytest.importorskip("torchao")
    made = convert(bundle.read("nano"), format="onnx-network", bundles=tmp_path)
    found, expected = (dispatch.open(each).predict(noise) for each in (made, bundle.read("nano")))
    np.testing.assert_allclose(found, expected, atol=STEPS)


def test_a_format_that_takes_floats_alone_names_those_that_do_not(tmp_path):
    pytest.importorskip("torchao")
    with pytest.raises(
        ConfigError, match="nano_stream is int8, which onnx-fp16 does not hold; export"
    ):
        convert(bundle.read("nano"), format="onnx-fp16", bundles=tmp_path)


def test_a_format_without_its_packages_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match="litert needs an extra; type: pip install"):
        convert(bundle.read("nano"), format="litert", bundles=tmp_path)


def test_a_bundle_of_floats_says_that_its_run_is_needed(tmp_path, make_bundle):
    pytest.importorskip("torch")
    with pytest.raises(
        BundleError,
        match="not one that is int8 throughout; export the format from",
    ):
        convert(make_bundle(), format="c99", bundles=tmp_path)


def test_a_model_that_is_not_what_its_bundle_says_is_refused(tmp_path):
    pytest.importorskip("torchao")
    shipped = bundle.read("nano").path
    said = json.loads((shipped / "bundle.json").read_text())
    said["model"]["channels"] = [40, 40, 48]
    (tmp_path / "bundle.json").write_text(json.dumps(said))
    (tmp_path / "model.onnx").write_bytes((shipped / "model.onnx").read_bytes())
    with pytest.raises(BundleError, match="its model is another network"):
        convert(bundle.read(tmp_path), format="onnx-network", bundles=tmp_path)

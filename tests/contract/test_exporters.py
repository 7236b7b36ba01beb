"""What every exporter promises, the next one included."""

import io
import zipfile
from shutil import which

import numpy as np
import pytest
import torch

from lightspeech import bundle, plugins
from lightspeech.export.onnx import Recognizer
from lightspeech.export.wasm import compiler
from lightspeech.inference import dispatch

PACKAGE = "lightspeech.export"
LITERT = ("arduino", "c99", "litert", "litert_network", "wasm")
NEEDS = dict.fromkeys(LITERT, "litert_torch") | {"executorch": "executorch"}
"""Packages that not every machine has."""
BOARDS = {
    "arduino": {
        "library.properties", "extras/bundle.json", "examples/Listen/Listen.ino",
        "src/lightspeech.h", "src/ls_frontend.c", "src/ls_model.c", "src/ls_model.h",
    }
}  # fmt: skip
"""No back end opens these; the model file is a zip that holds at least this."""
FLOATS = {"onnx_dynamic": 0.05, "onnx_fp16": 5e-3}
"""Eight bits of products, ten of half precision; floats elsewhere differ by the order of sums."""
STEPS = 0.05
"""Integer kernels round at other places than floats do: a few steps of the logits."""


@pytest.fixture(params=plugins.names(PACKAGE))
def name(request):
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param], reason=f"needs {NEEDS[request.param]}")
    if request.param == "wasm" and not compiler.is_here():
        pytest.skip("needs clang and wasm-ld: install clang and lld, or the extra 'wasm'")
    return request.param


@pytest.fixture
def exported(name, make_nano, export_nano):
    """A run and its bundle: in floats, or in int8 where the format takes no floats."""
    integers = "fp32" not in plugins.load(PACKAGE, name).TAKES
    return make_nano(integers=integers), export_nano(name, integers=integers)


@pytest.mark.usefixtures("one_thread")
def test_its_bundle_is_read_back_as_it_was_written(exported):
    done, made = exported
    assert bundle.read(made.path) == made
    assert (made.labels, made.temperature, made.windows) == (
        done.labels, done.temperature, done.config.windows,
    )  # fmt: skip
    assert made.size_bytes == (made.path / made.model_file).stat().st_size > 0


@torch.no_grad()
@pytest.mark.usefixtures("one_thread")
def test_its_bundle_answers_as_the_network(name, exported):
    done, made = exported
    if name in BOARDS:
        pytest.skip("runs on a board alone")
    if dispatch.back_end(made) == "c99" and not which("gcc"):
        pytest.skip("needs a C compiler: install gcc")
    if dispatch.back_end(made) == "wasm" and not which("node"):
        pytest.skip("needs node: install nodejs")
    noise = np.random.default_rng(0).normal(0, [[0.03], [0.1], [0.3]], (3, 16_000))
    noise = np.clip(noise, -1, 1).astype(np.float32)
    found = dispatch.open(bundle.read(made.path)).predict(noise)
    layer = done.config.front.layer(any_length=False)
    expected = Recognizer(done, layer)(torch.from_numpy(noise)).numpy()
    is_int8 = done.config.quantize is not None
    np.testing.assert_allclose(found, expected, atol=STEPS if is_int8 else FLOATS.get(name, 1e-4))
    assert np.ptp(expected, axis=0).max() > 3 * STEPS  # they differ, so the comparison tells


@pytest.mark.usefixtures("one_thread")
def test_what_no_back_end_opens_is_a_zip_for_a_board(name, exported):
    _, made = exported
    if name not in BOARDS:
        assert dispatch.back_end(made) in plugins.names(dispatch.BACK_ENDS)
        return
    with zipfile.ZipFile(io.BytesIO((made.path / made.model_file).read_bytes())) as archive:
        assert archive.testzip() is None
        held = {path.partition("/")[2] for path in archive.namelist()}
    assert held >= BOARDS[name]

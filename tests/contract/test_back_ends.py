"""What every inference back end promises, the next one included."""

import dataclasses
import shutil
from shutil import which

import numpy as np
import pytest

from lightspeech import bundle, plugins
from lightspeech.errors import BundleError
from lightspeech.export.wasm import compiler
from lightspeech.inference import dispatch

PACKAGE = dispatch.BACK_ENDS
NEEDS = dict.fromkeys(("c99", "litert", "wasm"), "litert_torch") | {"executorch": "executorch"}
"""Packages that not every machine has."""
WRITTEN_BY = {"native": "c99"}
"""Exporters of back ends that open what another one is for."""


@pytest.fixture(params=plugins.names(PACKAGE))
def backend(request):
    return request.param


@pytest.fixture
def made(backend, export_nano):
    """The bundle that the exporter of the same name wrote, or the one that is named for it."""
    exporter = WRITTEN_BY.get(backend, backend)
    if exporter in NEEDS:
        pytest.importorskip(NEEDS[exporter], reason=f"needs {NEEDS[exporter]}")
    if exporter == "c99" and not which("gcc"):
        pytest.skip("needs a C compiler: install gcc")
    if exporter == "wasm" and not (compiler.is_here() and which("node")):
        pytest.skip("needs clang and wasm-ld, or the extra 'wasm', and node: install nodejs")
    integers = "fp32" not in plugins.load("lightspeech.export", exporter).TAKES
    written = export_nano(exporter, integers=integers)
    assert dispatch.back_end(written) == exporter
    return written


@pytest.fixture
def noise(made):
    samples, _ = made.windows.samples(made.sample_rate)
    return np.random.default_rng(0).normal(0, 0.1, (3, samples)).astype(np.float32)


@pytest.mark.usefixtures("one_thread")
def test_it_gives_each_window_probabilities_whatever_else_is_asked(made, backend, noise):
    opened = dispatch.open(made, backend=backend)
    assert opened.bundle == made
    found = opened.predict(noise)
    assert (found.shape, found.dtype) == ((3, len(made.labels)), np.float32)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    alone = np.concatenate([opened.predict(row[None]) for row in noise[::-1]])
    np.testing.assert_allclose(found, alone[::-1], atol=1e-5)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_damaged_model_file_is_an_error_of_the_bundle(made, backend, noise, tmp_path, kept):
    """Of a bundle that somebody hashed anew: what `bundle.read` finds is tested elsewhere."""
    path = shutil.copytree(made.path, tmp_path / "damaged")
    model = (made.path / made.model_file).read_bytes()
    damaged = bundle.write(dataclasses.replace(made, path=path), model[: int(kept * len(model))])
    with pytest.raises(BundleError, match="export the model again"):
        dispatch.open(damaged, backend=backend).predict(noise)

import json
import logging
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from lightspeech import config
from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.frontends.mel_layer import MelLayer

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/frontend.json").read_text())
WAVEFORM = np.array(GOLDEN["samples"], np.float32) / 32_768
LENGTHS = (1024, 1025, 1663, 1664, 2000)
"""From one window on, around the second frame."""

cases = pytest.mark.parametrize("case", GOLDEN["cases"].values(), ids=GOLDEN["cases"].keys())


@pytest.fixture(scope="module")
def run_exported(tmp_path_factory):
    """Export the layer of a front end once, with a dynamic length, and run it on a waveform."""
    sessions = {}

    def run(cfg, waveform):
        if cfg not in sessions:
            path = tmp_path_factory.mktemp("layer") / "layer.onnx"
            sessions[cfg] = onnxruntime.InferenceSession(exported(cfg, path))
        return sessions[cfg].run(None, {"waveform": waveform[None]})[0][0]

    return run


def exported(cfg, path):
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    sizes = ({1: torch.export.Dim("samples", min=cfg.n_fft)},)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            MelLayer(cfg), (torch.zeros(1, 4096),), dynamo=True, opset_version=18,
            dynamic_shapes=sizes, input_names=["waveform"], verbose=False,
        )  # fmt: skip
    program.save(path)
    return path


def layer(cfg, waveform):
    return MelLayer(cfg)(torch.from_numpy(waveform)[None])[0].numpy()


@cases
def test_torch_gives_the_golden_vectors(case):
    cfg = config.build(MelConfig, case["frontend"])
    np.testing.assert_allclose(layer(cfg, WAVEFORM), case["features"], rtol=1e-4, atol=1e-4)


@cases
def test_exported_layer_gives_the_golden_vectors(run_exported, case):
    cfg = config.build(MelConfig, case["frontend"])
    found = run_exported(cfg, WAVEFORM)
    np.testing.assert_allclose(found, case["features"], rtol=1e-4, atol=1e-4)


@cases
@pytest.mark.parametrize("n_samples", LENGTHS)
def test_numpy_torch_and_onnx_agree_at_any_length(run_exported, case, n_samples):
    cfg = config.build(MelConfig, case["frontend"])
    waveform = WAVEFORM[:n_samples]
    expected = frontend.features(waveform, cfg)
    for found in (layer(cfg, waveform), run_exported(cfg, waveform)):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_each_of_a_batch_is_compared_with_its_own_loudest():
    cfg = MelConfig(level="loudest", floor=1e-10)
    loud, quiet = MelLayer(cfg)(torch.from_numpy(np.stack([WAVEFORM, 0.1 * WAVEFORM])))
    torch.testing.assert_close(quiet, loud, atol=1e-3, rtol=1e-4)


def test_each_of_a_batch_is_leveled_by_itself_and_silence_stays_silence():
    cfg = MelConfig(level="percentile")
    batch = np.stack([WAVEFORM, 0.1 * WAVEFORM, 0 * WAVEFORM])
    loud, quiet, silent = MelLayer(cfg)(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(quiet, loud, atol=1e-4)
    np.testing.assert_allclose(silent, np.log(cfg.floor), rtol=1e-6)


@pytest.mark.parametrize("level", ["kept", "loudest", "recent"])
@pytest.mark.parametrize("kind", ["log_mel", "mfcc", "spectrogram"])
def test_finish_is_that_of_numpy(kind, level):
    cfg = MelConfig(kind=kind, clip=10.0, level=level, floor=1e-18)
    bands = frontend.log_bands(WAVEFORM, cfg)
    found = MelLayer(cfg).finish(torch.from_numpy(bands)[None])[0]
    np.testing.assert_allclose(found, frontend.finish(bands, cfg), rtol=1e-4, atol=1e-4)


def test_its_tables_are_no_weights():
    assert not MelLayer(MelConfig()).state_dict()

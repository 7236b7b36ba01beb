"""A quantized run looks like a trained one, and its figures are those of its ONNX file."""

import json
from pathlib import Path

import numpy as np
import pytest

from lightspeech.compression import quantize
from lightspeech.errors import ConfigError
from lightspeech.models.int8 import Int8Network
from lightspeech.training import layout, predictions
from lightspeech.training import run as runs

pytest.importorskip("torchao", reason="needs the extra 'compress'")

STEP = "compress=[{{name: quantize, qat_epochs: {}, sensitivity: true}}]"
TWO_FOLDS = ("corpus.speakers=4", "protocol.folds=2")
AFTER, WITH = ((*TWO_FOLDS, STEP.format(epochs)) for epochs in (0, 1))
"""Studies quantized after training alone, and with an epoch of it."""


@pytest.mark.parametrize(("study", "epochs"), [(AFTER, 0), (WITH, 1)])
def test_a_run_becomes_int8_and_reads_back(begin, study, epochs):
    begin(study)
    folder, made = Path("runs/tiny"), Path("runs/tiny/1-quantize")
    done = runs.read_run(made / "fold0-seed0")
    assert isinstance(done.network, Int8Network)
    assert done.config.quantize.qat_epochs == epochs
    assert done.config.training == runs.read_config(folder / "fold0-seed0").training
    assert (made / "fold0-seed0" / layout.INT8).stat().st_size < 40_000
    assert not (made / "fold0-seed0" / "checkpoint.safetensors").exists()
    before, after = (predictions.read(f / "fold0-seed0/test.csv") for f in (folder, made))
    assert before.ids == after.ids
    assert not np.array_equal(before.probabilities, after.probabilities)
    # An epoch at a low rate moves little either; ranges that a copy mixed up would.
    np.testing.assert_allclose(before.probabilities, after.probabilities, atol=0.1)
    table = json.loads((made / "fold0-seed0" / layout.SENSITIVITY).read_text())
    assert [line["layer"] for line in table][-2:] == ["head.1", "all"]


def test_int8_of_int8_is_refused(begin):
    begin(AFTER)
    done = runs.read_run(Path("runs/tiny/1-quantize/fold0-seed0"))
    with pytest.raises(ConfigError, match="int8 already"):
        quantize.apply(done, None, quantize.Config())

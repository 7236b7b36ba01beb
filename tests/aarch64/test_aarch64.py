"""Bundles answer on an emulated Raspberry Pi as they do here; functional, nothing is timed."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightspeech.audio import io
from lightspeech.inference import dispatch
from lightspeech.inference.recognize import recognize

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "src"
STEP = 0.01
"""Int8 sums are exact everywhere, but a feature may fall on the other side of a rounding."""


@pytest.fixture
def pi():
    """Run Python for aarch64; give what it prints."""
    folder = os.environ.get("LIGHTSPEECH_AARCH64")
    if not folder:
        pytest.skip("needs Python and wheels for aarch64: make test-aarch64")
    root = Path(folder)

    def run(*arguments):
        done = subprocess.run(
            [
                root / "usr/bin/qemu-aarch64", "-cpu", "cortex-a72", "-L", root / "root",
                root / "root/usr/bin/python3.11", *map(str, arguments),
            ],
            capture_output=True, text=True, timeout=600,
            env={"PYTHONPATH": f"{root / 'core'}:{SOURCES}", "HOME": str(root)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def recording(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 20_000)
    soundfile.write(tmp_path / "noise.wav", noise * np.linspace(0.1, 1, len(noise)), 16_000)
    return tmp_path / "noise.wav"


def test_the_emulated_machine_is_another(pi):
    assert pi("-c", "import platform; print(platform.machine())").strip() == "aarch64"


@pytest.mark.parametrize(("integers", "tolerance"), [(False, 1e-5), (True, STEP)])
@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_predict_answers_as_here(pi, export_nano, recording, format, integers, tolerance):
    if format == "litert":
        pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    made = export_nano(format, integers=integers)
    line = pi("-m", "lightspeech", "predict", recording, "--bundle", made.path, "--json")
    found = json.loads(line)["probabilities"]
    expected = recognize(dispatch.open(made), io.load(recording))
    assert list(found) == list(made.labels)
    np.testing.assert_allclose(list(found.values()), expected, atol=tolerance)

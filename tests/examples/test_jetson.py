"""What the Jetson example relies on is what an export gives; it answers as `predict` does."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightspeech.audio import gate, io
from lightspeech.audio.windows import Windows
from lightspeech.bundle import FORMAT
from lightspeech.inference.answers import LEAST_SHARE, NONE
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import recognize
from lightspeech.workflows import beside

EXAMPLE = Path(__file__).parents[2] / "examples" / "jetson" / "recognize.py"


GOLDEN = np.load(Path(__file__).parents[1] / "golden/gate.npz")
VOICE = GOLDEN["samples"][6_000:]  # behind the silence at its beginning


def run(made, recording):
    beside.write(made)
    command = [sys.executable, EXAMPLE, made.path, recording]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("seconds", [0.80001, 1.0, 2.7])
@pytest.mark.parametrize("hop_s", [0.5, None])
@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_it_answers_as_lightspeech_does(make_bundle, tmp_path, hop_s, seconds, limit):
    limits = (0.7, 0.7, limit)  # the toy model hears how loud it is
    made = make_bundle(windows=Windows(window_s=1.0, hop_s=hop_s), thresholds=limits)
    sound = VOICE[: round(seconds * 16_000)]
    soundfile.write(tmp_path / "a.wav", sound, 16_000)
    done = run(made, tmp_path / "a.wav")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    expected = recognize(onnx.open(made), io.load(tmp_path / "a.wav"))
    assert list(answer["probabilities"]) == list(made.labels)
    np.testing.assert_allclose(list(answer["probabilities"].values()), expected, atol=1e-5)
    assert answer["uncertain"] == (expected.max() < limits[expected.argmax()])
    assert answer["label"] == made.labels[expected.argmax()]


def test_where_nobody_speaks_the_answer_is_none(make_bundle, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(40_000), 16_000)
    answer = json.loads(run(make_bundle(), tmp_path / "a.wav").stdout)
    assert (answer["label"], answer["uncertain"], answer["speech"]) == ("none", False, 0.0)


@pytest.mark.parametrize("silence_s", [0.5, 5.0])
def test_with_too_little_speech_it_is_uncertain(make_bundle, tmp_path, silence_s):
    sound = np.concatenate([VOICE[:16_000], np.zeros(round(16_000 * silence_s), np.int16)])
    soundfile.write(tmp_path / "a.wav", sound, 16_000)
    answer = json.loads(run(make_bundle(thresholds=(0.0,) * 3), tmp_path / "a.wav").stdout)
    assert answer["label"] != NONE
    assert answer["uncertain"] == (answer["speech"] < LEAST_SHARE) == (silence_s == 5.0)


def test_the_share_of_speech_is_that_of_the_gate(make_bundle, tmp_path):
    soundfile.write(tmp_path / "a.wav", GOLDEN["samples"], 16_000)
    answer = json.loads(run(make_bundle(), tmp_path / "a.wav").stdout)
    assert answer["speech"] == pytest.approx(GOLDEN["speech"])


def test_a_bundle_of_another_rate_has_no_gate(make_bundle, write_tone, tmp_path):
    done = run(make_bundle(sample_rate=8_000), write_tone(tmp_path / "a.wav", rate=8_000))
    assert done.returncode == 1
    assert "no gate.onnx; it hears 16 kHz" in done.stderr


def test_its_constants_are_those_of_a_bundle():
    text = EXAMPLE.read_text("utf-8")
    assert f"FORMAT = {FORMAT}\n" in text
    assert f'INPUT, OUTPUT = "{onnx.WAVEFORM}", "{onnx.OUTPUT}"' in text
    assert f'GATE, SPEECH, NONE = "{gate.GRAPH}", "speech", "{NONE}"' in text
    assert f"LEAST_SHARE = {LEAST_SHARE}\n" in text


def test_another_rate_is_refused_with_what_to_type(make_bundle, write_tone, tmp_path):
    done = run(make_bundle(), write_tone(tmp_path / "a.wav", rate=8_000))
    assert done.returncode == 1
    assert "8000 Hz; type: ffmpeg" in done.stderr


def test_a_bundle_of_another_version_is_refused(make_bundle, write_tone, tmp_path):
    made = make_bundle()
    file = made.path / "bundle.json"
    file.write_text(file.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    assert "bundle format 99" in run(made, write_tone(tmp_path / "a.wav")).stderr

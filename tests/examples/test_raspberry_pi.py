"""The listener of the Raspberry Pi, with a recorder that is a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from lightspeech.audio import io
from lightspeech.corpora import synthetic

EXAMPLE = Path(__file__).parents[2] / "examples" / "raspberry-pi"


@pytest.fixture
def listen(make_bundle, tmp_path):
    """Run the example on sound that a program called arecord gives."""

    def run(sound, code=0, rate=None):
        raw, arecord = tmp_path / "sound.raw", tmp_path / "bin" / "arecord"
        raw.write_bytes((np.asarray(sound) * 32_767).astype("<i2").tobytes())
        if rate:  # as the true one: a header, with a length that it cannot know
            soundfile.write(raw, sound, rate, format="WAV", subtype="PCM_16")
            content = bytearray(raw.read_bytes())
            content[40:44] = (0x7FFFFFFF).to_bytes(4, "little")
            raw.write_bytes(content)
        arecord.parent.mkdir(exist_ok=True)
        arecord.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/options\ncat {raw}\nexit {code}\n')
        arecord.chmod(0o755)
        return subprocess.run(
            [sys.executable, EXAMPLE / "listen.py", make_bundle().path, "-D", "plughw:1"],
            capture_output=True, text=True, timeout=60,
            env={**os.environ, "PATH": f"{arecord.parent}:{os.environ['PATH']}"},
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    """Six seconds of a voice made by rules, at 16 kHz, loud."""
    cfg = synthetic.Config(speakers=2, sentences=1, root=tmp_path_factory.mktemp("voice"))
    spoken = [io.load(utterance.path) for utterance in synthetic.read(cfg).utterances]
    waveform = np.concatenate([one / np.abs(one).max() for one in spoken])
    return np.resize(waveform, 6 * 16_000)


def test_loud_speech_is_answered_low_is_uncertain_and_silence_is_none(listen, voice, tmp_path):
    loudness = np.repeat([0.9, 0.01, 0.0, 0.9], 24_000)  # windows of 1 s, 0.5 s apart
    done = listen(loudness * voice)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    heard = {answer["start_s"]: answer for answer in answers}
    assert (heard[0.0]["label"], heard[0.0]["uncertain"]) == ("loud", False)
    assert heard[1.5]["uncertain"]
    assert heard[1.5]["speech"] > 0.3
    assert (heard[3.5]["label"], heard[3.5]["speech"]) == ("none", 0.0)
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert "-r 16000 -D plughw:1" in (tmp_path / "options").read_text()


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_rate_and_channels_that_the_device_truly_has_are_heard(listen, voice, rate, channels):
    spoken = soxr.resample(voice, 16_000, rate) * np.repeat([0.9, 0.01], 3 * rate)
    sound = np.repeat(spoken[:, None], channels, axis=1)
    answers = [json.loads(line) for line in listen(sound, rate=rate).stdout.splitlines()]
    assert answers[-1]["start_s"] == pytest.approx(5.0, abs=0.2)
    assert [answer["uncertain"] for answer in answers[:5]] == [False] * 5


def test_a_recorder_that_fails_ends_it_with_its_code_and_no_emotion(listen):
    done = listen([], code=7)
    assert done.returncode == 7
    assert "loud" not in [json.loads(line)["label"] for line in done.stdout.splitlines()]


def test_the_service_starts_the_example_with_a_bundle():
    unit = (EXAMPLE / "lightspeech.service").read_text()
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert start.split()[1].endswith("/listen.py")
    assert len(start.split()) == 3

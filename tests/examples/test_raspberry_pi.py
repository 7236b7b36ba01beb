"""The listener of the Raspberry Pi, with a recorder that is a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

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


def test_loud_speech_is_answered_low_is_uncertain_and_silence_left_out(listen, tmp_path):
    loudness = np.repeat([0.9, 0.01, 0.0, 0.9], 24_000)  # windows of 1 s, 0.5 s apart
    done = listen(loudness)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    heard = {answer["start_s"]: answer["uncertain"] for answer in answers}
    assert (heard[0.0], heard[1.5], heard[5.0]) == (False, True, False)
    assert answers[0]["label"] == "loud"
    assert not {3.0, 3.5} & heard.keys()
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert "-r 16000 -D plughw:1" in (tmp_path / "options").read_text()


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_rate_and_channels_that_the_device_truly_has_are_heard(listen, rate, channels):
    sound = np.repeat([[0.9] * channels, [0.01] * channels], 3 * rate, axis=0)
    answers = [json.loads(line) for line in listen(sound, rate=rate).stdout.splitlines()]
    assert answers[-1]["start_s"] == pytest.approx(5.0, abs=0.2)
    assert [answer["uncertain"] for answer in answers[:5]] == [False] * 5


def test_a_recorder_that_fails_ends_it_with_its_code_and_no_answer(listen):
    done = listen([], code=7)
    assert (done.returncode, done.stdout) == (7, "")


def test_the_service_starts_the_example_with_a_bundle():
    unit = (EXAMPLE / "lightspeech.service").read_text()
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert start.split()[1].endswith("/listen.py")
    assert len(start.split()) == 3

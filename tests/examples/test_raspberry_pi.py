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

import lightspeech
from lightspeech.audio import io
from lightspeech.corpora import synthetic
from lightspeech.inference import answers
from lightspeech.inference.live_stream import Kind

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


def test_low_speech_is_uncertain_loud_is_answered_and_silence_is_none(listen, voice, tmp_path):
    loudness = np.repeat([0.1, 0.9, 0.0, 0.9], 24_000)  # windows of 1 s, 0.5 s apart
    done = listen(loudness * voice)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    heard = {answer["start_s"]: answer for answer in said if answer["kind"] == "now"}
    assert heard[0.0]["uncertain"]
    assert heard[0.0]["speech"] > 0.3
    assert (heard[2.0]["label"], heard[2.0]["uncertain"]) == ("loud", False)
    assert (heard[3.5]["label"], heard[3.5]["speech"]) == ("none", 0.0)
    assert sum(said[0]["probabilities"].values()) == pytest.approx(1, abs=0.01)
    turn = next(answer for answer in said if answer["kind"] == "turn")
    assert turn["start_s"] < 0.3
    assert 2.5 < turn["end_s"] < 3.6
    assert "-r 16000 -D plughw:1" in (tmp_path / "options").read_text()


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_rate_and_channels_that_the_device_truly_has_are_heard(listen, voice, rate, channels):
    spoken = soxr.resample(voice, 16_000, rate) * np.repeat([0.9, 0.01], 3 * rate)
    sound = np.repeat(spoken[:, None], channels, axis=1)
    lines = [json.loads(line) for line in listen(sound, rate=rate).stdout.splitlines()]
    answers = [line for line in lines if line["kind"] == "now"]
    assert answers[-1]["start_s"] == pytest.approx(4.0, abs=0.6)
    assert [answer["uncertain"] for answer in answers[:5]] == [False] * 5


def test_it_says_what_a_stream_of_the_package_says(listen, voice, make_bundle, everybody_speaks):
    everybody_speaks.undo()
    lines = [json.loads(line) for line in listen(0.9 * voice).stdout.splitlines()]
    stream = lightspeech.load(make_bundle().path).live(16_000, smoothing=0.5)
    heard = (0.9 * voice * 32_767).astype("<i2")
    told = [*stream.feed(heard[: len(heard) // 1_920 * 1_920]), *stream.flush()]
    expected = [
        {"kind": one.kind, "at_s": round(one.at_s, 1), **answers.record(one.segment)}
        for one in told
        if one.kind is not Kind.SEGMENT
    ]
    assert lines == expected


def test_a_recorder_that_fails_ends_it_with_its_code_and_no_emotion(listen):
    done = listen([], code=7)
    assert done.returncode == 7
    assert "loud" not in [json.loads(line)["label"] for line in done.stdout.splitlines()]


def test_the_service_starts_the_example_with_a_bundle():
    unit = (EXAMPLE / "lightspeech.service").read_text()
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert start.split()[1].endswith("/listen.py")
    assert len(start.split()) == 3

import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
import soundfile

from lightspeech import cli
from lightspeech.bundle import ENVIRONMENT, places
from lightspeech.errors import LightspeechError

RATE = 16_000


@pytest.fixture(autouse=True)
def toy(make_bundle, monkeypatch):
    """The bundle that every command of this file finds."""
    made = make_bundle()
    monkeypatch.setenv(ENVIRONMENT, str(made.path))
    return made


def voice(seconds=0.5, rate=RATE, channels=1):
    time_s = np.arange(round(seconds * rate)) / rate
    return np.repeat(0.3 * np.sin(2 * np.pi * 200 * time_s)[:, None], channels, 1)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [
        (RATE, 1, "PCM_U8"), (RATE, 1, "PCM_24"), (RATE, 1, "FLOAT"), (RATE, 1, "DOUBLE"),
        (RATE, 2, "PCM_16"), (48_000, 1, "PCM_16"), (8_000, 1, "PCM_16"), (44_100, 2, "PCM_24"),
    ],
)  # fmt: skip
def test_unusual_but_good_audio_is_answered(lightspeech, tmp_path, rate, channels, subtype):
    soundfile.write(tmp_path / "voice.wav", voice(1.2, rate, channels), rate, subtype)
    ended = lightspeech("predict", tmp_path / "voice.wav", "--json")
    record = json.loads(ended.out)
    assert ended.code == 0
    assert record["end_s"] == 1.2
    assert record["probabilities"]["loud"] == pytest.approx(0.977, abs=0.005)


def save(path, samples=None, **options):
    soundfile.write(path, voice() if samples is None else samples, RATE, **options)


def cut(path):
    save(path)
    path.write_bytes(path.read_bytes()[:-3_000])


def spoil(value):
    def make(path):
        samples = voice()
        samples[100] = value
        save(path, samples, subtype="FLOAT")

    return make


BAD = {
    "missing": (lambda path: None, "no such file; check the path"),
    "empty folder": (lambda path: path.mkdir(), "no file but a folder"),
    "zero-length": (lambda path: path.write_bytes(b""), "the file is empty"),
    "truncated": (cut, "cut short, 13000 of 16000 bytes are there"),
    "text": (lambda path: path.write_text("hello " * 99), "not readable as audio"),
    "NaN": (spoil(np.nan), "NaN or Inf"),
    "infinite": (spoil(np.inf), "NaN or Inf"),
    "unscaled": (spoil(30_000), "samples reach 30000, allowed are -1 to 1"),
    "no sample": (lambda path: save(path, voice(0)), "0 samples at 16000 Hz; at least 0.01 s"),
    "one sample": (lambda path: save(path, voice()[:1]), "1 samples at 16000 Hz; at least 0.01 s"),
}


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)])
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_clear_line(lightspeech, error_line, tmp_path, kind, form):
    make, message = BAD[kind]
    make(tmp_path / "bad.wav")
    ended = lightspeech("predict", tmp_path / "bad.wav", *form)
    line = error_line(ended)
    assert f"{tmp_path / 'bad.wav'}: " in line
    assert message in line
    assert (message in ended.out) == bool(form)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not readable as audio"), (b"noise " * 500, "not readable as audio")],
)
def test_bad_standard_input_is_one_clear_line(lightspeech, error_line, content, message):
    assert f"audio stream: {message}" in error_line(lightspeech("predict", "-", stdin=content))


def test_two_hours_are_answered_in_flat_memory(lightspeech, tmp_path):
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", 1_000, 1) as file:
        for _ in range(72):
            file.write(np.full(100_000, 1e-4))
    tracemalloc.start()
    ended = lightspeech("predict", path, "--csv", "--segments", "each")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    lines = ended.out.splitlines()
    assert ended.code == 0
    assert len(lines) == 1 + 2 * 7_200 - 1
    assert float(lines[-1].split(",")[2]) == 7_200
    # Decoded at 16 kHz it is 461 MB.
    assert peak_bytes < 60e6


def test_a_missing_argument_is_told(lightspeech):
    assert lightspeech("predict").code == 2


def test_two_forms_at_once_are_refused(lightspeech, error_line):
    ended = lightspeech("predict", "any.wav", "--json", "--csv")
    assert "--json and --csv are both given; choose one" in error_line(ended)


def edit(made, **changes):
    file = made.path / "bundle.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def truncate_model(made):
    file = made.path / "model.onnx"
    file.write_bytes(file.read_bytes()[:-10])


DAMAGE = {
    "another version": (lambda made: edit(made, format=99), "bundle format 99"),
    "no description": (lambda made: (made.path / "bundle.json").unlink(), "no such file"),
    "no JSON": (lambda made: (made.path / "bundle.json").write_text("{"), "not valid JSON"),
    "two faults": (lambda made: edit(made, thresholds=[7], labels=[]), "labels: "),
    "no model": (lambda made: (made.path / "model.onnx").unlink(), "no such file"),
    "truncated model": (truncate_model, "258 bytes; 268 were exported"),
    "another model": (lambda made: edit(made, sha256="0"), "its content is not what was exported"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_bundle_is_one_clear_line(lightspeech, error_line, tmp_path, toy, kind):
    damage, message = DAMAGE[kind]
    damage(toy)
    line = error_line(lightspeech("predict", tmp_path, "--bundle", toy.path))
    assert str(toy.path) in line
    assert message in line


def test_no_bundle_says_what_to_type(lightspeech, error_line, tmp_path, monkeypatch):
    monkeypatch.delenv(ENVIRONMENT)
    monkeypatch.setattr(places, "ZOO", tmp_path / "zoo")
    line = error_line(lightspeech("predict", "any.wav"))
    assert "such as bundles/NAME, or one of the package: it has none" in line


def test_an_unwritable_output_is_one_clear_line(lightspeech, error_line, tmp_path):
    save(tmp_path / "voice.wav")
    below = tmp_path / "voice.wav" / "below.csv"
    ended = lightspeech("predict", tmp_path / "voice.wav", "--output", below)
    assert "cannot be written" in error_line(ended)


def test_a_full_disk_keeps_the_old_output(lightspeech, error_line, tmp_path, monkeypatch):
    save(tmp_path / "voice.wav")
    (tmp_path / "out.txt").write_text("old")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("typer.echo", full)
    ended = lightspeech("predict", tmp_path / "voice.wav", "--output", tmp_path / "out.txt")
    assert "out.txt: cannot be written (No space left on device)" in error_line(ended)
    assert (tmp_path / "out.txt").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundles", "out.txt", "voice.wav"]


COMMAND = [sys.executable, "-m", "lightspeech", "predict"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_below_stdout_is_one_clear_line(tmp_path):
    save(tmp_path / "voice.wav")
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [*COMMAND, str(tmp_path / "voice.wav")], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith("error: standard output: No space left on device")


def test_ctrl_c_is_one_line_and_leaves_the_old_output(tmp_path, ctrl_c_reaches):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "answers.csv").write_text("old")
    # Standard input stays open, so the command waits for ever once its output is begun.
    running = subprocess.Popen(
        [*COMMAND, "-", "--output", str(tmp_path / "out" / "answers.csv")],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "out").iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert err.splitlines() == [
        "interrupted; finished work is kept; run and train go on with --resume"
    ]
    [left] = (tmp_path / "out").iterdir()
    assert left.read_text() == "old"


@pytest.fixture
def ctrl_c_reaches():
    """A shell lets what it starts in the background ignore Ctrl-C, the tests among it.

    No ``preexec_fn``: it forks, of which jax warns where another test has imported it.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="process groups are a thing of POSIX")
def test_ctrl_c_ends_processes_too(tmp_path, ctrl_c_reaches):
    save(tmp_path / "voice.wav")
    running = subprocess.Popen(
        [*COMMAND, *[str(tmp_path / "voice.wav")] * 5_000, "--processes", "2", "--json"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=60)  # until all have closed its standard error
    assert running.returncode == 130, err
    assert err.splitlines() == [
        "interrupted; finished work is kept; run and train go on with --resume"
    ]


LONG = "a" * 300
"""A name that no file system takes: `Path.exists` and its like raise there, before Python 3.14."""


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "x.wav", "--bundle", LONG), ("new", LONG), ("export", LONG),
        ("evaluate", LONG), ("evaluate", "nano", "--manifest", LONG), ("benchmark", LONG),
        ("boards", LONG), ("card", LONG), ("leaks", LONG), ("report", LONG), ("train", LONG),
        ("prepare", "csv", "--root", LONG, "--output", "m.csv"),
        ("prepare", "folder", "--root", LONG, "--output", "m.csv"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_name_that_is_too_long_is_an_error_of_ours(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LightspeechError, match=LONG):
        cli.app(list(arguments))

"""Ctrl-C in a terminal reaches the whole process group: what is finished stays, and is told."""

import os
import signal
import subprocess
import sys
import time

import pytest

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [8, 8]}
training: {epochs: 40, batch_size: 8}
"""
PATIENCE_S = 400
"""A busy machine takes minutes for what takes seconds."""

HEARS_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from lightspeech import cli
cli.main()
"""
"""A shell lets what it starts in the background ignore Ctrl-C, the tests among it."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are a thing of POSIX")


def start(folder, *options):
    return subprocess.Popen(
        [sys.executable, "-c", HEARS_CTRL_C, "run", "tiny.yaml", *options], cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def stop(process, folder, how):
    """Send a signal to all processes once two epochs of a run are done."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(len(h.read_text().splitlines()) > 1 for h in folder.rglob("history.jsonl")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, how)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_ctrl_c_of_a_study_is_one_line_and_resume_goes_on(tmp_path, processes):
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    running = start(tmp_path, "--processes", processes)
    stop(running, tmp_path, signal.SIGINT)
    _, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 130
    told = [line for line in err.splitlines() if "/" not in line]  # the rest are progress bars
    assert told == ["interrupted; finished work is kept; run and train go on with --resume"]
    assert not (tmp_path / "bundles").exists()
    kept = {
        path: path.read_text().splitlines() for path in tmp_path.glob("runs/tiny/*/history.jsonl")
    }
    resumed = start(tmp_path, "--processes", processes, "--resume")
    out, err = resumed.communicate(timeout=PATIENCE_S)
    assert resumed.returncode == 0, err
    assert "bundles/tiny" in out
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]
    for path, lines in kept.items():
        if len(lines) > 1:  # after the first epoch it was saved; later ones may be done again
            assert path.read_text().splitlines()[0] == lines[0]


def test_a_study_that_is_told_to_end_leaves_no_half_file_and_no_trace(tmp_path):
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    running = start(tmp_path, "--processes", "1")
    stop(running, tmp_path, signal.SIGTERM)
    _, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 143
    assert "Traceback" not in err
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]

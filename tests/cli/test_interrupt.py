"""Ctrl-C in a terminal reaches the whole process group: what is finished stays, and is told."""

import os
import signal
import time

import pytest

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [8, 8]}
training: {epochs: 20, batch_size: 8}
"""
PATIENCE_S = 400
"""A busy machine takes minutes for what takes seconds."""

HEARS_CTRL_C = """
import os, signal, sys
os.setsid()
signal.signal(signal.SIGINT, signal.default_int_handler)
for stream, name in ((1, "out.txt"), (2, "err.txt")):
    os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), stream)
sys.argv = ["lightspeech", "run", "tiny.yaml", *{options}]
from lightspeech import cli
cli.main()
"""
"""A shell lets what it starts in the background ignore Ctrl-C, the tests among it."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are a thing of POSIX")


@pytest.fixture
def start(start_process, tmp_path):
    """Start ``lightspeech run`` beside a recipe, as a process group of its own."""
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    return lambda *options: start_process(HEARS_CTRL_C.format(options=options), tmp_path)


def ended(process, folder):
    """Wait for a process; give its exit code and what it printed."""
    process.join(PATIENCE_S)
    return process.exitcode, *((folder / name).read_text() for name in ("out.txt", "err.txt"))


def stop(process, folder, how):
    """Send a signal to all processes once two epochs of a run are done."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(len(h.read_text().splitlines()) > 1 for h in folder.rglob("history.jsonl")):
        assert time.monotonic() < deadline
        assert process.exitcode is None
        time.sleep(0.01)
    os.killpg(process.pid, how)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_ctrl_c_of_a_study_is_one_line_and_resume_goes_on(tmp_path, start, processes):
    running = start("--processes", processes)
    stop(running, tmp_path, signal.SIGINT)
    code, _, err = ended(running, tmp_path)
    assert code == 130
    told = [line for line in err.splitlines() if "/" not in line]  # the rest are progress bars
    assert told == ["interrupted; finished work is kept; run and train go on with --resume"]
    assert not (tmp_path / "bundles").exists()
    kept = {
        path: path.read_text().splitlines() for path in tmp_path.glob("runs/tiny/*/history.jsonl")
    }
    resumed = start("--processes", processes, "--resume")
    code, out, err = ended(resumed, tmp_path)
    assert code == 0, err
    assert "bundles/tiny" in out
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]
    for path, lines in kept.items():
        if len(lines) > 1:  # after the first epoch it was saved; later ones may be done again
            assert path.read_text().splitlines()[0] == lines[0]


def test_a_study_that_is_told_to_end_leaves_no_half_file_and_no_trace(tmp_path, start):
    running = start("--processes", "1")
    stop(running, tmp_path, signal.SIGTERM)
    code, _, err = ended(running, tmp_path)
    assert code == 143
    assert "Traceback" not in err
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]

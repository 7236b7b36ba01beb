"""A real process, killed without warning, goes on to the very weights it would have had."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import save_file

from lightspeech.training import checkpoint, layout

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [12, 12, 12]}
training: {epochs: 30, batch_size: 8}
"""
EPOCHS = 30
RUNS = [f"fold{fold}-seed0" for fold in range(3)]
PATIENCE_S = 120

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")


TRAIN = """
import os, sys
os.setsid()
sys.stdout = sys.stderr = open("told.txt", "w")
from lightspeech.cli import main
sys.argv = ["lightspeech", "train", "tiny.yaml", *{options}]
main()
"""


@pytest.fixture(scope="module")
def start(start_process):
    """Start ``lightspeech train`` in a folder, as a process group of its own."""
    return lambda folder, *options: start_process(TRAIN.format(options=options), folder)


@pytest.fixture(scope="module")
def finish(start):
    def finish(folder, *options):
        start(folder, *options).join(PATIENCE_S)
        said = (folder / "told.txt").read_text()
        assert all((folder / "runs/tiny" / run / "test.csv").exists() for run in RUNS), said

    return finish


def kill(process, folder, run, epoch):
    """Kill a process that has done so many epochs of a run."""
    history = folder / "runs/tiny" / run / "history.jsonl"
    wait(lambda: process.exitcode is not None or epochs(history) >= epoch)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def wait(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def epochs(history: Path) -> int:
    return len(history.read_text().splitlines()) if history.exists() else 0


def weights(folder):
    return [(folder / "runs/tiny" / run / "weights.safetensors").read_bytes() for run in RUNS]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, finish):
    folder = tmp_path_factory.mktemp("uninterrupted")
    (folder / "tiny.yaml").write_text(RECIPE)
    finish(folder, "--processes", "1")
    return folder


@pytest.fixture
def fresh(uninterrupted, tmp_path):
    """A folder with the recipe, where nothing is trained yet."""
    shutil.copy(uninterrupted / "tiny.yaml", tmp_path)
    shutil.copytree(uninterrupted / "cache", tmp_path / "cache")
    return tmp_path


def test_killed_again_and_again_it_ends_with_the_same_bits(uninterrupted, fresh, start):
    process = start(fresh, "--processes", "1")
    for run, epoch in ((RUNS[0], 1), (RUNS[0], EPOCHS // 2), (RUNS[0], EPOCHS - 1), (RUNS[1], 5)):
        kill(process, fresh, run, epoch)
        process = start(fresh, "--processes", "1", "--resume")
    process.join(PATIENCE_S)
    assert weights(fresh) == weights(uninterrupted)
    for run in RUNS:
        answers = [folder / "runs/tiny" / run / "test.csv" for folder in (fresh, uninterrupted)]
        assert answers[0].read_bytes() == answers[1].read_bytes()
        assert epochs(fresh / "runs/tiny" / run / "history.jsonl") == EPOCHS
        assert not list((fresh / "runs/tiny" / run).glob(".*"))


def test_a_checkpoint_without_moments_ends_with_other_bits(uninterrupted, fresh, start, finish):
    """So the comparison above can fail: moments are part of what is resumed from."""
    kill(start(fresh, "--processes", "1"), fresh, RUNS[0], EPOCHS // 2)
    path = fresh / "runs/tiny" / RUNS[0] / layout.CHECKPOINT
    with safe_open(path, framework="pt") as file:
        kept = {k: file.get_tensor(k) for k in file.keys() if not k.startswith("optimizer.")}
        assert len(kept) < len(file.keys())
        history = file.metadata()["history"]
    metadata = {"history": history, "sha256": checkpoint.digest(kept, history)}
    save_file(kept, path, metadata=metadata)
    finish(fresh, "--processes", "1", "--resume")
    same = [a == b for a, b in zip(weights(fresh), weights(uninterrupted), strict=True)]
    assert same == [False, True, True]


def test_with_several_processes_none_outlives_the_kill_and_the_bits_are_the_same(
    uninterrupted, fresh, start, finish
):
    process = start(fresh, "--processes", "2")
    kill(process, fresh, RUNS[1], 10)
    wait(lambda: not alive(process.pid))
    finish(fresh, "--processes", "2", "--resume")
    assert weights(fresh) == weights(uninterrupted)


def alive(group):
    """Tell whether a process group has a member that still runs (a zombie does not)."""
    states = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    members = [line.split() for line in states.splitlines()]
    return any(int(pgid) == group and not state.startswith("Z") for pgid, state in members)

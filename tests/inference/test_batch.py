import io
import itertools
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import lightspeech
from lightspeech import Answer, AudioError, BundleError, ConfigError, WorkerError
from lightspeech.inference import parallel
from lightspeech.studies import engine

RATE = 16_000
SCRIPT = """
import sys
from pathlib import Path
import lightspeech
{guard}
    recognizer = lightspeech.load(sys.argv[1])
    calls = sorted(Path(sys.argv[2]).iterdir()) * int(sys.argv[3])
    for answer in recognizer.batch(calls, processes=2):
        print(answer.label, flush=True)
"""


@pytest.fixture
def everybody_speaks():
    """Nobody: what is patched here, other processes do not know."""


@pytest.fixture
def recognizer(make_bundle):
    return lightspeech.load(make_bundle().path)


@pytest.fixture
def recordings(write_tone, tmp_path):
    return [
        write_tone(tmp_path / "calls" / f"{number}.wav", seconds=0.1 + 0.1 * number)
        for number in range(5)
    ]


@pytest.fixture(
    params=[{}, {"processes": 2}, {"at_once": 2}], ids=["one by one", "processes", "threads"]
)
def workers(request):
    """How a batch is answered."""
    return request.param


def test_items_are_answered_in_their_order_and_errors_are_values(
    recognizer, recordings, workers, tmp_path
):
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    first, *rest = recordings
    items = [
        first, str(first), first.read_bytes(), io.BytesIO(first.read_bytes()), tmp_path / "bad.wav",
        "none.wav", ["no audio"], lambda: "no audio, and not picklable", *rest,
    ]  # fmt: skip
    found = list(recognizer.batch(items, **workers))
    expected = recognizer(first)
    assert found[:4] == [expected] * 4
    kinds = [type(result) for result in found[4:8]]
    assert kinds == [AudioError, AudioError, ConfigError, ConfigError]
    assert "none.wav: no such file" in str(found[5])
    assert found[8:] == [recognizer(path) for path in rest]


def test_arrays_have_one_rate_and_whole_reaches_every_item(recognizer, workers):
    array = np.repeat(np.array([0, 0.2], np.float32), 6 * RATE)
    options = {"sample_rate": RATE, "whole": True}
    found = list(recognizer.batch([array, array], **workers, **options))
    assert found == [recognizer(array, **options)] * 2
    assert len(found[0].segments) == 1


def test_an_endless_generator_is_pulled_no_further_than_needed(recognizer, recordings, workers):
    pulled = itertools.count()
    endless = (recordings[next(pulled) % 5] for _ in itertools.repeat(None))
    batch = recognizer.batch(endless, **workers)
    assert next(pulled) == 0  # nothing before it is asked for
    first = list(itertools.islice(batch, 20))
    assert all(isinstance(answer, Answer) for answer in first)
    batch.close()
    assert next(pulled) <= 20 + parallel.CHUNK * (engine.AHEAD * 2 + 1)
    assert not multiprocessing.active_children()


def test_nothing_is_answered_with_nothing(recognizer, workers):
    assert list(recognizer.batch([], **workers)) == []


@pytest.mark.parametrize("number", [0, -1, 1.5, True, None])
@pytest.mark.parametrize("name", ["processes", "at_once"])
def test_numbers_that_cannot_be_are_refused_before_anything_else(recognizer, name, number):
    with pytest.raises(ConfigError, match=f"{name} is .*; give a whole number, 1 or more"):
        recognizer.batch([], **{name: number})


def test_a_bundle_that_has_gone_meanwhile_is_told(recognizer, recordings):
    shutil.rmtree(recognizer.bundle.path)
    results = recognizer.batch(recordings[:2], processes=2)
    assert [type(result) for result in results] == [BundleError, BundleError]


def test_what_the_iterable_raises_ends_the_processes(recognizer, recordings):
    def items():
        yield from recordings
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(recognizer.batch(items(), processes=2))
    assert not multiprocessing.active_children()


def test_a_process_that_was_killed_is_told(recognizer, recordings):
    batch = recognizer.batch(itertools.cycle(recordings), processes=2)
    next(batch)
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(WorkerError, match="a process was killed"):
        list(batch)


@pytest.fixture
def ctrl_c_reaches():
    """A shell lets what it starts in the background ignore Ctrl-C, the tests among it.

    No ``preexec_fn``: it forks, of which jax warns where another test has imported it.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def script(tmp_path, guard, *arguments):
    """Start a script of a user, in a process group of its own that Ctrl-C reaches."""
    (tmp_path / "use.py").write_text(SCRIPT.format(guard=guard))
    return subprocess.Popen(
        [sys.executable, tmp_path / "use.py", *map(str, arguments)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def test_a_script_with_a_guard_is_answered(recognizer, recordings, tmp_path):
    running = script(
        tmp_path, 'if __name__ == "__main__":', recognizer.bundle.path, recordings[0].parent, 1
    )
    out, err = running.communicate(timeout=120)
    assert (out.split(), err) == (["none"] * 5, "")


def test_a_script_without_a_guard_is_told_what_to_write(recognizer, recordings, tmp_path):
    running = script(tmp_path, "if True:", recognizer.bundle.path, recordings[0].parent, 1)
    out, err = running.communicate(timeout=120)
    assert (running.returncode, out) == (1, "")
    assert err.count("Traceback") == 1
    assert err.splitlines()[-1].startswith("lightspeech.errors.WorkerError: ")
    assert 'below a line if __name__ == "__main__": or take processes=1' in err


@pytest.mark.skipif(os.name != "posix", reason="process groups are a thing of POSIX")
def test_ctrl_c_ends_a_script_and_its_processes(recognizer, recordings, tmp_path, ctrl_c_reaches):
    running = script(
        tmp_path, 'if __name__ == "__main__":', recognizer.bundle.path, recordings[0].parent, 10**6
    )
    assert running.stdout.readline() == "none\n"
    os.killpg(running.pid, signal.SIGINT)
    begin = time.monotonic()
    _, err = running.communicate(timeout=60)  # until all have closed its standard error
    assert time.monotonic() - begin < 30
    assert err.count("Traceback") == 1
    assert err.splitlines()[-1] == "KeyboardInterrupt"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_processes_end_with_a_script_that_is_killed(recognizer, recordings, tmp_path):
    running = script(
        tmp_path, 'if __name__ == "__main__":', recognizer.bundle.path, recordings[0].parent, 10**6
    )
    running.stdout.readline()
    running.kill()
    running.communicate(timeout=60)  # hangs as long as a worker has its pipes


def test_a_single_recording_leaves_the_threads_to_its_windows(recognizer, recordings, monkeypatch):
    monkeypatch.setattr(parallel, "threaded", lambda *_, **__: pytest.fail("started threads"))
    [answered] = recognizer.batch(recordings[:1], at_once=2)
    assert answered == recognizer(recordings[0])

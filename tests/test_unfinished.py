"""What a killed writer leaves is taken again, and what somebody writes still is not."""

import signal
import subprocess
import sys
import threading

import pytest

from lightspeech import unfinished
from lightspeech.files import replacing, write_text

fcntl = pytest.importorskip("fcntl", reason="needs locks of files")
HALF = """
import sys, time
from pathlib import Path
from lightspeech.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half of it")
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def killed(tmp_path):
    """Let a program write a file half, and kill it."""

    def kill(path):
        with subprocess.Popen(
            [sys.executable, "-c", HALF, str(path)], stdout=subprocess.PIPE
        ) as running:
            assert running.stdout.readline() == b"written\n"
            assert len(names(tmp_path)) == 1
            write_text(path, "of another while it writes")  # does not take its file away
            assert len(names(tmp_path)) == 2
            running.send_signal(signal.SIGKILL)

    return kill


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_next_writer_takes_what_a_killed_one_left(tmp_path, killed):
    path = tmp_path / "result.txt"
    for _ in range(2):
        killed(path)
        path.unlink()
        assert names(tmp_path) == [".result.txt.unfinished"]
        assert next(tmp_path.iterdir()).read_text() == "half of it"
        write_text(path, "all")
        assert names(tmp_path) == ["result.txt"]
        assert path.read_text() == "all"
        path.unlink()


def test_two_who_write_one_file_have_one_each(tmp_path):
    path = tmp_path / "result.txt"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("a")
        second.write_text("b")
        assert first != second
    assert names(tmp_path) == ["result.txt"]
    assert path.read_text() == "a"  # whose writer ended last


def test_many_threads_leave_one_whole_file(tmp_path):
    path = tmp_path / "result.txt"
    texts = [str(n) * 10_000 for n in range(10)]

    def write(text):
        for _ in range(50):
            write_text(path, text)
            assert path.read_text() in texts

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(tmp_path) == ["result.txt"]
    assert path.read_text() in texts


def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "other").write_text("kept")
    (tmp_path / ".result.txt.unfinished").symlink_to(tmp_path / "other")
    write_text(tmp_path / "result.txt", "all")
    assert (tmp_path / "other").read_text() == "kept"
    assert (tmp_path / "result.txt").read_text() == "all"


def test_without_locks_each_writer_has_a_file_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(unfinished, "fcntl", None)
    with replacing(tmp_path / "result.txt") as first, replacing(tmp_path / "result.txt") as second:
        assert first != second
    assert names(tmp_path) == ["result.txt"]

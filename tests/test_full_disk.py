"""A disk that is full: our error with the true cause, the old files as they were, nothing else."""

import dataclasses
import errno
import os
import subprocess
from pathlib import Path

import pytest

from lightspeech import bundle
from lightspeech.bundle import places
from lightspeech.errors import OutputError
from lightspeech.export import c99
from lightspeech.inference.backends import c99 as back_end

FULL = os.strerror(errno.ENOSPC)


@pytest.fixture
def fill(monkeypatch):
    """Let a disk take so many files, and no more."""

    def fill(n_files):
        left, real = [n_files], Path.write_bytes

        def write(self, data):
            left[0] -= 1
            if left[0] < 0:
                real(self, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, FULL, str(self))
            return real(self, data)

        monkeypatch.setattr(Path, "write_bytes", write)

    return fill


@pytest.fixture
def network():
    """The int8 network of a model of the package, and what a bundle of its C says."""
    return bundle.read(places.ZOO / "nano" / "nano-litert-network")


@pytest.mark.parametrize("n_files", [0, 1, 4])
def test_c_is_written_whole_or_not_at_all(network, tmp_path, fill, n_files):
    fill(n_files)
    with pytest.raises(OutputError, match=FULL):
        c99.rewrite(network, dataclasses.replace(network, path=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_stays_as_it_was(network, tmp_path, fill):
    written = c99.rewrite(network, dataclasses.replace(network, path=tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    fill(2)
    with pytest.raises(OutputError, match=FULL):
        c99.rewrite(network, dataclasses.replace(written, name="other"))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_checkpoint_stays_as_it_was(tmp_path, fill):
    torch = pytest.importorskip("torch", reason="needs the extra 'train'")
    from lightspeech.training.tensor_file import write_tensors

    path = tmp_path / "checkpoint.safetensors"
    write_tensors(path, {"a": torch.zeros(3)})
    before = path.read_bytes()
    fill(0)
    with pytest.raises(OutputError, match=FULL):
        write_tensors(path, {"a": torch.ones(3)})
    assert (list(tmp_path.iterdir()), path.read_bytes()) == ([path], before)


def test_a_compiler_that_finds_no_room_does_not_blame_the_model(network, monkeypatch):
    said = f"cc1: fatal error: error writing to /tmp/x.s: {FULL}\ncompilation terminated."
    failed = subprocess.CompletedProcess([], 1, b"", said.encode())
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(OutputError, match="free space or set TMPDIR"):
        back_end.open(network)


def test_a_program_of_which_no_file_can_be_written_does_not_blame_the_model(network, monkeypatch):
    def write_text(*_, **__):
        raise OSError(errno.ENOSPC, FULL)

    monkeypatch.setattr(Path, "write_text", write_text)
    with pytest.raises(OutputError, match=FULL):
        back_end.open(network)

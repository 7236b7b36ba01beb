"""Names that no table can hold, and paths that name no file: one recording is left out, not all."""

import os

import pytest

from lightspeech import read_audio
from lightspeech.corpora import csv, folder, preparing
from lightspeech.files import printable

ODD = (b"\xff\xfe.wav", b"line\nline.wav", b"\x1b[31m.wav")


@pytest.fixture
def write_odd(tmp_path, write_tone):
    """Write a recording under a name that is no text."""

    def write(name):
        path = tmp_path / "happy" / os.fsdecode(name)
        write_tone(tmp_path / "happy" / "plain.wav", seconds=0.5)
        try:
            path.write_bytes((tmp_path / "happy" / "plain.wav").read_bytes())
        except OSError:
            pytest.skip("no such names on this disk")
        return path

    return write


@pytest.mark.parametrize("name", ODD)
def test_such_a_file_is_rejected_and_the_others_are_read(write_odd, tmp_path, name):
    path = write_odd(name)
    reading = folder.read(folder.Config(root=tmp_path))
    assert [utterance.path.name for utterance in reading.utterances] == ["plain.wav"]
    [rejected] = reading.rejected
    assert rejected.path == path
    assert "rename it" in rejected.reason


@pytest.mark.parametrize("name", ODD)
def test_such_a_file_is_heard(write_odd, name):
    assert len(read_audio(write_odd(name))) == 8_000


@pytest.mark.parametrize("name", ODD)
def test_it_is_printed_in_one_line_that_no_terminal_obeys(name):
    assert printable(os.fsdecode(name)).isprintable()


@pytest.mark.parametrize("cell", ["", " ", ".", "/", "./."])
def test_a_row_that_names_no_file_is_rejected(tmp_path, write_tone, cell):
    write_tone(tmp_path / "a.wav", seconds=0.5)
    table = tmp_path / "table.csv"
    table.write_text(f"path,label\na.wav,happy\n{cell},sad\n")
    reading = csv.read(csv.Config(root=table))
    assert [utterance.path.name for utterance in reading.utterances] == ["a.wav"]
    assert [each.reason for each in reading.rejected] == ["line 3: no path or no label"]


@pytest.mark.parametrize("cell", ["..", "a/", "\0", "x" * 5_000, "a.wav/b"])
def test_a_row_whose_file_cannot_be_is_told(tmp_path, write_tone, cell):
    (tmp_path / "a").mkdir()
    write_tone(tmp_path / "a.wav", seconds=0.5)
    table = tmp_path / "table.csv"
    table.write_text(f"path,label\na.wav,happy\n{cell},sad\n")
    good, [broken] = preparing.decode(csv.read(csv.Config(root=table)).utterances)
    assert [utterance.path.name for utterance in good] == ["a.wav"]
    assert "no such file" in broken.reason or "a folder" in broken.reason

"""What is printed, where few characters are known, and where results may be written."""

import inspect
import io
import json
import os
import sys

import pytest

from lightspeech import cli, plugins

COMMANDS = {
    "text": ("predict",),
    "csv": ("predict", "--csv"),
    "json": ("predict", "--json"),
    "prepare": ("prepare", "folder", "--output", "m.csv", "--root"),
    "prepare-json": ("prepare", "folder", "--output", "m.csv", "--json", "--root"),
}


@pytest.fixture
def printed(monkeypatch, tmp_path, write_tone):
    """Run a command on a folder of recordings whose names are Cyrillic; give what it prints."""

    def run(*command, encoding):
        monkeypatch.chdir(tmp_path)
        write_tone(tmp_path / "мой" / "радость" / "запись-😀.wav", seconds=0.5)
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        monkeypatch.setattr(sys, "argv", ["lightspeech", *command, "мой"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        out.flush()
        return out.buffer.getvalue().decode(encoding)

    return run


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_what_an_output_cannot_show_is_escaped(printed, command):
    told = printed(*command, encoding="cp1252")
    assert ("\\u043c\\u043e\\u0439" in told) or "predict" not in command
    if "--json" in command:
        json.loads(told)


def test_what_it_can_show_is_as_it_is(printed):
    assert "запись-😀.wav" in printed("predict", encoding="utf-8")


@pytest.mark.parametrize("name", ["a.wav", "recording", "new.MP3"])
@pytest.mark.parametrize("command", [("predict", "a.wav"), ("prepare", "folder"), ("card",)])
def test_no_recording_is_written_over(
    lightspeech, error_line, tmp_path, monkeypatch, write_tone, command, name
):
    monkeypatch.chdir(tmp_path)
    sound = write_tone(tmp_path / "a.wav", seconds=0.5).read_bytes()
    (tmp_path / "recording").write_bytes(sound)
    line = error_line(lightspeech(*command, "--output", name))
    assert line.endswith(f"{name}: is a recording, or named as one; name another file")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "recording").read_bytes() == sound


INPUTS = {
    "path", "paths", "target", "targets", "manifest", "root", "recipe", "recordings", "bundle",
    "bundle_path", "bundle_paths", "table", "folder", "speakers", "transcripts", "first", "others",
    "against", "published", "source", "calibrated_by", "speech", "results", "run", "figures",
    "cache", "into",
}  # fmt: skip
"""Paths that are read, what is cached, and the pages that hold tables already."""


@pytest.mark.parametrize("name", plugins.names(cli.__name__))
def test_each_path_of_a_command_is_read_or_looked_at_before_the_work(name):
    command = plugins.load(cli.__name__, name).command
    told = inspect.signature(command).parameters.values()
    paths = {each.name for each in told if "Path" in str(each.annotation)}
    assert paths <= INPUTS | cli.PLACES
    assert not INPUTS & cli.PLACES


LATE = {
    "export": ("micro", "--format", "c99", "--bundles"),
    "boards": ("micro", "--publish"),
    "shrink": ("--speech", "speech"),
    "run": ("recipe.yaml", "--publish"),
}


@pytest.mark.parametrize("name", LATE)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    lightspeech, error_line, tmp_path, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    line = error_line(lightspeech(name, *LATE[name], "file/new"))
    assert f"{tmp_path / 'file'} is a file" in line
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    line = error_line(lightspeech(name, *LATE[name], "new/one"))
    assert f"new/one: cannot be written (no right to write in {tmp_path}); name another" in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

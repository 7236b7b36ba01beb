"""Standard output that knows few characters, as a file in Windows' cp1252 or the locale C."""

import io
import json
import sys

import pytest

from lightspeech import cli

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

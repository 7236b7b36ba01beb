import contextlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightspeech import files
from lightspeech.errors import BundleError, CorpusError, OutputError
from lightspeech.files import parse_json, placed, read_json, relative, replacing, write_text


def write_half(path, error):
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise error


def test_a_failed_write_keeps_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.txt"
    write_text(path, "old")
    with pytest.raises(OutputError, match="No space left"):
        write_half(path, OSError(28, "No space left on device"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "new.txt", KeyboardInterrupt())
    assert not list(tmp_path.iterdir())


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "text"


def test_a_pipe_or_a_device_is_never_replaced(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OutputError, match="is no regular file"):
        write_text(path, "text")
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_folder_is_never_replaced(tmp_path):
    with pytest.raises(OutputError, match="is no regular file"):
        write_text(tmp_path, "text")


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OutputError, match="below.txt: cannot be written"):
        write_text(tmp_path / "loop" / "below.txt", "text")


def test_a_place_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "file" / "below.txt", "text")


def test_line_ends_are_the_same_on_every_system(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "linesep", "\r\n")
    write_text(tmp_path / "a.c", "int a;\n")
    assert (tmp_path / "a.c").read_bytes() == b"int a;\n"


def test_a_path_is_told_from_behind_links(tmp_path):
    (tmp_path / "project" / "speech").mkdir(parents=True)
    (tmp_path / "far" / "away" / "runs").mkdir(parents=True)
    (tmp_path / "project" / "runs").symlink_to(tmp_path / "far" / "away" / "runs")
    folder = tmp_path / "project" / "runs" / "mine"
    told = relative(tmp_path / "project" / "speech" / "a.wav", folder)
    assert told == "../../../../project/speech/a.wav"


def test_a_file_that_is_a_link_is_told_by_its_own_name(tmp_path):
    (tmp_path / "blob").write_text("")
    (tmp_path / "a.wav").symlink_to(tmp_path / "blob")
    assert relative(tmp_path / "a.wav", tmp_path) == "a.wav"


def test_a_path_on_another_drive_is_absolute(tmp_path, monkeypatch):
    def no_way(path, start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", no_way)
    assert relative(tmp_path / "a.wav", tmp_path / "b") == (tmp_path / "a.wav").as_posix()


def test_a_place_has_a_name_and_is_where_its_link_is(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert placed(tmp_path / "link") == tmp_path / "link"
    monkeypatch.chdir(tmp_path / "real")
    assert placed(Path(".")).name == "real"
    assert placed(Path("..")).name == tmp_path.name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"uar": NaN}', "NaN is no number"),
        ('{"uar": -Infinity}', "-Infinity is no number"),
        ('{"uar": 1e999}', "too large a number"),
        ('{"uar": %s}' % ("9" * 5_000), "digit"),
        ('{"name": "\\ud800"}', "surrogates"),
        ("[" * 100_000, "nested too deeply"),
        ("", "Expecting value"),
    ],
)
def test_json_of_others_is_refused_by_name(tmp_path, text, why):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(BundleError, match=rf"run\.json: not valid JSON \(.*{why}.*\); copy it"):
        read_json(path, error=BundleError, remedy="copy it")


def test_what_json_may_say_is_read(tmp_path):
    path = tmp_path / "run.json"
    path.write_text('{"name": "Z\\u00fcrich \\ud83d\\ude00", "uar": 0.5, "seeds": [0, 1]}')
    assert read_json(path) == {"name": "Zürich 😀", "uar": 0.5, "seeds": [0, 1]}


def test_a_file_too_large_is_not_read(tmp_path):
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CorpusError, match="File too large"):
        read_json(tmp_path / "huge.json")


@given(st.text(max_size=30))
def test_any_text_is_json_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        parse_json(text)


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a.txt", "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    path.chmod(mode)
    write_text(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", mode)


def test_without_a_home_the_cache_is_where_it_is_said_to_be_or_must_be_named(monkeypatch, tmp_path):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(files.CACHE, str(tmp_path))
    assert files.cache_folder() == tmp_path
    monkeypatch.delenv(files.CACHE)
    with pytest.raises(OutputError, match=f"{files.CACHE}=FOLDER"):
        files.cache_folder()

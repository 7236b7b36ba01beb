import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightspeech.audio.folders import best, listing
from lightspeech.corpora.base import Utterance, read_files

TONE = 0.3 * np.sin(np.arange(8_000) / 5)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n"


def save(path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, TONE, 16_000, **options)
    return path


def names(root):
    return [str(path.relative_to(root)) for path in listing(root).recordings]


def test_what_decodes_is_a_recording_whatever_its_suffix(tmp_path):
    save(tmp_path / "a.wave", format="WAV")
    save(tmp_path / "b.sph", format="NIST")
    save(tmp_path / "c.mp2", format="MP3")
    save(tmp_path / "noname", format="FLAC")
    (tmp_path / "memo").write_bytes(b"\0\0\0\x1cftypM4A " + bytes(99))
    (tmp_path / "notes.txt").write_text("no audio")
    (tmp_path / "utf16.txt").write_text("no audio " * 99, encoding="utf-16")
    assert names(tmp_path) == ["a.wave", "b.sph", "c.mp2", "memo", "noname"]
    assert [path.name for path in listing(tmp_path).skipped] == ["notes.txt", "utf16.txt"]


def test_a_file_named_as_audio_is_never_skipped(tmp_path):
    for name in ("broken.WAV", "call.m4a", "call.amr"):
        (tmp_path / name).write_text("no audio")
    assert len(names(tmp_path)) == 3


def test_a_link_to_itself_is_a_file_that_cannot_be_read(tmp_path):
    save(tmp_path / "a.wav")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    listed = listing(tmp_path)
    assert [path.name for path in (*listed.recordings, *listed.skipped)] == ["a.wav", "loop"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_link_to_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".pipe")
    (tmp_path / "link").symlink_to(tmp_path / ".pipe")
    assert [path.name for path in listing(tmp_path).skipped] == ["link"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_passed_over_and_named(tmp_path):
    for name in ("pipe.wav", "pipe"):
        os.mkfifo(tmp_path / name)
    found = listing(tmp_path)
    assert (found.recordings, found.skipped) == ([], [tmp_path / "pipe.wav"])


def test_all_below_a_hidden_folder_is_left_out_and_the_folder_named(tmp_path):
    for name in ("a.wav", ".b.wav", ".trash/c.wav", ".trash/deep/d.wav", "e/.checkpoints/f.wav"):
        save(tmp_path / name)
    (tmp_path / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / ".DS_Store").write_text("no sound")
    assert names(tmp_path) == ["a.wav"]
    told = [path.relative_to(tmp_path) for path in listing(tmp_path).skipped]
    assert told == [Path(".b.wav"), Path(".trash"), Path("e/.checkpoints")]
    assert names(tmp_path / ".trash") == ["c.wav", "deep/d.wav"]


def test_links_to_folders_are_followed_once(tmp_path):
    save(tmp_path / "mine" / "real" / "a.wav")
    save(tmp_path / "elsewhere" / "b.wav")
    for name, to in (("again", "real"), ("circle", "."), ("far", "../elsewhere")):
        (tmp_path / "mine" / name).symlink_to(tmp_path / "mine" / to, target_is_directory=True)
    assert names(tmp_path / "mine") == ["far/b.wav", "real/a.wav"]


@pytest.mark.parametrize("first", ["mp3", "wav"])
def test_of_one_name_the_lossless_one_is_best_if_it_decodes(tmp_path, first):
    paths = [save(tmp_path / "mp3" / "a.mp3"), save(tmp_path / "wav" / "a.wav")]
    paths = paths if first == "mp3" else paths[::-1]
    assert best(paths).suffix == ".wav"
    (tmp_path / "wav" / "a.wav").write_text(POINTER)
    assert best(paths).suffix == ".mp3"


def test_a_corpus_has_the_lossless_of_two_copies(tmp_path):
    save(tmp_path / "AudioMP3" / "1001_a.mp3")
    save(tmp_path / "AudioWAV" / "1001_a.wav")
    (tmp_path / "labels.txt").write_text("1001_a happy")

    def parse(path):
        return Utterance(id=path.stem, path=path, corpus="c", speaker="s", emotion="happy")

    reading = read_files(tmp_path, parse, name="c")
    assert [utterance.path.name for utterance in reading.utterances] == ["1001_a.wav"]
    assert [rejected.reason for rejected in reading.rejected] == [
        "same name as AudioWAV/1001_a.wav"
    ]
    assert [path.name for path in reading.skipped] == ["labels.txt"]


def test_a_name_that_a_reader_cannot_take_apart_is_rejected_with_the_reason(tmp_path):
    for name in ("anna_sad_01.wav", "bad_name.wav", "anna_maria_sad_01.wav"):
        save(tmp_path / name)

    def parse(path):
        who, emotion, _ = path.stem.split("_")
        return Utterance(id=path.stem, path=path, corpus="c", speaker=who, emotion=emotion)

    reading = read_files(tmp_path, parse, name="c")
    assert [utterance.id for utterance in reading.utterances] == ["anna_sad_01"]
    reasons = {rejected.path.name: rejected.reason for rejected in reading.rejected}
    assert reasons["bad_name.wav"].startswith("its name is of another form (not enough values")
    assert reasons["anna_maria_sad_01.wav"].startswith("its name is of another form (too many")

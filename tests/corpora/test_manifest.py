import csv
from dataclasses import replace
from pathlib import Path

import pytest

from lightspeech.corpora import manifest, preparing
from lightspeech.errors import CorpusError, OutputError


def test_a_manifest_is_read_as_it_was_written(choice, tmp_path):
    utterances = [
        replace(u, split="test", session="1", parent="x", agreement=0.5, valence=-1.25)
        for u in preparing.prepare(choice).utterances
    ]
    manifest.write(utterances, tmp_path / "deep" / "manifest.csv")
    again = manifest.read(tmp_path / "deep" / "manifest.csv")
    assert [u.path.resolve() for u in again] == [u.path for u in utterances]
    assert [replace(u, path=Path()) for u in again] == [replace(u, path=Path()) for u in utterances]


def test_a_manifest_of_before_transcripts_and_ratings_is_read(choice, tmp_path):
    path = tmp_path / "manifest.csv"
    manifest.write(preparing.prepare(choice).utterances, path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["transcript"] == "Der Lappen liegt auf dem Eisschrank."
    with path.open("w", newline="") as file:
        older = csv.DictWriter(file, manifest.NEEDED, extrasaction="ignore")
        older.writeheader()
        older.writerows(rows)
    assert manifest.is_manifest(path)
    assert {(u.transcript, u.arousal) for u in manifest.read(path)} == {("", None)}


def test_a_manifest_moves_with_its_recordings(choice, tmp_path):
    manifest.write(preparing.prepare(choice).utterances, tmp_path / "wav" / "manifest.csv")
    (tmp_path / "wav").rename(tmp_path / "elsewhere")
    assert len(manifest.read(tmp_path / "elsewhere" / "manifest.csv")) == 3


@pytest.fixture
def written(choice, tmp_path):
    path = tmp_path / "manifest.csv"
    manifest.write(preparing.prepare(choice).utterances, path)
    return path


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("speaker,", "talker,", "no column 'speaker'"),
        ("emodb/03a01Nc", "emodb/03a01Fa", r"id 'emodb/03a01Fa' is in lines 2 and 3"),
        ("wav/16b10Wa.wav", "wav/gone.wav", r"1 of 3 recordings are not there.*gone\.wav"),
        (",0.2,8000,", ",long,8000,", "line 4: expected two numbers"),
        (",happiness,", ",,", "line 2: column 'emotion' is empty"),
    ],
)
def test_a_bad_manifest_is_refused_with_what_is_wrong(written, old, new, what):
    text = written.read_text(encoding="utf-8")
    assert old in text
    written.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CorpusError, match=what):
        manifest.read(written)


def test_a_manifest_in_a_folder_that_is_a_link_finds_its_recordings(choice, tmp_path):
    (tmp_path / "a" / "deep" / "place").mkdir(parents=True)
    (tmp_path / "out").symlink_to(tmp_path / "a" / "deep" / "place")
    written = preparing.prepare(choice).utterances
    manifest.write(written, tmp_path / "out" / "m.csv")
    assert [u.id for u in manifest.read(tmp_path / "out" / "m.csv")] == [u.id for u in written]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a\x00b\n1\n"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=r"m\.csv: n"):
        manifest.read(tmp_path / "m.csv")


def test_a_missing_manifest_says_so(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read .*check the path"):
        manifest.read(tmp_path / "none.csv")


def test_recordings_may_be_elsewhere_when_only_the_rows_count(written):
    for path in (written.parent / "wav").iterdir():
        path.unlink()
    assert len(manifest.read(written, need_audio=False)) == 3


def test_any_table_is_read_as_far_as_its_audio_is_there(tmp_path, write_tone):
    write_tone(tmp_path / "a.wav")
    table = tmp_path / "own.csv"
    table.write_text("path,speaker,split\na.wav,anna,train\nb.wav,anna,test\n")
    first, second = manifest.read_any(table)
    assert first.audio_hash
    assert not second.audio_hash
    assert first.speaker == second.speaker == "own/anna"


def test_an_unwritable_manifest_leaves_the_old_one(written, choice, monkeypatch):
    before = written.read_text(encoding="utf-8")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="No space left"):
        manifest.write(preparing.prepare(choice).utterances, written)
    assert written.read_text(encoding="utf-8") == before
    assert [p.name for p in written.parent.iterdir() if p.name.startswith(".")] == []

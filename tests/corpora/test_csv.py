from pathlib import Path

import pytest

from lightspeech.corpora import csv
from lightspeech.errors import CorpusError


@pytest.fixture
def read(tmp_path):
    def make(text, name="calls.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return csv.read(csv.Config(root=tmp_path / name))

    return make


def test_path_label_and_speaker_are_enough(read, tmp_path):
    (found,) = read("path,label,speaker\na/b.wav,happy,anna\n").utterances
    assert (found.id, found.path) == ("calls/a/b", tmp_path / "a" / "b.wav")
    assert (found.corpus, found.speaker, found.emotion) == ("calls", "calls/anna", "happy")


def test_optional_columns_are_read(read):
    (found,) = read("path,emotion,sex,session,split,extra\na.wav,sad,F,2,selection,x\n").utterances
    assert (found.sex, found.session, found.split) == ("female", "2", "selection")
    assert found.speaker == ""


def test_what_listeners_rated_is_read_and_an_empty_cell_is_nothing(read):
    text = "path;label;agreement;arousal;valence\na.wav;sad;0,75;1,5;\nb.wav;sad;;;-2\n"
    found = read(text).utterances
    assert [(u.agreement, u.arousal, u.valence, u.dominance) for u in found] == [
        (0.75, 1.5, None, None), (None, None, -2.0, None),
    ]  # fmt: skip


def test_a_recording_listed_twice_stays_listed_twice(read):
    found = read("path,label,split\na.wav,sad,train\na.wav,sad,test\n").utterances
    assert [(u.id, u.split) for u in found] == [("calls/a", "train"), ("calls/a@3", "test")]


def test_a_row_without_label_is_rejected_with_its_line(read):
    reading = read("path,label\na.wav,sad\nb.wav,\n")
    assert [(r.path.name, r.reason) for r in reading.rejected] == [
        ("b.wav", "line 3: no path or no label")
    ]


def test_a_table_of_a_spreadsheet_with_byte_order_mark_is_read(read):
    assert read("\ufeffpath,label\na.wav,sad\n").utterances[0].emotion == "sad"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("file,label\na.wav,sad\n", "no column 'path'"),
        ("path,label\n", "no rows"),
        ("", "no column 'path'"),
        ("path,label,split\na.wav,sad,half\n", r"line 2: split 'half'; write one of"),
        ("path,label\na.wav,\n", "no row has"),
        ("path,label,valence\na.wav,sad,high\n", "line 2: valence 'high' is no number"),
        ("path,label,agreement\na.wav,sad,3\n", "agreement 3 is no share of listeners"),
    ],
)
def test_a_bad_table_is_refused_with_what_to_do(read, text, what):
    with pytest.raises(CorpusError, match=what):
        read(text)


@pytest.mark.parametrize("root", [None, Path("missing.csv")])
def test_no_table_is_an_error_that_says_what_to_type(root):
    with pytest.raises(CorpusError, match=r"--root FILE\.csv"):
        csv.read(csv.Config(root=root))

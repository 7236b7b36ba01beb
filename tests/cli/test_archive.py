"""Whole archives into tables of Parquet: as `predict` answers, nothing lost, nothing twice."""

import csv
import os
import tarfile

import pytest

from lightspeech.audio import archives
from lightspeech.errors import AudioError, OutputError
from lightspeech.inference.recognizer import Recognizer
from lightspeech.progress import no_progress
from lightspeech.studies import engine
from lightspeech.workflows import archive

pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra 'parquet'")


@pytest.fixture
def calls(write_tone, tmp_path, monkeypatch):
    """A folder of seven tones, one of them in a folder of its own, and files that are none."""
    monkeypatch.chdir(tmp_path)
    for number in range(6):
        write_tone(tmp_path / "calls" / f"{number}.wav", hertz=300 + 40 * number)
    write_tone(tmp_path / "calls" / "old" / "6.wav", seconds=0.2)
    (tmp_path / "calls" / "7.wav").write_bytes(b"RIFF")
    (tmp_path / "calls" / "notes.txt").write_text("not a recording")
    (tmp_path / "calls" / ".hidden.wav").write_bytes(b"")
    return tmp_path / "calls"


@pytest.fixture
def ask(make_bundle, tmp_path):
    """Answer archives in this process; give the table as a list of rows, and what it came to."""
    question = archive.Question(
        bundle=make_bundle().path,
        backend=None,
        whole=False,
        each=False,
        output=tmp_path / "answers.parquet",
    )

    def answered(*sources, resume=False, **changes):
        asked = archive.Question(**{**vars(question), **changes})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "stream", lambda work, items, _: map(work, items))
            came_to = archive.answer(sources, asked, progress=no_progress, resume=resume)
        table = pq.read_table(question.output).to_pylist()
        return sorted(table, key=lambda row: row["path"]), came_to

    return answered


def pack(file, folder, mode="w"):
    with tarfile.open(file, mode) as tar:
        tar.add(folder, folder.name)
    return file


def test_rows_are_those_of_the_csv(lightspeech, calls, ask, make_bundle):
    rows, came_to = ask(calls)
    answered = lightspeech("predict", calls, "--bundle", make_bundle().path, "--csv")
    expected = [
        {key: value or None for key, value in row.items()}
        for row in csv.DictReader(answered.out.splitlines())
    ]
    assert [(row["path"], row["label"], row["error"]) for row in rows] == [
        (row["path"], row["label"], row["error"]) for row in expected
    ]
    assert list(rows[0]) == list(expected[0])
    for name in ("start_s", "end_s", "speech", "p_low", "p_mid", "p_loud"):
        assert [row[name] for row in rows[:6]] == [float(row[name]) for row in expected[:6]]
    assert came_to == archive.Answered(recordings=8, failed=1, seconds=pytest.approx(0.8))


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.TGZ", "w:gz")]
)
def test_a_tar_is_answered_as_the_folder_in_it(calls, ask, tmp_path, name, mode):
    plain, _ = ask(calls)
    packed, _ = ask(pack(tmp_path / name, calls, mode), resume=True)
    assert [row["path"] for row in packed] == [
        row["path"].replace(str(calls), f"{tmp_path / name}/calls") for row in plain
    ]
    assert [row["p_loud"] for row in packed] == [row["p_loud"] for row in plain]


def test_a_tar_that_is_cut_short_is_answered_up_to_there(calls, ask, tmp_path):
    packed = pack(tmp_path / "a.tar", calls)
    os.truncate(packed, 9_000)
    rows, came_to = ask(packed)
    assert rows[0]["error"].startswith("damaged tar file (")
    assert came_to.recordings == len(rows) > 1
    assert came_to.failed == 1


def test_a_member_beyond_all_size_is_not_read(calls, ask, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MEMBER_BYTES", 4_000)
    rows, _ = ask(pack(tmp_path / "a.tar", calls))
    assert [row["error"] for row in rows if row["path"].endswith("6.wav")] == [
        "6,444 bytes in a tar file, where 4,000 are allowed; unpack it"
    ]


def test_what_was_answered_is_not_asked_again_and_what_has_gone_goes(
    calls, ask, monkeypatch, write_tone
):
    monkeypatch.setattr(archives, "SIZE", 3)
    before, _ = ask(calls)
    (calls / "old" / "6.wav").unlink()
    write_tone(calls / "old" / "8.wav", seconds=0.3)
    asked = []
    answer_one = Recognizer.__call__
    monkeypatch.setattr(
        Recognizer, "__call__", lambda *a, **b: asked.append(a[1].name) or answer_one(*a, **b)
    )
    after, came_to = ask(calls, resume=True)
    assert "0.wav" not in asked
    assert "8.wav" in asked
    assert after[:7] == before[:7]
    assert [row["path"] for row in after[7:]] == [str(calls / "old" / "8.wav")]
    assert came_to.recordings == 8


def test_half_a_part_of_a_worker_that_was_killed_is_nobodys(calls, ask, tmp_path):
    rows, came_to = ask(calls)
    (tmp_path / "answers.parquet" / ".x.parquet.0123").write_bytes(b"PAR1")
    assert ask(calls, resume=True) == (rows, came_to)
    assert not (tmp_path / "answers.parquet" / ".x.parquet.0123").exists()


def test_answers_to_another_question_are_neither_mixed_nor_lost(calls, ask, tmp_path):
    ask(calls)
    with pytest.raises(OutputError, match=r"is there already; add --resume"):
        ask(calls)
    with pytest.raises(OutputError, match=r"begun with another bundle, or other options"):
        ask(calls, resume=True, whole=True)
    (tmp_path / "answers.parquet" / "_about.json").unlink()
    with pytest.raises(OutputError, match=r"is no folder of answers"):
        ask(calls, resume=True)


def test_a_start_that_failed_stands_in_nobodys_way(calls, ask):
    with pytest.raises(AudioError, match="none.tar: no such file or folder"):
        ask(calls.parent / "none.tar")
    assert ask(calls, whole=True)[1].recordings == 8


def test_processes_answer_it_from_the_command_line(lightspeech, calls, ask, make_bundle, tmp_path):
    expected, _ = ask(calls)
    packed = pack(tmp_path / "a.tar", calls)
    output = tmp_path / "of_two.parquet"
    ended = lightspeech(
        "predict", packed, calls, "--bundle", make_bundle().path, "--output", output,
        "--processes", 2,
    )  # fmt: skip
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == (
        f"{output}: 16 recordings, 0.00 hours; 2 failed, see the column error"
    )
    rows = pq.read_table(output).to_pylist()
    assert len({row["path"] for row in rows}) == len(rows) == 16
    assert {row["p_loud"] for row in rows} == {row["p_loud"] for row in expected}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.tar"], "a.tar is an archive; add --output answers.parquet"),
        (["a.tar", "--output", "a.parquet", "--csv"], "answered without --csv; leave it out"),
        (["-", "--output", "a.parquet"], "answered without standard input; leave it out"),
        (["a.wav", "--resume"], "--resume goes on with answers in a .parquet; leave it out"),
    ],
)
def test_what_an_archive_has_not_is_refused(lightspeech, error_line, arguments, message):
    assert message in error_line(lightspeech("predict", *arguments))

import csv
import io
import json
import shutil
import sys

import numpy as np
import pytest
import soundfile
from rich.progress import Progress

from lightspeech.bundle import ENVIRONMENT, places
from lightspeech.inference import live
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import recognize
from lightspeech.inference.recognizer import Recognizer, load

RATE = 16_000
FIELDS = ["path", "start_s", "end_s", "label", "probabilities", "uncertain", "speech", "model"]


@pytest.fixture(autouse=True)
def toy(make_bundle, monkeypatch):
    """The bundle that every command of this file finds."""
    made = make_bundle()
    monkeypatch.setenv(ENVIRONMENT, str(made.path))
    return made


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "recordings"
    (folder / "deep" / "deeper").mkdir(parents=True)
    soundfile.write(folder / "loud.wav", np.full(24_000, 0.2), 16_000)
    soundfile.write(folder / "deep" / "silent.flac", np.zeros((24_000, 2)), 48_000)
    soundfile.write(folder / "deep" / "deeper" / "long.wav", np.full(8_000 * 30, 0.2), 8_000)
    (folder / "notes.txt").write_text("no audio")
    return folder


def objects(ended):
    return [json.loads(line) for line in ended.out.splitlines()]


def test_a_folder_is_answered_recursively(lightspeech, recordings):
    ended = lightspeech("predict", recordings, "--json")
    found = objects(ended)
    assert ended.code == 0
    assert ended.err == f"skipped 1 file that is no audio: {recordings / 'notes.txt'}\n"
    assert all(list(record) == FIELDS for record in found)
    names = [record["path"] for record in found]
    assert names == sorted(str(path) for path in recordings.rglob("*.[wf]*"))


def test_what_is_hidden_is_named_and_not_answered(lightspeech, recordings):
    wastebasket = recordings / ".Trash-1000"
    wastebasket.mkdir()
    (recordings / "loud.wav").rename(wastebasket / "loud.wav")
    ended = lightspeech("predict", recordings, "--json")
    assert ended.err.endswith(f"skipped what is hidden: {wastebasket}\n")
    assert not any("Trash" in record["path"] for record in objects(ended))


def test_of_two_files_of_one_name_the_lossless_one_is_answered(lightspeech, tmp_path):
    for name in ("call.mp3", "call.wav"):
        soundfile.write(tmp_path / name, np.full(24_000, 0.2), 16_000)
    ended = lightspeech("predict", tmp_path, "--json")
    assert [record["path"] for record in objects(ended)] == [str(tmp_path / "call.wav")]
    assert "call.mp3: same name as" in ended.err


def test_neighbours_of_one_label_are_one_segment_unless_each_is_wanted(lightspeech, recordings):
    long = recordings / "deep" / "deeper" / "long.wav"
    [one] = objects(lightspeech("predict", long, "--json"))
    each = objects(lightspeech("predict", long, "--json", "--segments", "each"))
    assert len(each) == 59
    assert (one["start_s"], one["end_s"]) == (each[0]["start_s"], each[-1]["end_s"]) == (0.0, 30.0)
    assert {record["label"] for record in each} == {one["label"]}


def test_probabilities_are_those_of_the_library(lightspeech, recordings, toy):
    [record] = objects(lightspeech("predict", recordings / "loud.wav", "--json"))
    waveform = soundfile.read(recordings / "loud.wav", dtype="float32")[0]
    expected = recognize(onnx.open(toy), waveform)
    assert list(record["probabilities"]) == list(toy.labels)
    np.testing.assert_allclose(list(record["probabilities"].values()), expected, atol=1e-6)
    assert (record["start_s"], record["end_s"]) == (0.0, 1.5)
    assert (record["label"], record["uncertain"], record["model"]) == ("loud", False, "toy")


def test_an_answer_below_the_threshold_is_uncertain(lightspeech, recordings):
    silent = recordings / "deep" / "silent.flac"
    [record] = objects(lightspeech("predict", silent, "--json"))
    assert record["uncertain"] is True
    assert "uncertain" in lightspeech("predict", silent).out


def test_standard_input_is_answered_as_a_file(lightspeech, recordings):
    path = recordings / "loud.wav"
    [named] = objects(lightspeech("predict", path, "--json"))
    [piped] = objects(lightspeech("predict", "-", "--json", stdin=path.read_bytes()))
    assert piped == {**named, "path": "-"}


def test_whole_gives_one_answer_a_file(lightspeech, recordings):
    found = objects(lightspeech("predict", recordings, "--json", "--whole"))
    assert [record["end_s"] for record in found if "long" in record["path"]] == [30.0]
    assert len(found) == 3


def test_csv_says_what_json_says(lightspeech, recordings):
    found = objects(lightspeech("predict", recordings, "--json"))
    rows = list(csv.DictReader(io.StringIO(lightspeech("predict", recordings, "--csv").out)))
    assert len(rows) == len(found)
    for row, record in zip(rows, found, strict=True):
        for label, value in record["probabilities"].items():
            assert float(row[f"p_{label}"]) == value
        assert row["error"] == ""
        plain = [field for field in FIELDS if field != "probabilities"]
        assert [row[field] for field in plain] == [str(record[field]) for field in plain]


def test_text_is_a_table_with_the_likeliest_first(lightspeech, recordings):
    head, line = lightspeech("predict", recordings / "loud.wav").out.splitlines()
    assert head.split() == ["file", "from", "s", "to", "s", "emotion", "likeliest"]
    assert line.split()[:4] == [str(recordings / "loud.wav"), "0.0", "1.5", "loud"]
    assert line.split()[4:6] == ["loud", "98%,"]


def test_a_name_that_breaks_a_line_stays_one_field_of_csv(lightspeech, recordings, tmp_path):
    names = ["two\nlines.wav", "back\rward.wav"]
    for name in names:
        shutil.copy(recordings / "loud.wav", tmp_path / name)
    asked = [tmp_path / name for name in names]
    ended = lightspeech("predict", *asked, "--output", tmp_path / "answers.CSV")
    assert ended.code == 0, ended.err
    with (tmp_path / "answers.CSV").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [str(path) for path in asked]


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("b.xlsx", (), "b.xlsx: answers are written as .txt, .csv, .json, .jsonl, .parquet; name"),
        ("c.csv", ("--json",), "c.csv: is csv by its name; leave out --json"),
    ],
)
def test_an_output_is_what_its_name_says(
    lightspeech, error_line, recordings, tmp_path, monkeypatch, name, options, says
):
    monkeypatch.chdir(tmp_path)
    assert says in error_line(lightspeech("predict", recordings, *options, "--output", name))
    assert not (tmp_path / name).exists()


def test_recordings_of_one_name_are_not_explained_and_that_is_said_first(
    lightspeech, error_line, recordings, tmp_path
):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(recordings / "loud.wav", tmp_path / folder / "x.wav")
    ended = lightspeech("predict", tmp_path / "a", tmp_path / "b", "--explain", tmp_path / "why")
    assert "2 recordings are called 'x'; explain them one by one" in error_line(ended)
    assert ended.out == ""


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_output_takes_what_stdout_would(lightspeech, recordings, tmp_path, form):
    printed = lightspeech("predict", recordings, form).out
    ended = lightspeech("predict", recordings, form, "--output", tmp_path / "new" / "answers")
    assert ended.out == ""
    assert (tmp_path / "new" / "answers").read_text() == printed
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_micro_of_the_package_answers_where_no_bundle_is_named(
    lightspeech, recordings, make_bundle, tmp_path, monkeypatch
):
    monkeypatch.delenv(ENVIRONMENT)
    monkeypatch.setattr(places, "ZOO", tmp_path / "zoo")
    make_bundle(path=tmp_path / "zoo" / "micro", name="shipped")
    [record] = objects(lightspeech("predict", recordings / "loud.wav", "--json"))
    assert record["model"] == "shipped"


def test_a_file_that_fails_does_not_stop_the_others(lightspeech, recordings):
    (recordings / "broken.wav").write_bytes(b"RIFF")
    ended = lightspeech("predict", recordings, "missing.wav", "--json", "--whole")
    found = {record["path"]: record for record in objects(ended)}
    assert ended.code == 1
    assert len(found) == 5
    failed = {path: record for path, record in found.items() if "error" in record}
    assert set(failed) == {str(recordings / "broken.wav"), "missing.wav"}
    assert all(list(record) == ["path", "error"] for record in failed.values())
    assert ended.err.count("error: ") == 2


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_processes_change_nothing(lightspeech, recordings, form, everybody_speaks):
    everybody_speaks.undo()  # another process would know nothing of it
    (recordings / "broken.wav").write_bytes(b"RIFF")
    alone = lightspeech("predict", recordings, "missing.wav", form, "--processes", 1)
    together = lightspeech("predict", recordings, "missing.wav", form, "--processes", 2)
    assert together == alone
    assert together.code == 1


def test_standard_input_is_answered_beside_files_in_other_processes(lightspeech, recordings):
    path = recordings / "loud.wav"
    ended = lightspeech("predict", path, "-", "--json", "--processes", 2, stdin=path.read_bytes())
    first, second = objects(ended)
    assert second == {**first, "path": "-"}


def test_every_core_has_a_thread_unless_one_may_wait_for_standard_input(
    lightspeech, recordings, monkeypatch
):
    asked, batch = [], Recognizer.batch

    def watched(*args, at_once, **options):
        asked.append(at_once)
        return batch(*args, at_once=at_once, **options)

    monkeypatch.setattr(Recognizer, "batch", watched)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    path = recordings / "loud.wav"
    lightspeech("predict", path, path)
    lightspeech("predict", path, "-", stdin=path.read_bytes())
    assert asked == [3, 1]


def test_no_processes_are_refused(lightspeech, recordings):
    assert lightspeech("predict", recordings, "--processes", 0).code == 2


def test_other_segments_are_refused(lightspeech, recordings):
    ended = lightspeech("predict", recordings, "--segments", "all")
    assert ended.code == 2
    assert "merged" in ended.err


def test_progress_counts_answers(lightspeech, recordings, monkeypatch, tmp_path):
    """A bar where the answers go elsewhere: as many steps as files."""
    totals = []
    track = Progress.track

    def counted(self, sequence, total, **options):
        totals.append(total)
        return track(self, sequence, total=total, **options)

    monkeypatch.setattr(Progress, "track", counted)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert lightspeech("predict", recordings, "--output", tmp_path / "out").code == 0
    assert totals == [3]


@pytest.mark.parametrize(("name", "form"), [("a.csv", "--csv"), ("a.json", "--json")])
def test_the_name_of_an_output_says_its_form(lightspeech, recordings, tmp_path, name, form):
    lightspeech("predict", recordings, "--output", tmp_path / name)
    assert (tmp_path / name).read_text("utf-8") == lightspeech("predict", recordings, form).out


@pytest.fixture
def call(tmp_path):
    """Two channels of one second and a half, unlike each other."""
    loud, soft = np.full(24_000, 0.2), np.full(24_000, 0.1)
    soundfile.write(tmp_path / "call.wav", np.stack((loud, soft), 1), 16_000)
    soundfile.write(tmp_path / "loud.wav", loud, 16_000)
    soundfile.write(tmp_path / "soft.wav", soft, 16_000)
    return tmp_path


@pytest.mark.parametrize("processes", [1, 2])
def test_each_channel_is_answered_as_a_recording_of_its_own(lightspeech, call, processes):
    options = ["--json", "--processes", processes]
    each = objects(lightspeech("predict", call / "call.wav", "--channels", "each", *options))
    alone = objects(lightspeech("predict", call / "loud.wav", call / "soft.wav", "--json"))
    assert [record["channel"] for record in each] == [1, 2]
    for one, other in zip(each, alone, strict=True):
        assert one["probabilities"] == other["probabilities"]


def test_one_channel_is_answered_where_there_is_one(lightspeech, call):
    paths = [call / "call.wav", call / "loud.wav"]
    ended = lightspeech("predict", *paths, "--channels", "2", "--csv")
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert [row["channel"] for row in rows] == ["2", "2"]
    assert "loud.wav: no channel 2; it has 1" in rows[1]["error"]
    assert ended.code == 1


def test_channels_of_standard_input_are_answered(lightspeech, call):
    stdin = (call / "call.wav").read_bytes()
    ended = lightspeech("predict", "-", "--channels", "each", stdin=stdin)
    assert [line.split("  ")[0] for line in ended.out.splitlines()[1:]] == ["- [1]", "- [2]"]


@pytest.mark.parametrize("channels", ["0", "left", "-1"])
def test_other_channels_are_refused(lightspeech, call, error_line, channels):
    ended = lightspeech("predict", call / "call.wav", f"--channels={channels}")
    assert "allowed are mix, each and a number from 1" in error_line(ended)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_mix_that_cancels_is_warned_of(lightspeech, tmp_path, processes):
    tone = 0.3 * np.sin(np.arange(24_000) / 5)
    soundfile.write(tmp_path / "a.wav", np.stack((tone, -tone), 1), 16_000)
    soundfile.write(tmp_path / "b.wav", np.stack((tone, 0 * tone), 1), 16_000)
    paths = [tmp_path / "a.wav", tmp_path / "b.wav"]
    ended = lightspeech("predict", *paths, "--processes", processes)
    [line] = ended.err.splitlines()
    assert line.startswith(f"warning: {tmp_path / 'a.wav'}: its 2 channels cancel each other")


@pytest.mark.parametrize("seconds", [1.5, 12])
def test_raw_sound_is_answered_as_a_stream(lightspeech, seconds, toy):
    samples = (8_000 * np.sin(np.arange(round(8_000 * seconds)) / 5)).astype("<i2")
    found = objects(lightspeech("predict", "-", "--raw", "8000", "--json", stdin=samples.tobytes()))
    stream = load(toy.path).stream(8_000)
    expected = [*stream.feed(samples), *stream.flush()]
    assert [record["end_s"] for record in found] == [round(s.end_s, 3) for s in expected]
    assert found[-1]["probabilities"] == pytest.approx(expected[-1].probabilities, abs=1e-6)


def test_raw_sound_is_answered_before_it_ends_and_after_ctrl_c(toy):
    class Microphone:
        """Gives twelve seconds in odd pieces; then somebody presses Ctrl-C."""

        def __init__(self):
            self.n_bytes = 0

        def read1(self, n_bytes):
            self.n_bytes += 3_201
            if self.n_bytes > 2 * 12 * RATE:
                raise KeyboardInterrupt
            return bytes(3_201)

    microphone = Microphone()
    segments = live.segments(load(toy.path), microphone, RATE)
    first = next(segments)
    assert microphone.n_bytes < 2 * 6 * RATE
    *_, last = segments
    assert first.start_s == 0
    assert last.end_s == pytest.approx(12, abs=0.2)


@pytest.mark.parametrize("other", [["--whole"], ["--channels", "each"], ["voice.wav"]])
def test_raw_is_for_standard_input_alone(lightspeech, error_line, other):
    ended = lightspeech("predict", "-", "--raw", "16000", *other)
    assert "--raw answers standard input alone" in error_line(ended)

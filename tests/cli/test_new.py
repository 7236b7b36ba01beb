"""Recordings of one's own: what `new` says of a folder; docs/own-data.md does as it says."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from lightspeech import bundle
from lightspeech.corpora import synthetic
from lightspeech.studies.study import read_study
from lightspeech.workflows import measuring, sureness

SMALL = ("training.epochs=1", "model.channels=[8,8]")
"""For the test an epoch and a block are enough."""
PAGE = (Path(__file__).parents[2] / "docs" / "own-data.md").read_text(encoding="utf-8")


@pytest.fixture
def mine(tmp_path, monkeypatch, write_tone):
    """Three speakers say two things in two emotions; a table of a German spreadsheet says who."""
    monkeypatch.chdir(tmp_path)
    rows = ["Datei;Sprecher"]
    for who in ("anna", "ben", "cleo"):
        for label in ("angry", "happy"):
            for number in range(2):
                name = f"{label}/{who}_{number}.wav"
                hertz = 200 + 40 * len(rows)
                write_tone(tmp_path / "mine" / name, seconds=0.6, hertz=hertz)
                rows.append(f"{name.replace('/', chr(92))};{who} ")
    (tmp_path / "people.csv").write_bytes("\r\n".join(rows).encode("utf-8-sig"))
    return tmp_path / "mine"


def recipe(path="mine.yaml"):
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


COLUMNS = ("--columns", "path=Datei,speaker=Sprecher")


def test_new_says_what_is_there_and_what_is_wrong(mine, lightspeech):
    (mine / "happy" / "broken.wav").write_bytes(b"RIFF")
    soundfile.write(mine / "happy" / "anna_0.wav", np.zeros(9_600, np.float32), 16_000)
    loud = np.clip(3 * np.sin(np.arange(4_000) / 9), -1, 1)
    soundfile.write(mine / "angry" / "ben_0.wav", loud, 16_000)
    soundfile.write(mine / "angry" / "ben_1.wav", loud, 16_000)
    ended = lightspeech("new", "mine", "--speakers", "people.csv", *COLUMNS, "--json")
    found = json.loads(ended.out)
    assert (found["files"], found["speakers"]) == (12, 3)
    assert found["emotions"] == {"angry": 6, "happy": 6}
    assert found["sample_rates"] == [16_000]
    assert found["minutes"] == pytest.approx(0.11, abs=0.01)
    assert found["level_dbfs"]["highest"] > -3 > found["level_dbfs"]["median"]
    faults = {(Path(each["path"]).name, each["fault"].split(" (")[0]) for each in found["faults"]}
    assert faults == {
        ("anna_0.wav", "silent"),
        *((name, what) for name in ("ben_0.wav", "ben_1.wav") for what in ("clipped", SHORT)),
    }
    assert found["duplicates"] == [["mine/angry/ben_0", "mine/angry/ben_1"]]
    assert [Path(each["path"]).name for each in found["rejected"]] == ["broken.wav"]


SHORT = "shorter than 0.5 s"


def test_its_table_is_for_people_and_says_what_to_type(mine, lightspeech):
    ended = lightspeech("new", "mine", "--speakers", "people.csv", *COLUMNS)
    assert ended.code == 0, ended.err
    assert re.search(r"speaker +angry happy +all\nmine/anna +2 +2 +4", ended.out)
    assert "protocol: leave-one-out" in ended.out
    assert ended.out.endswith("next: lightspeech run mine.yaml\n")
    again = lightspeech("new", "mine", "--speakers", "people.csv", *COLUMNS)
    assert "mine.yaml is there already" in again.err


@pytest.mark.parametrize(
    ("speakers", "protocol"),
    [(0, "random_leaky"), (2, "random_leaky"), (3, "leave_one_out"), (11, "grouped_k_fold")],
)
def test_the_protocol_is_what_so_many_speakers_allow(
    tmp_path, monkeypatch, write_tone, lightspeech, speakers, protocol
):
    monkeypatch.chdir(tmp_path)
    for who in range(speakers or 6):
        for number, label in enumerate(("sad", "happy") * 4):
            write_tone(tmp_path / f"mine/{label}/s{who}_{number}.wav", hertz=200 + 9 * who)
    options = ["--set", r"speaker_pattern=(s\d+)_"] if speakers else []
    ended = lightspeech("new", "mine", *options)
    assert ended.code == 0, ended.err
    assert recipe()["protocol"]["name"] == protocol
    assert ("LEAKY" in ended.out) == (protocol == "random_leaky")


def test_split_folders_are_offered_as_the_split(tmp_path, monkeypatch, write_tone, lightspeech):
    monkeypatch.chdir(tmp_path)
    for number, part in enumerate(("train", "test")):
        for label in ("sad", "happy"):
            for n in range(3):
                hertz = 200 + 50 * n + 9 * number
                write_tone(tmp_path / f"mine/{part}/{label}/{n}.wav", hertz=hertz)
    ended = lightspeech("new", "mine")
    assert recipe()["protocol"] == {"name": "given"}
    assert "nobody can tell whether your split keeps them apart" in ended.out


def test_a_class_with_one_recording_is_left_out_and_one_class_alone_is_refused(
    mine, lightspeech, write_tone
):
    write_tone(mine / "bored" / "anna_9.wav", hertz=999)
    ended = lightspeech("new", "mine", "--set", r"speaker_pattern=(\w+?)_")
    assert "'bored' is left out: 1 recording(s) are too few" in ended.out
    assert recipe()["map"] == {"bored": ""}
    told = ("--map", "happy=", "--output", "other.yaml", "--set", r"speaker_pattern=(\w+?)_")
    line = lightspeech("new", "mine", *told).err.splitlines()[-1]
    assert "error: too little to learn from" in line
    assert "two classes are the least" in line


def test_a_table_with_labels_needs_no_class_folders(tmp_path, monkeypatch, write_tone, lightspeech):
    monkeypatch.chdir(tmp_path)
    rows = ["path,label,speaker"]
    for who in ("a", "b", "c"):
        for label in ("Wut", "Freude"):
            write_tone(tmp_path / f"mine/{who}{label}.wav", hertz=200 + 20 * len(rows))
            rows.append(f"{who}{label}.wav,{label},{who}")
    (tmp_path / "all.csv").write_text("\n".join(rows))
    ended = lightspeech("new", "mine", "--speakers", "all.csv", "--map", "wut=angry")
    assert ended.code == 0, ended.err
    assert recipe()["corpus"] == {"name": "csv", "root": "all.csv", "recordings": "mine"}
    assert recipe()["map"] == {"wut": "angry"}
    assert "labels that no common vocabulary knows: 'Freude' (3)" in ended.out


def test_the_page_does_as_it_says(tmp_path, monkeypatch, lightspeech):
    """Its commands, one after the other."""
    pytest.importorskip("onnxscript", reason="needs the extra 'export'")
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "spoken"
    spoken = synthetic.read(synthetic.Config(speakers=3, sentences=2, seed=15, root=root))
    rows = ["Datei;Sprecher"]
    for number, each in enumerate(spoken.utterances):
        path = tmp_path / "mine" / each.emotion / f"{number:04}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        each.path.rename(path)
        rows.append(f"{each.emotion}/{path.name};{each.speaker}")
    (tmp_path / "people.csv").write_text("\n".join(rows))
    lines = re.findall(r"^\$ lightspeech (.*)$", PAGE, re.M)
    assert [line.split()[0] for line in lines] == [
        "new", "run", "run", "predict", "compress", "compress", "export",
    ]  # fmt: skip
    told = {}
    for line in lines:
        words = shlex.split(line)
        if words[0] in ("run", "compress"):
            words += [*SMALL, "--processes", "1"]
        ended = lightspeech(*words)
        assert ended.code == 0, ended.err
        told[words[0]] = ended.out
    assert len(told["predict"].splitlines()) == 1 + 6
    assert "bundles/mine_final-1-quantize " in told["compress"]
    assert "bundles/mine_final-1-quantize-c99 " in told["export"]
    for name in ("mine_final-1-quantize", "mine_final-1-quantize-c99"):
        assert bundle.read(Path("bundles") / name).provenance["calibrated_by"] == "mine"
    measured, final = (bundle.read(Path("bundles") / name) for name in ("mine", "mine_final"))
    assert final.provenance["calibrated_by"] == "mine"
    assert "calibrated_by" not in measured.provenance
    answers = measuring.answers(read_study(Path("runs/mine")))
    expected = sureness.fitted(answers, read_study(Path("runs/mine")), final.labels)
    assert (final.temperature, final.thresholds) == expected
    Path("runs/mine").rename("runs/elsewhere")  # nobody measured it, as far as it is known
    alone = lightspeech("run", "mine.yaml", "--final", "--resume", *SMALL)
    assert "is told by the few that it was selected on" in alone.err
    assert "calibrated_by" not in bundle.read(Path("bundles/mine_final")).provenance


@pytest.mark.usefixtures("mine")
def test_a_file_is_no_folder_of_recordings(lightspeech, error_line):
    assert "people.csv: is a file; name the folder" in error_line(lightspeech("new", "people.csv"))

import json
import re

import pytest

from lightspeech.evaluation import compression

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [8, 8]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 2, batch_size: 4}
"""
STEPS = """
compress:
  - {name: distill, teacher: teacher, crops: 1}
  - {name: distill, teacher: tiny, init: scratch, weight: 1.0, crops: 1}
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe of two steps, and its teacher."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "teacher.yaml").write_text(RECIPE.replace("tiny", "teacher"))
    (tmp_path / "tiny.yaml").write_text(RECIPE + STEPS)
    return tmp_path / "tiny.yaml"


@pytest.mark.usefixtures("export_once")
def test_a_chain_is_trained_measured_printed_and_kept(lightspeech, recipe):
    lightspeech("train", "teacher.yaml", "--processes", 1)
    made = lightspeech("compress", recipe, "--processes", 1, "--json", "--publish", "results")
    assert made.code == 0, made.err
    chain = json.loads(made.out)
    assert [step["name"] for step in chain["steps"]] == ["plain", "1-distill", "2-distill"]
    assert compression.read(recipe.parent / "runs/tiny/compress.json").recipe == "tiny"
    plain, *steps = chain["steps"]
    assert plain["change"] is None
    for step in steps:
        expected = step["uar"]["mean"] - plain["uar"]["mean"]
        assert step["change"]["uar"] == pytest.approx(expected, abs=1e-5)
        assert len(step["change"]["per_speaker"]) == 3
        assert 0 <= step["teacher_agreement"] <= 1
        assert step["size_bytes"] > 10_000 < step["macs"]
        assert step["latency"]["median_ms"] > 0
    assert compression.read(recipe.parent / "results/chains/tiny.json").recipe == "tiny"
    assert not (recipe.parent / "results/synthetic").exists()  # two of one kind are a comparison
    assert (recipe.parent / "bundles/tiny-2-distill/bundle.json").exists()
    assert (recipe.parent / "runs/tiny/compress.svg").read_text().startswith("<svg")

    asked = ("compress", recipe, "--resume", "--processes", 1)
    assert lightspeech(*asked).out.startswith("tiny on synthetic, seeds 0")
    again = lightspeech(*asked, "--markdown").out
    assert again == (recipe.parent / "runs/tiny/compress.md").read_text()
    assert again.count("\n| ") == 5
    assert "| 1-distill: crops 1 |" in again
    assert "- 1-distill (teacher teacher, crops 1): recall" in again

    plain = lightspeech("run", recipe, "--resume", "--processes", 1).out
    expected = "chain   distill, distill: not in these figures; see lightspeech compress"
    assert plain.splitlines()[-1] == f"{expected} {recipe} --resume"

    evaluated = lightspeech("evaluate", "runs/tiny/1-distill", "--json").out
    assert json.loads(evaluated)["uar"] == steps[0]["uar"]


def test_a_teacher_that_is_not_trained_is_one_line(lightspeech, error_line, recipe):
    ended = lightspeech("compress", recipe, "training.epochs=1", "--processes", 1)
    assert ended.code == 1
    assert "no runs in teacher or runs/teacher; train them first" in ended.err


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("compress.0.temprature=2", "compress.0.temprature: no such key"),
        ("compress.0.weight=2", "compress.0.weight: .*less than or equal to 1"),
        ("compress.0.name=destill", r"unknown name 'destill' in compression; choose one of"),
        ("compress.7.name=distill", "'7' is none of the 2 places of a list"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_trained(
    lightspeech, error_line, recipe, change, fault
):
    assert re.search(fault, error_line(lightspeech("compress", recipe, change)))
    assert not (recipe.parent / "runs").exists()

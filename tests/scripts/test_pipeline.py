"""The numbered scripts, one after the other, on made speech; and what their doors refuse."""

import json
import os
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import results
from lightspeech.progress import no_progress
from lightspeech.workflows.pipeline import data

ROOT = Path(__file__).parents[2]
STAGES = ("teacher", "student_distill", "student_prune", "student_quantize")


@pytest.fixture(scope="module")
def work(tmp_path_factory, lay_out):
    """Do the five scripts once, on three made speakers in class folders; gives their folder."""
    pytest.importorskip("torch", reason="runs need the extra 'train'")
    folder = tmp_path_factory.mktemp("work")
    lay_out(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(os, "cpu_count", lambda: 1)
        do_all(patch)
        yield folder


def do_all(patch):
    def do(name, *arguments):
        [script] = Path("scripts").glob(f"{name}_*.py")
        patch.setattr(sys, "argv", [str(script), *arguments])
        runpy.run_path(str(script), run_name="__main__")

    at = "results/models"
    do("01", "--raw_data", "raw", "--output", "data", "--augment")
    do("02", "--data", "data", "--output", at, "--device", "cpu", "--epochs", "1")
    do("03", "--teacher_ckpt", f"{at}/teacher.pth", "--output", at, "--epochs", "1",
       "--distill", "--quantize", "--prune", "--data", "data")  # fmt: skip
    do("04", "--data", "data", "--teacher_ckpt", f"{at}/teacher.pth",
       "--student_ckpt", f"{at}/student_distill.pt", "--pruned_ckpt", f"{at}/student_prune.pth",
       "--quantized", f"{at}/student_quantize.onnx", "--output", "results/tables",
       "--device", "cpu")  # fmt: skip
    do("05")


def test_weights_histories_figures_and_plots_of_all_models_are_there(work):
    for name in STAGES:
        assert (work / f"results/models/{name}.safetensors").stat().st_size > 0
        assert (work / f"results/plots/{name}/confusion.svg").is_file()
        figures = results.read(work / f"results/tables/{name}.json")
        assert figures.protocol == "leave-one-speaker-out"
    assert (work / "results/models/student_quantize.onnx").is_file()
    table = (work / "results/tables/comparison.md").read_text()
    assert all(f"| {system} |" in table for system in ("nano", "nano distilled", "nano int8"))
    lines = (work / "results/logs/teacher.jsonl").read_text().splitlines()
    assert {json.loads(line)["run"] for line in lines} == {f"fold{n}-seed0" for n in range(3)}


def test_the_student_learnt_from_that_teacher_in_so_many_epochs(work):
    recipe = (work / "results/models/student/recipe.yaml").read_text()
    assert "teacher: results/models/teacher" in recipe
    assert recipe.count("epochs: 1\n") == 2


def test_other_data_and_models_that_are_not_there_are_refused(work):
    from lightspeech.workflows.pipeline import figures, models

    with pytest.raises(CorpusError, match="there are: results/models/student.safetensors"):
        models.find(Path("results/models/best.pth"))
    with pytest.raises(CorpusError, match="01_prepare_data.py --raw_data"):
        data.overrides(work / "raw")
    shutil.copytree("data", "other")
    manifest = Path("other/manifest.csv")
    manifest.write_text("\n".join(manifest.read_text().splitlines()[:-1]))
    with pytest.raises(ConfigError, match="other recordings"):
        figures.compare(Path("other"), [Path("results/models/teacher.pth")], Path("tables"))


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.py")), ids=lambda p: p.stem)
def test_a_script_is_a_thin_door(path):
    assert len(path.read_text().splitlines()) <= 40


@pytest.mark.parametrize(
    ("name", "corpus"),
    [
        ("03-01-06-01-02-01-12", "ravdess"),
        ("03-01-05-01-03-01-30", "banglaser"),
        ("03a01Wa", "emodb"),
        ("Ses01F_impro01_F000", "iemocap"),
        ("DC_a01", "savee"),
        ("OAF_back_angry", "tess"),
        ("rab-f1-b1", "emovo"),
        ("1001_DFA_ANG_XX", "crema_d"),
        ("anna_01", "folder"),
    ],
)
def test_names_tell_the_corpus(write_tone, tmp_path, name, corpus):
    write_tone(tmp_path / "sad" / f"{name}.wav")
    assert data.corpus_of(tmp_path) == corpus


def test_without_augmentation_nothing_is_bent(lay_out, tmp_path):
    lay_out(tmp_path)
    data.prepare(tmp_path / "raw", tmp_path / "data", augment=False, progress=no_progress)
    [augment] = [each for each in data.overrides(tmp_path / "data") if each.startswith("augment=")]
    assert set(json.loads(augment.partition("=")[2]).values()) == {0}


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="no recordings here"):
        data.corpus_of(tmp_path)

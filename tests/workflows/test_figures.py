"""Figures of a study are there after training, whatever was exported before, or nothing."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lightspeech.cli import app

RECIPE = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [8, 8]}
windows: {window_s: 1.0, hop_s: 0.48}
training: {epochs: 2, batch_size: 4}
compress: [{name: quantize}]
"""

pytest.importorskip("onnxscript", reason="needs the extra export")


@pytest.fixture
def type_in(here):
    """Type a command beside a tiny recipe; gives what it prints."""
    Path("tiny.yaml").write_text(RECIPE)

    def type_in(*words):
        ended = CliRunner().invoke(app, list(words))
        if ended.exception is not None:
            raise ended.exception
        return ended.stdout

    return type_in


def test_evaluate_after_train_gives_the_figures_that_export_gives(type_in):
    type_in("train", "tiny.yaml", "--processes", "1")
    assert not Path("runs/tiny/study.json").exists()
    first = json.loads(type_in("evaluate", "runs/tiny", "--json"))
    assert first["folds"] == 3
    assert not Path("bundles").exists()
    assert json.loads(type_in("evaluate", "runs/tiny", "--json")) == first
    kept = Path("runs/tiny/study.json").read_text(), Path("runs/tiny/results.json").read_text()
    type_in("export", "runs/tiny/fold0-seed0")
    assert json.loads(type_in("evaluate", "runs/tiny", "--json")) == first
    assert kept[0] == Path("runs/tiny/study.json").read_text()
    assert kept[1] == Path("runs/tiny/results.json").read_text()


def test_evaluate_of_a_study_that_is_cut_off_says_which_run_is_left(type_in):
    type_in("train", "tiny.yaml", "--processes", "1")
    Path("runs/tiny/fold1-seed0/test.csv").unlink()
    with pytest.raises(Exception, match="fold1-seed0 is not finished; run it with --resume"):
        type_in("evaluate", "runs/tiny")


@pytest.fixture(scope="module")
def quantized(tmp_path_factory):
    """Train and quantize the recipe, and export nothing; gives the folder to work in."""
    pytest.importorskip("torchao", reason="needs the extra compress")
    from lightspeech.workflows import train

    folder = tmp_path_factory.mktemp("quantized")
    (folder / "tiny.yaml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        job = train.Job(recipe=Path("tiny.yaml"), processes=1)
        train.train(job, lambda *_: None, steps=True)
    return folder


@pytest.mark.usefixtures("export_once")
@pytest.mark.parametrize("format", ["litert", "c99"])
def test_a_format_exported_first_carries_the_figures_of_its_study(type_in, quantized, format):
    pytest.importorskip("litert_torch", reason="needs the extra litert")
    shutil.copytree(quantized / "runs", "runs")
    type_in("export", "runs/tiny/1-quantize/fold0-seed0", "--format", format)
    bundle = json.loads(Path(f"bundles/tiny-1-quantize-{format}/bundle.json").read_text())
    assert not list(Path("bundles").rglob("*.onnx"))
    assert not Path("runs/tiny/1-quantize/study.json").exists()
    figures = json.loads(type_in("evaluate", "runs/tiny/1-quantize", "--json"))
    assert bundle["figures"] == {key: figures[key] for key in bundle["figures"]}
    assert bundle["figures"]["folds"] == 3

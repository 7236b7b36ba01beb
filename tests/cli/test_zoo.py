"""From a recipe that tests nobody to a bundle that is shipped."""

import json

import pytest

from lightspeech import bundle
from lightspeech.bundle import places

RECIPE = """
name: NAME
corpora: [{name: synthetic, speakers: 3, sentences: 1}]
labels: common4
protocol: {name: everyone}
model: {name: nano, channels: [8, 8]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 1, batch_size: 4, balance: corpus_class, class_weights: false}
"""
STEPS = "compress: [{name: distill, teacher: teacher, crops: 1}, {name: quantize}]\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work beside the recipes of a teacher and of its student."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "teacher.yaml").write_text(RECIPE.replace("NAME", "teacher"))
    (tmp_path / "tiny.yaml").write_text(RECIPE.replace("NAME", "tiny") + STEPS)
    return tmp_path


def test_a_model_that_tests_nobody_is_trained_compressed_and_shipped(
    lightspeech, error_line, here, monkeypatch
):
    pytest.importorskip("torchao", reason="quantize needs the extra 'compress'")
    taught = lightspeech("run", "teacher.yaml", "--processes", 1)
    assert "everyone tests nobody, so there is no figure" in taught.out
    assert taught.out.endswith("lightspeech export runs/teacher/fold0-seed0\n")

    made = lightspeech("compress", "tiny.yaml", "--processes", 1, "--publish", "results")
    run = made.out.split()[-1]
    assert (made.code, run) == (0, "runs/tiny/2-quantize/fold0-seed0")
    assert not (here / "results").exists()
    assert "tests nobody, so it has no figures" in error_line(lightspeech("report", "runs/tiny"))

    shipped = lightspeech("export", run, "--bundles", "zoo", "--name", "micro")
    assert shipped.out.startswith("zoo/micro (")
    monkeypatch.setattr(places, "ZOO", here / "zoo")
    found = bundle.read(bundle.find())
    assert (found.name, found.figures, found.provenance["test_speakers"]) == ("micro", {}, [])
    files = {path.name for path in found.path.iterdir()}
    assert files == {"bundle.json", "model.onnx", "gate.onnx", "README.md"}

    folder = next(here.glob("cache/synthetic-*/s001"))
    answered = lightspeech("predict", folder, "--json").out.splitlines()
    assert {json.loads(line)["model"] for line in answered} == {"micro"}

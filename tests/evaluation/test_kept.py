import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.cli import app
from lightspeech.config import Choice
from lightspeech.errors import BundleError, ConfigError
from lightspeech.evaluation import conditions, kept, results
from lightspeech.evaluation.kept import Kept
from lightspeech.protocols import grouped_k_fold

LABELS = ("angry", "sad")
FOLDS = 3


def loudness_model():
    """Logits from the mean feature: angry is loud, sad is soft."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("ReduceMean", ["features", "axes"], ["level"], keepdims=0),
        helper.make_node("Add", ["level", "ten"], ["above"]),
        helper.make_node("Unsqueeze", ["above", "last"], ["column"]),
        helper.make_node("MatMul", ["column", "weight"], ["logits"]),
    ]
    constants = [
        helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]),
        helper.make_tensor("last", TensorProto.INT64, [1], [1]),
        helper.make_tensor("ten", TensorProto.FLOAT, [1], [10.0]),
        helper.make_tensor("weight", TensorProto.FLOAT, [1, 2], [1.0, -1.0]),
    ]
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", "t", "f"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "toy", [features], [logits], constants)
    opset = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()


@pytest.fixture
def corpus(tmp_path):
    """Three actors, each once loud and angry and once soft and sad, named as in RAVDESS."""
    rng = np.random.default_rng(0)
    for actor in (1, 2, 3):
        for emotion, level in (("05", 0.3), ("04", 1e-4)):
            path = (
                tmp_path / f"data/ravdess/Actor_{actor:02}/03-01-{emotion}-01-01-01-{actor:02}.wav"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, rng.normal(0, level, 8_000).clip(-1, 1), 16_000, "FLOAT")
    return tmp_path / "data"


@pytest.fixture
def published(tmp_path, make_study):
    """A published file, its models beside it, and the UAR of its seed to be set."""
    figures = results.measure(*conditions.read(make_study(labels=("angry", "happy", "sad"))))
    model = loudness_model()
    said = Kept(
        corpus="ravdess", vocabulary="own", fold=0, seed=0, labels=LABELS,
        protocol=Choice(
            "lightspeech.protocols", "grouped_k_fold", grouped_k_fold.Config(folds=FOLDS)
        ),
        frontend=MelConfig(), windows=Windows(window_s=0.5, hop_s=0.5), temperature=1.0,
        sha256=hashlib.sha256(model).hexdigest(),
    )  # fmt: skip
    path = tmp_path / "results/ravdess/micro-int8.json"

    def write(uar, folds=FOLDS):
        results.write(replace(figures, folds=FOLDS, per_seed={"0": uar, "1": 0.9}), path)
        for fold in range(folds):
            kept.write(replace(said, fold=fold), model, kept.folder_of(path))
        return path

    return write


def evaluate(path, root, *arguments):
    command = ["evaluate", "--results", str(path), "--root", str(root), *arguments]
    return CliRunner().invoke(app, command)


@pytest.mark.parametrize("below", ["", "ravdess"])
def test_a_figure_is_found_again(published, corpus, below):
    answer = evaluate(published(1.0), corpus / below, "--json")
    assert json.loads(answer.stdout) == {"published": 1.0, "recomputed": 1.0, "agrees": True}
    assert answer.exit_code == 0


def test_a_wrong_figure_is_found_out(published, corpus):
    answer = evaluate(published(0.9), corpus)
    assert "published 0.9000, recomputed 1.0000: does not agree" in answer.stdout
    assert answer.exit_code == 1


def test_a_missing_fold_is_an_error(published, corpus):
    with pytest.raises(ConfigError, match="2 models of folds"):
        raise evaluate(published(1.0, folds=2), corpus).exception


def test_a_changed_model_is_an_error(published, corpus):
    path = published(1.0)
    (kept.folder_of(path) / "fold1.onnx").write_bytes(b"")
    with pytest.raises(BundleError, match="not what was published"):
        raise evaluate(path, corpus).exception


def test_without_models_the_error_says_so(tmp_path):
    with pytest.raises(BundleError, match="no kept models here"):
        kept.read(tmp_path)


def test_half_of_the_options_is_an_error(tmp_path):
    answer = CliRunner().invoke(app, ["evaluate", "--results", str(tmp_path)])
    assert "both --results FILE and --root DIR" in str(answer.exception)


def test_it_needs_no_torch():
    code = "import sys, lightspeech.evaluation.kept; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("corpus", "../ravdess", "expected a plain name"),
        ("fold", -1, "greater than or equal to 0"),
        ("fold", 7, "models of folds"),
        ("temperature", 0.0, "greater than 0"),
        ("labels", ["angry", "angry"], "no label twice"),
        ("labels", ["angry", "sad", "happy"], "not one finite logit a class"),
        ("windows", {"window_s": 60.0, "hop_s": 0.01}, "s of processor for a minute of audio"),
    ],
)
def test_a_description_that_cannot_be_is_one_line(published, corpus, key, value, fault):
    path = published(1.0)
    said_of = kept.folder_of(path) / "fold0.json"
    said_of.write_text(json.dumps({**json.loads(said_of.read_text()), key: value}))
    answer = evaluate(path, corpus)
    assert isinstance(answer.exception, BundleError | ConfigError)
    assert fault in str(answer.exception)

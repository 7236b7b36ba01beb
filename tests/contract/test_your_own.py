"""A newcomer is one file: one of each kind, in a folder of the test, goes all the way."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.inference import dispatch
from lightspeech.progress import no_progress
from lightspeech.studies import folders, material, recipe, stages
from lightspeech.studies.folders import Places
from lightspeech.studies.study import read_study
from lightspeech.training import run as runs
from lightspeech.workflows import publish

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
MEAN = re.search(r"```python\n(.*?)```", CONTRIBUTING.read_text("utf-8"), re.DOTALL)[1]
"""The model that CONTRIBUTING shows."""
LOUDER = """
from lightspeech.audio.frontend import MelConfig
from lightspeech.config import config
from lightspeech.frontends import mel

@config
class Config:
    n_mels: int = 24

def build(cfg, *, windows, augment):
    return mel.build(MelConfig(n_mels=cfg.n_mels, power=1), windows=windows, augment=augment)
"""
SQUARED = """
from lightspeech.config import config

@config
class Config:
    scale: float = 1.0

def score(logits, targets, weights, cfg):
    return cfg.scale * ((logits.softmax(-1) - targets) ** 2 * weights).sum(-1).mean()
"""
SMALLER = """
from lightspeech.config import config
from lightspeech.training.objective import Objective

@config
class Config:
    weight: float = 0.01

class Smaller(Objective):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def score(self, answered):
        return self.weight * answered.logits.square().mean()

def build(cfg, *, task, network):
    return Smaller(cfg.weight)
"""
SHRUNK = """
import torch
from lightspeech.config import config
from lightspeech.training import fitting, inputs
from lightspeech.training.teachers import Lessons

SCHEME, BYTES_PER_VALUE, FINAL = "shrunk", None, False

@config
class Config:
    factor: float = 0.5

def check(cfg):
    pass

def learns_from(cfg):
    return Lessons()

def prepare(tasks, cfg, progress):
    pass

def apply(before, task, cfg):
    with torch.no_grad():
        for weight in before.network.parameters():
            weight *= cfg.factor
    fitting.finish(task, inputs.open_parts(task), before.network)
"""
WEIGHTS = """
from safetensors.torch import save
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import never as rewrite, nobody as network_alone

HOLDS, KNOWS_SPEAKER, TAKES, SUFFIX = ("mel", "louder"), False, ("fp32",), ".safetensors"
PREFIXED = False
RATES = False
export = exporter(lambda run: save(run.network.state_dict()), "model.safetensors")
"""
NEWCOMERS = {
    "models": ("mean", MEAN), "frontends": ("louder", LOUDER), "compression": ("shrunk", SHRUNK),
    "training.label_losses": ("squared", SQUARED), "export": ("weights", WEIGHTS),
    "training.objectives": ("smaller", SMALLER),
}  # fmt: skip
RECIPE = """
name: NAME
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: everyone}
model: {name: mean, width: 32}
windows: {window_s: 1.0, hop_s: 0.48}
training: {epochs: 1, batch_size: 4}
"""


@pytest.fixture
def newcomers(tmp_path, monkeypatch):
    """One file of each kind, in a folder that its package looks into too."""
    for package, (name, code) in NEWCOMERS.items():
        folder = tmp_path / "newcomers" / package
        folder.mkdir(parents=True)
        (folder / f"{name}.py").write_text(code)
        module = importlib.import_module(f"lightspeech.{package}")
        monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder)])


def study_of(here, name, *changes):
    """Do a recipe and its steps; give the folders of plain runs and of each step."""
    (here / f"{name}.yaml").write_text(RECIPE.replace("NAME", name))
    chosen = recipe.read(here / f"{name}.yaml", list(changes))
    folder = folders.begin(chosen, Places(), resume=False, fresh=False)
    stages.check_steps(chosen, Places())
    prepared = material.prepare(chosen, folder, progress=no_progress)
    todo = (folder, Places(), no_progress)
    protocol = stages.train(chosen, prepared, *todo, processes=1)
    return [folder, *stages.compress(chosen, prepared, protocol, *todo, processes=1)]


def answers(study, format, waveforms):
    """Export a study's first run, open what was written, and ask it."""
    exported = publish.export_as(read_study(study), "fold0-seed0", Places(), format)
    return dispatch.open(bundle.read(exported.path)).predict(waveforms)


@pytest.mark.usefixtures("export_once")
def test_the_model_of_contributing_goes_through_the_whole_chain(newcomers, here):
    for package in ("torchao", "torch_pruning", "litert_torch", "executorch"):
        pytest.importorskip(package, reason="the whole chain needs the extra 'all'")
    study_of(here, "teacher")
    chain = [
        "{name: distill, teacher: teacher, crops: 1, features: 0.5, relations: 0.5}",
        "{name: prune, ratio: 0.4, rounds: 1, epochs: 1}",
        "{name: quantize, qat_epochs: 1}",
    ]
    plain, taught, pruned, int8 = study_of(here, "tiny", f"compress=[{', '.join(chain)}]")
    widths = [
        runs.read_run(study / "fold0-seed0").network.state_dict()["network.0.weight"].shape
        for study in (plain, taught, pruned)
    ]
    assert widths[0] == widths[1] == (32, 64)
    assert widths[2][0] < 32

    waveforms = np.random.default_rng(0).normal(0, 0.1, (2, 16_000)).astype(np.float32)
    waveforms[1] /= 50
    expected = answers(int8, "onnx", waveforms)
    for format, tolerance in (("litert", 1e-5), ("c99", 2e-3), ("executorch", 2e-3)):
        found = np.concatenate([answers(int8, format, row[None]) for row in waveforms])
        np.testing.assert_allclose(found, expected, atol=tolerance, err_msg=format)
    floats = answers(pruned, "onnx", waveforms)
    assert np.abs(floats - expected).max() < 0.05
    assert publish.export_as(read_study(int8), "fold0-seed0", Places(), "arduino").size_bytes > 0


def test_one_of_each_kind_is_one_file(newcomers, here):
    changes = [
        "frontend={name: louder}", "training.loss={name: squared, scale: 2.0}",
        "training.objectives=[{name: smaller, weight: 0.5}]",
    ]  # fmt: skip
    plain, shrunk = study_of(here, "tiny", *changes, "compress=[{name: shrunk}]")
    before, after = (runs.read_run(study / "fold0-seed0") for study in (plain, shrunk))
    assert before.config.frontend.name == "louder"
    assert before.config.front.n_features == 24
    assert before.config.training.loss.config.scale == 2.0
    assert before.config.training.objectives[0].config.weight == 0.5
    for name, weight in before.network.named_parameters():
        np.testing.assert_allclose(after.network.get_parameter(name).detach(), weight.detach() / 2)
    assert read_study(shrunk).scheme == "shrunk"
    exported = publish.export_as(read_study(shrunk), "fold0-seed0", Places(), "weights")
    assert bundle.read(exported.path).frontend == {"name": "louder", "n_mels": 24}

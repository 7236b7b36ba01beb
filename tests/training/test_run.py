"""A finished run that was damaged or forged is one clear line."""

import json

import pytest
import torch
from safetensors.torch import save_file

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, as_dict, choice_of
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.files import write_json
from lightspeech.models import nano
from lightspeech.training import layout, predictions
from lightspeech.training.networks import build_network
from lightspeech.training.run import read_run
from lightspeech.training.task import RunConfig

LABELS = ("angry", "happy", "sad")
CONFIG = RunConfig(
    model=Choice("lightspeech.models", "nano", nano.Config(channels=(6, 6))),
    frontend=choice_of("lightspeech.frontends", MelConfig(n_mels=16)),
    windows=Windows(window_s=1.0, hop_s=0.5),
)
OUTCOME = {"labels": LABELS, "fold": 0, "seed": 0, "temperature": 1.5, "threshold": 0.4}
HEAD = "id,speaker,emotion,fold,seed,angry,happy,sad\n"


def weights():
    """Fresh ones, as the file takes them."""
    tensors = build_network(CONFIG, len(LABELS)).state_dict()
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


@pytest.fixture
def folder(tmp_path):
    save_file(weights(), tmp_path / layout.WEIGHTS)
    write_json(tmp_path / layout.RUN, {**as_dict(CONFIG), **OUTCOME, "n_params": 1})
    (tmp_path / layout.ANSWERS).write_text(f"{HEAD}a,anna,sad,0,0,0.1,0.2,0.7\n")
    return tmp_path


def test_a_run_is_read_as_it_was_written(folder):
    run = read_run(folder)
    assert (run.config, run.labels, run.temperature, run.thresholds) == (
        CONFIG,
        LABELS,
        1.5,
        (0.4,) * len(LABELS),
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", None), ("labels", ["one"]), ("labels", ["a", "a", "b"]),
        ("labels", ["a", "b", "\x1b[2J"]), ("temperature", 0), ("temperature", "warm"),
        ("temperature", None), ("threshold", 2), ("fold", -1), ("seed", "x"), ("unknown", 1),
    ],
)  # fmt: skip
def test_a_forged_key_is_named(folder, key, value):
    path = folder / layout.RUN
    values = json.loads(path.read_text())
    values[key] = value
    write_json(path, values)
    with pytest.raises(ConfigError, match=rf"run\.json: {key}"):
        read_run(folder)


def test_weights_that_are_no_numbers_are_refused(folder):
    hurt = weights()
    name = next(name for name, tensor in hurt.items() if tensor.is_floating_point())
    hurt[name] = torch.full_like(hurt[name], float("nan"))
    save_file(hurt, folder / layout.WEIGHTS)
    with pytest.raises(ConfigError, match=rf"damaged weights \({name} holds NaN"):
        read_run(folder)


@pytest.mark.parametrize(
    "row",
    ["a,anna,sad,0,0,0.1,0.2", "a,anna,bored,0,0,0.1,0.2,0.7", "a,anna,sad,0,0,nan,0.2,0.7",
     "a,anna,sad,0,0,much,0.2,0.7", "a", "a,anna,sad,zero,0,0.1,0.2,0.7", '"' + "a" * 200_000],
)  # fmt: skip
def test_damaged_answers_are_one_line(folder, row):
    path = folder / layout.ANSWERS
    path.write_text(f"{HEAD}{row}\n")
    with pytest.raises(CorpusError, match=r"test\.csv: .*run the training again"):
        predictions.read(path)

import numpy as np
import pytest
import torch
from torch import nn

from lightspeech.frontends import functionals
from lightspeech.training.objectives import multi_task
from lightspeech.training.objectives.multi_task import Config, MultiTask

N = 256


def test_what_else_is_known_becomes_readable(points, descend):
    """Numbers that say nothing of the class are kept where they tell sex and value."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(N, 6, generator=generator)
    classes, sex, value = (x[:, 0] > 0).long(), (x[:, 1] > 0).long(), x[:, 2:3]
    objective = MultiTask(Config(weight=1.0), {"sex": (sex, 2)}, value, 8)
    network = descend(points(x, classes), 2, lambda _: objective, epochs=40)
    with torch.no_grad():
        embedding = network.body(x)
        told = objective.guesses["sex"](embedding).argmax(1)
        error = (objective.regression(embedding) - value).square().mean()
    assert (told == sex).float().mean() > 0.95
    assert error < 0.1
    assert (network(x).argmax(1) == classes).float().mean() > 0.95


def test_what_is_not_known_says_nothing(points, descend):
    x, classes = torch.randn(64, 4), torch.arange(64) % 2
    objective = MultiTask(Config(), {"sex": (torch.full((64,), -1), 2)}, None, 8)
    before = objective.guesses["sex"].weight.clone()
    descend(points(x, classes), 2, lambda _: objective, epochs=2)
    assert torch.equal(objective.guesses["sex"].weight, before)


def test_functionals_are_standardized_over_the_training_part(task, monkeypatch):
    rng = np.random.default_rng(0)
    values = rng.normal(3.0, [1.0, 100.0], (24, 2)).astype(np.float32)
    values[3] = 1e9  # of a speaker who is tested
    monkeypatch.setattr(functionals, "load", lambda utterances, cache: values)
    told = multi_task.standardized(task, task.cache)
    learnt = [row for row in range(24) if row % 4 < 3]
    torch.testing.assert_close(told[learnt].mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(told[learnt].std(0), torch.ones(2))
    assert told.abs().max() == pytest.approx(5.0)


def test_each_trait_has_as_many_guesses_as_the_training_part_has_values(task):
    built = multi_task.build(Config(of=("sex", "speaker")), task=task, network=nn.Linear(4, 3))
    assert {name: guess.out_features for name, guess in built.guesses.items()} == {
        "sex": 2, "speaker": 3,
    }  # fmt: skip

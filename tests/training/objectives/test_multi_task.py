from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.frontends import functionals
from lightspeech.training import losses
from lightspeech.training.objectives import multi_task
from lightspeech.training.objectives.multi_task import Config, MultiTask

N = 256


def test_what_else_is_known_becomes_readable(points, descend):
    """Numbers that say nothing of the class are kept where they tell sex and value."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(N, 6, generator=generator)
    classes, sex, value = (x[:, 0] > 0).long(), (x[:, 1] > 0).long(), x[:, 2:3]
    rating = torch.where(torch.arange(N) % 3 > 0, x[:, 3], torch.nan)
    objective = MultiTask(
        Config(weight=1.0), 8, traits={"sex": (sex, 2)}, functionals=value,
        ratings={"arousal": rating},
    )  # fmt: skip
    network = descend(points(x, classes), 2, lambda _: objective, epochs=40)
    with torch.no_grad():
        embedding = network.body(x)
        told = objective.guesses["sex"](embedding).argmax(1)
        error = (objective.regression(embedding) - value).square().mean()
        heard = objective.rated["arousal"](embedding)[:, 0]
    assert (told == sex).float().mean() > 0.95
    assert error < 0.1
    assert losses.concordance(heard, x[:, 3]) > 0.9
    assert (network(x).argmax(1) == classes).float().mean() > 0.95


def test_what_is_not_known_says_nothing(points, descend):
    x, classes = torch.randn(64, 4), torch.arange(64) % 2
    objective = MultiTask(Config(), 8, traits={"sex": (torch.full((64,), -1), 2)})
    before = objective.guesses["sex"].weight.clone()
    descend(points(x, classes), 2, lambda _: objective, epochs=2)
    assert torch.equal(objective.guesses["sex"].weight, before)


def test_functionals_are_standardized_over_the_training_part(task, monkeypatch):
    rng = np.random.default_rng(0)
    values = rng.normal(3.0, [1.0, 100.0], (24, 2)).astype(np.float32)
    values[3] = 1e9  # of a speaker who is tested
    monkeypatch.setattr(functionals, "load", lambda utterances, cache: values)
    told = multi_task.standardized(task)
    learnt = [row for row in range(24) if row % 4 < 3]
    torch.testing.assert_close(told[learnt].mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(told[learnt].std(0), torch.ones(2))
    assert told.abs().max() == pytest.approx(5.0)


def test_each_trait_has_as_many_guesses_as_the_training_part_has_values(task):
    built = multi_task.build(Config(of=("sex", "speaker")), task=task, network=nn.Linear(4, 3))
    assert {name: guess.out_features for name, guess in built.guesses.items()} == {
        "sex": 2, "speaker": 3,
    }  # fmt: skip


def test_ratings_are_on_the_scale_of_their_corpus(task):
    rated = tuple(
        replace(u, arousal=None if row == 0 else row * (1.0 if u.corpus == "toy" else 100.0) + 7)
        for row, u in enumerate(task.utterances)
    )
    told = multi_task.ratings(replace(task, utterances=rated), "arousal")
    for corpus in ("toy", "other"):
        rows = [r for r, u in enumerate(rated) if u.corpus == corpus and r % 4 < 3 and r]
        torch.testing.assert_close(told[rows].mean(), torch.tensor(0.0), atol=1e-6, rtol=0)
        torch.testing.assert_close(told[rows].std(correction=0), torch.tensor(1.0))
    assert told.isnan().tolist() == [row == 0 for row in range(24)]


def test_a_rating_that_nobody_gave_is_said(task):
    with pytest.raises(ConfigError, match="nobody rated valence in the training part"):
        multi_task.build(Config(of=("valence",)), task=task, network=nn.Linear(4, 3))


@pytest.mark.parametrize("told", [[torch.nan] * 4, [1.0, torch.nan, torch.nan, torch.nan]])
def test_one_rating_alone_is_nothing_to_agree_with(told):
    assert multi_task.discord(torch.randn(4), torch.tensor(told)) == 0

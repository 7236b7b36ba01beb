"""What every objective promises, the next one included, alone and beside all others."""

import copy
import dataclasses
from dataclasses import replace

import pytest
import torch

from lightspeech import config, plugins
from lightspeech.config import Choice
from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import steady
from lightspeech.training import checkpoint, criterion, loop
from lightspeech.training.inputs import TwoViews
from lightspeech.training.loop import Training

PACKAGE = "lightspeech.training.objectives"
NAMES = plugins.names(PACKAGE)


@pytest.fixture(autouse=True)
def every_epoch_is_saved(monkeypatch):
    """Epochs here are as short as saving is."""
    monkeypatch.setattr(checkpoint, "SHARE", 1.0)


def chosen(*names):
    """Training by some objectives, each by its defaults."""
    choices = [Choice(PACKAGE, name, plugins.load(PACKAGE, name).Config()) for name in names]
    return Training(epochs=4, batch_size=8, learning_rate=1e-2, objectives=tuple(choices))


@pytest.fixture
def setting(task, toy_network, toy_batches):
    """The network, the batches and the sum that a task trains by."""

    def make(cfg):
        given = replace(task, config=Setting(cfg))
        network = toy_network(channels=(6, 6))
        extras = criterion.objectives(given, network)
        other = copy.copy(toy_batches)
        other.order = toy_batches.order.bent_anew()
        paces = [each.pace for each in extras if each.pace(0) is not None]
        other.order.pace = toy_batches.order.pace = paces[0] if paces else steady
        batches = TwoViews(toy_batches, other)
        return network, batches, criterion.objective(given, batches, network, extras)

    return make


@dataclasses.dataclass
class Setting:
    """As much of a run's configuration as makes what it minimizes."""

    training: Training
    distill: None = None
    ratings: None = None


@pytest.mark.parametrize("name", NAMES)
def test_its_config_is_frozen_has_defaults_and_knows_its_keys(name):
    module = plugins.load(PACKAGE, name)
    for field in dataclasses.fields(module.Config):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(module.Config(), field.name, None)
    with pytest.raises(ConfigError, match="wieght: no such key"):
        config.build(module.Config, {"wieght": 2})


class Killed(Exception):  # noqa: N818 (named for what it stands for)
    """Stands for a kill: nothing is caught, nothing is tidied."""


def train(setting, cfg, folder, *, kill_in_epoch=None):
    network, batches, objective = setting(cfg)
    seen = []

    def select(_):
        if kill_in_epoch == len(seen):
            raise Killed
        seen.append(0.5)
        return 0.5

    trained = loop.train(network, batches, cfg, folder, objective=objective, select=select, seed=0)
    return {**trained.state_dict(), **objective.state_dict()}


@pytest.mark.parametrize("names", [*((name,) for name in NAMES), NAMES], ids="+".join)
def test_killed_and_resumed_it_ends_with_the_same_bits(setting, tmp_path, names):
    cfg = chosen(*names)
    whole = train(setting, cfg, tmp_path / "whole")
    with pytest.raises(Killed):
        train(setting, cfg, tmp_path / "cut", kill_in_epoch=2)
    torch.manual_seed(99)  # whatever the new process drew before
    resumed = train(setting, cfg, tmp_path / "cut")
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())
    assert all(value.isfinite().all() for value in whole.values())


@pytest.mark.parametrize("name", NAMES)
def test_it_changes_what_is_learnt(setting, tmp_path, name):
    other = train(setting, chosen(name), tmp_path / "other")
    plain = train(setting, chosen(), tmp_path / "plain")
    assert any(not torch.equal(value, other[key]) for key, value in plain.items())


@pytest.mark.parametrize("name", NAMES)
def test_it_scores_a_mixture_and_speech_without_a_label(setting, name):
    network, batches, objective = setting(chosen(name))
    batch = next(batches.epoch(0))
    for unknown in (1, len(batch.targets)):
        batch.targets[:unknown] = -1
        loss = objective(network, batch, 0.5)
        loss.backward()
        assert loss.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())

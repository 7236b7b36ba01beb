from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import Order
from lightspeech.training.objectives import curriculum
from lightspeech.training.objectives.curriculum import Config, Curriculum, places, share


@pytest.mark.parametrize(("progress", "expected"), [(0, 0.2), (0.25, 0.6), (0.5, 1), (0.9, 1)])
def test_the_share_grows_in_a_line_until_all_is_learnt(progress, expected):
    assert share(progress, Config(first=0.2, until=0.5)) == pytest.approx(expected)


def test_the_easiest_of_each_class_come_first():
    hard = np.array([0.9, 0.1, 0.5, 0.2, 0.8, 0.3, 0.7, 0.4])
    targets = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    placed = places(hard, targets, seed=0)
    assert placed.tolist() == [0.75, 0.0, 0.5, 0.25, 0.75, 0.0, 0.5, 0.25]
    objective = Curriculum(Config(first=0.5, until=0.5), placed, epochs=4)
    assert np.flatnonzero(objective.pace(0)).tolist() == [1, 3, 5, 7]
    assert np.flatnonzero(objective.pace(1)).tolist() == [1, 2, 3, 5, 6, 7]
    assert objective.pace(2) is objective.pace(3) is None


def test_those_that_are_alike_are_dealt_by_the_seed_and_not_in_their_order():
    orders = [places(np.zeros(20), np.zeros(20, np.int64), seed).tolist() for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != sorted(orders[0])


def test_batches_draw_what_an_epoch_may_and_are_as_many_as_ever():
    placed = places(np.arange(16.0), np.zeros(16, np.int64), seed=0)
    objective = Curriculum(Config(first=0.25, until=0.9), placed, epochs=10)
    order = Order(np.arange(16), batch_size=4, seed=0, pace=objective.pace)
    drawn = [np.concatenate([rows.numpy() for rows, _ in order.epoch(n)]) for n in (0, 9)]
    assert [len(rows) for rows in drawn] == [16, 16]
    assert set(drawn[0]) <= {0, 1, 2, 3}
    assert set(drawn[1]) == set(range(16))


def test_intensity_orders_as_told(task):
    strong = {row for row in range(12, 24) if row % 4 < 3}
    for order, easy in ((("strong", "normal"), True), (("normal",), False)):
        cfg = Config(order=order, first=0.5)
        task_ = replace(task, config=_Epochs)
        built = curriculum.build(cfg, task=task_, network=nn.Linear(2, 2))
        first = set(np.flatnonzero(built.pace(0))) & {row for row in range(24) if row % 4 < 3}
        assert (first <= strong) if easy else not (first & strong)


def test_what_listeners_agree_on_comes_first(task):
    agreed = [None if row == 1 else row / 24 for row in range(24)]
    rated = tuple(replace(u, agreement=a) for u, a in zip(task.utterances, agreed, strict=True))
    heard = replace(task, utterances=rated)
    hard = curriculum.difficulty(heard, Config(by="agreement"))
    expected = [1.0 if row == 1 else 1 - row / 24 for row in range(24) if row % 4 < 3]
    assert hard.tolist() == pytest.approx(expected)
    with pytest.raises(ConfigError, match="nobody was asked"):
        curriculum.difficulty(task, Config(by="agreement"))


def test_what_orders_nothing_is_said(task):
    with pytest.raises(ConfigError, match=r"intensities \['normal', 'strong'\]"):
        curriculum.build(Config(order=("loud",)), task=task, network=nn.Linear(2, 2))


class _Epochs:
    class training:  # noqa: N801
        epochs = 10

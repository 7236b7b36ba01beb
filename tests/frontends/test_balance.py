import numpy as np
import pytest
import torch

from lightspeech.errors import ConfigError
from lightspeech.frontends import balance
from lightspeech.frontends.batches import Order
from lightspeech.training.loop import Training

CORPORA = ["big"] * 90 + ["small"] * 10
TARGETS = np.array([0] * 80 + [1] * 10 + [0] * 4 + [1] * 6)


def total(shares, corpus, target=None):
    of = np.array(CORPORA) == corpus
    return shares[of if target is None else of & (target == TARGETS)].sum()


def test_corpora_are_drawn_alike_often():
    shares = balance.shares(CORPORA, TARGETS, "corpus")
    assert total(shares, "big") == pytest.approx(total(shares, "small")) == pytest.approx(0.5)
    assert len(np.unique(shares)) == 2


def test_classes_of_each_corpus_are_drawn_alike_often():
    shares = balance.shares(CORPORA, TARGETS, "corpus_class")
    for corpus in ("big", "small"):
        for target in (0, 1):
            assert total(shares, corpus, target) == pytest.approx(0.25)


def test_unbalanced_each_utterance_comes_once():
    assert balance.shares(CORPORA, TARGETS, "none") is None
    rows = torch.cat([rows for rows, _ in Order(np.arange(100), batch_size=7, seed=0).epoch(1)])
    assert sorted(rows.tolist()) == list(range(100))


def test_an_epoch_has_as_many_draws_as_utterances_in_their_shares():
    shares = balance.shares(CORPORA, TARGETS, "corpus")
    order = Order(np.arange(200, 300), batch_size=10, seed=0, shares=shares)
    drawn = torch.cat([rows for number in range(50) for rows, _ in order.epoch(number)])
    assert len(drawn) == 50 * 100
    assert (drawn >= 290).float().mean() == pytest.approx(0.5, abs=0.02)


def test_an_utterance_that_comes_twice_is_bent_anew():
    shares = np.array([1.0, 0.0, 0.0])
    parts = list(Order(np.array([5, 6, 7]), batch_size=3, seed=0, shares=shares).epoch(0))
    [(rows, numbers)] = parts
    assert rows.tolist() == [5, 5, 5]
    assert numbers.tolist() == [0, 1, 2]


def test_balanced_orders_repeat_themselves_and_differ_between_epochs():
    shares = balance.shares(CORPORA, TARGETS, "corpus_class")
    order = Order(np.arange(100), batch_size=100, seed=3, shares=shares)
    [first], [other], [again] = (
        [rows.tolist() for rows, _ in order.epoch(number)] for number in (0, 1, 0)
    )
    assert first == again != other


def test_classes_are_not_balanced_twice():
    with pytest.raises(ConfigError, match="set class_weights to false"):
        Training(balance="corpus_class")
    assert Training(balance="corpus_class", class_weights=False).balance == "corpus_class"


def test_extra_rows_join_every_epoch_anew_and_leave_the_others_as_they_are():
    rows, extra = np.arange(30), np.arange(100, 200)
    order = Order(rows, batch_size=8, seed=0, extra=extra, extra_share=0.25)
    drawn = [torch.cat([batch for batch, _ in order.epoch(number)]) for number in (0, 0, 1)]
    assert len(drawn[0]) == 40
    assert len(list(order.epoch(0))) == len(order) == 5
    assert all(sorted(one[one < 30].tolist()) == rows.tolist() for one in drawn)
    assert all(len(set(one[one >= 100].tolist())) == 10 for one in drawn)
    assert torch.equal(drawn[0], drawn[1])
    assert set(drawn[0].tolist()) != set(drawn[2].tolist())


def test_no_more_extra_rows_are_drawn_than_there_are():
    order = Order(np.arange(30), batch_size=40, seed=0, extra=np.arange(90, 95), extra_share=0.9)
    [(rows, numbers)] = order.epoch(0)
    assert sorted(rows[rows >= 90].tolist()) == [90, 91, 92, 93, 94]
    assert torch.equal(rows, numbers)

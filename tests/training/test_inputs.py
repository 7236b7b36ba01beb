import copy

import torch

from lightspeech.training.inputs import TwoViews


def test_two_views_are_of_the_same_utterances_and_bent_apart(toy_batches):
    other = copy.copy(toy_batches)
    other.order = toy_batches.order.bent_anew()
    for alone, both in zip(
        toy_batches.epoch(3), TwoViews(toy_batches, other).epoch(3), strict=True
    ):
        assert torch.equal(alone.features, both.features)
        assert torch.equal(alone.rows, both.rows)
        assert not torch.equal(both.view, both.features)
        first, second = both.split(2)
        assert torch.equal(torch.cat([first.view, second.view]), both.view)
        assert both.to(torch.device("meta")).view.device.type == "meta"

import numpy as np
import pytest
import torch

from lightspeech.training import losses
from lightspeech.training.objective import Pass
from lightspeech.training.objectives.semi_supervised import Config, SemiSupervised, grown


@pytest.fixture(scope="module")
def moons():
    """Two crescents that lie in each other; of each, two points are labelled."""
    rng, n = np.random.default_rng(0), 512
    angle, which = np.pi * rng.random(n), np.arange(n) % 2
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    x[which == 1] = [1, 0.5] - x[which == 1]
    x += rng.normal(0, 0.06, x.shape)
    targets = torch.full((n,), -1)
    for side in (0, 1):
        of_it = np.flatnonzero(which == side)
        told = of_it[np.argsort(angle[of_it])][[51, 153]]
        targets[told] = side
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(which), targets


def accuracy(network, x, truth):
    return float((network(x).argmax(1) == truth).float().mean())


@pytest.mark.parametrize(
    "changes", [{"weight": 50.0}, {"weight": 0.0, "pseudo_weight": 1.0, "threshold": 0.98}]
)
def test_points_without_a_label_tell_where_the_border_is(moons, points, descend, changes):
    x, truth, targets = moons
    known = torch.where(targets >= 0)[0].repeat(16)
    alone = descend(points(x, targets, rows=known, noise=0.1), 2, epochs=150)
    rows, cfg = torch.cat([known, torch.arange(len(x))]), Config(average=0.98, **changes)
    both = descend(
        points(x, targets, rows=rows, noise=0.1, batch_size=64), 2,
        lambda network: SemiSupervised(cfg, network), epochs=150,
    )  # fmt: skip
    assert accuracy(both, x, truth) > accuracy(alone, x, truth) + 0.05


@pytest.mark.parametrize(
    ("progress", "expected"), [(0.0, 0.0067), (0.15, 0.2865), (0.3, 1), (1, 1)]
)
def test_the_teachers_word_counts_more_and_more(progress, expected):
    assert grown(progress, 0.3) == pytest.approx(expected, abs=1e-4)


def answered(progress, batch, network, mix=None):
    return Pass(
        batch=batch, mix=mix, logits=network(batch.features), embedding=batch.features,
        progress=progress,
    )  # fmt: skip


def test_the_teacher_moves_once_a_step_however_many_parts_it_has(points):
    network = torch.nn.Linear(2, 2)
    batch = next(points(torch.randn(32, 2), torch.zeros(32, dtype=torch.int64)).epoch(0))
    objective = SemiSupervised(Config(average=0.5), network)
    network.weight.data += 1
    objective.score(answered(0.1, batch, network))
    moved = objective.teacher.weight.clone()
    objective.score(answered(0.1, batch, network))
    assert torch.equal(objective.teacher.weight, moved)
    objective.score(answered(0.2, batch, network))
    assert not torch.equal(objective.teacher.weight, moved)
    assert not any(p.requires_grad for p in objective.teacher.parameters())


def test_the_teachers_word_is_mixed_as_the_examples_are(points):
    network = torch.nn.Linear(2, 2)
    batch = next(points(torch.randn(32, 2), torch.zeros(32, dtype=torch.int64)).epoch(0))
    objective = SemiSupervised(Config(weight=1.0, average=0.0, ramp=0.0), network)
    mix = losses.mixing_shares(batch.mix, 0.3)
    told = losses.mixup(network(batch.view).softmax(1), mix)
    expected = (network(batch.features).softmax(1) - told).square().sum(1).mean()
    torch.testing.assert_close(objective.score(answered(1.0, batch, network, mix)), expected)

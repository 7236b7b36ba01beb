import pytest
import torch
from torch.nn import functional as F

from lightspeech.training.objectives.supervised_contrastive import (
    Config,
    SupervisedContrastive,
    contrast,
)


def test_it_is_equation_2_of_its_paper():
    generator = torch.Generator().manual_seed(0)
    z = F.normalize(torch.randn(6, 4, generator=generator), dim=1)
    targets = torch.tensor([0, 0, 1, 1, 1, 2])  # the last one has nobody beside it
    terms = []
    for i in range(5):
        others = [a for a in range(6) if a != i]
        alike = [p for p in others if targets[p] == targets[i]]
        total = sum(torch.exp(z[i] @ z[a] / 0.1) for a in others)
        terms.append(
            -sum(torch.log(torch.exp(z[i] @ z[p] / 0.1) / total) for p in alike) / len(alike)
        )
    torch.testing.assert_close(contrast(z, targets, 0.1), torch.stack(terms).mean())


@pytest.mark.parametrize("targets", [[], [0], [0, 1, 2]])
def test_where_nobody_has_company_nothing_is_said_and_no_gradient_is_lost(targets):
    z = F.normalize(torch.randn(len(targets), 4), dim=1).requires_grad_()
    loss = contrast(z, torch.tensor(targets, dtype=torch.int64), 0.1)
    loss.backward()
    assert loss == 0
    assert z.grad.isfinite().all()


def test_what_minimizes_it_is_a_simplex():
    """Each class in one point, three of them at 120 degrees (Graf et al. 2021, theorem 2)."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(12) % 3
    points = torch.randn(12, 8, generator=generator).requires_grad_()
    optimizer = torch.optim.Adam([points], 0.05)
    for _ in range(300):
        optimizer.zero_grad()
        contrast(F.normalize(points, dim=1), targets, 0.5).backward()
        optimizer.step()
    z = F.normalize(points.detach(), dim=1)
    alike = targets[:, None] == targets
    similarity = z @ z.T
    torch.testing.assert_close(similarity[alike], torch.ones(48), atol=1e-2, rtol=0)
    torch.testing.assert_close(similarity[~alike], torch.full((96,), -0.5), atol=2e-2, rtol=0)


def test_its_weight_scales_it_and_its_projection_is_learnt_and_left_behind(points, descend):
    x, targets = torch.randn(64, 4), torch.arange(64) % 2
    objective = SupervisedContrastive(Config(weight=0.5), 8)
    before = objective.projection[0].weight.clone()
    network = descend(points(x, targets), 2, lambda _: objective, epochs=1)
    assert not torch.equal(objective.projection[0].weight, before)
    assert not any("projection" in name for name in network.state_dict())

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from lightspeech.training import losses
from lightspeech.training.label_losses import cross_entropy, focal

LOGITS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0)) * 3
TARGETS = torch.arange(12) % 5
WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 1.5, 0.1])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_that_of_torch(smoothing):
    soft = losses.soft_targets(TARGETS, 5, smoothing=smoothing)
    found = cross_entropy.score(LOGITS, soft, torch.ones(5), cross_entropy.Config())
    torch.testing.assert_close(found, F.cross_entropy(LOGITS, TARGETS, label_smoothing=smoothing))


def test_weighted_cross_entropy_is_that_of_torch():
    """Torch divides by the weights of the batch; here a batch of rare classes counts more."""
    soft = losses.soft_targets(TARGETS, 5, smoothing=0.1)
    each = F.cross_entropy(LOGITS, soft, weight=WEIGHTS, reduction="none")
    torch.testing.assert_close(
        cross_entropy.score(LOGITS, soft, WEIGHTS, cross_entropy.Config()), each.mean()
    )


def test_focal_loss_without_gamma_is_cross_entropy():
    soft = losses.soft_targets(TARGETS, 5, smoothing=0.1)
    found = focal.score(LOGITS, soft, WEIGHTS, focal.Config(gamma=0.0))
    torch.testing.assert_close(
        found, cross_entropy.score(LOGITS, soft, WEIGHTS, cross_entropy.Config())
    )


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_focal_loss_is_its_formula(gamma):
    p = LOGITS.softmax(1)[torch.arange(12), TARGETS]
    expected = (-WEIGHTS[TARGETS] * (1 - p) ** gamma * p.log()).mean()
    soft = losses.soft_targets(TARGETS, 5, smoothing=0.0)
    torch.testing.assert_close(
        focal.score(LOGITS, soft, WEIGHTS, focal.Config(gamma=gamma)), expected
    )


def test_gradient_of_focal_loss_is_finite_where_the_answer_is_sure():
    logits = torch.tensor([[1e4, 0.0], [0.0, 1e4]], requires_grad=True)
    focal.score(logits, torch.eye(2), torch.ones(2), focal.Config()).backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("counts", [(3, 3, 3), (1, 10, 4), (7, 1, 1)])
def test_balanced_weights_are_those_of_scikit_learn(counts):
    targets = np.repeat(np.arange(3), counts)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=targets)
    found = losses.balanced_weights(torch.from_numpy(targets), 3)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_absent_class_has_no_weight():
    assert losses.balanced_weights(torch.tensor([0, 2, 2, 2]), 3).tolist() == pytest.approx(
        [4 / 3, 0, 4 / 9]
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("mix", [None, torch.linspace(0, 1, 12)])
def test_soft_targets_sum_to_one(smoothing, mix):
    soft = losses.soft_targets(TARGETS, 5, smoothing=smoothing, mix=mix)
    torch.testing.assert_close(soft.sum(1), torch.ones(12))
    assert soft.min() >= 0


def test_mixup_takes_its_share_of_the_mirror_image():
    x = torch.arange(12.0).reshape(3, 2, 2)
    found = losses.mixup(x, torch.tensor([1.0, 0.3, 0.75]))
    torch.testing.assert_close(found[0], x[0])
    torch.testing.assert_close(found[1], x[1])  # the middle one is its own partner
    torch.testing.assert_close(found[2], 0.75 * x[2] + 0.25 * x[0])


@pytest.mark.parametrize("alpha", [0.1, 0.3, 1.0])
def test_the_own_example_keeps_the_larger_share(alpha):
    shares = losses.mixing_shares(torch.linspace(0, 0.999, 2_000), alpha)
    assert 0.5 <= shares.min() <= shares.max() <= 1
    drawn = np.random.default_rng(0).beta(alpha, alpha, 100_000)
    expected = np.maximum(drawn, 1 - drawn).mean()
    assert float(shares.mean()) == pytest.approx(expected, abs=0.03)


def test_an_utterance_without_a_label_has_no_part_in_the_loss_of_labels():
    soft = losses.soft_targets(torch.tensor([1, -1]), 3, smoothing=0.1)
    torch.testing.assert_close(soft[1], torch.zeros(3))
    assert soft[0].sum() == pytest.approx(1)


@pytest.mark.parametrize("temperature", [1.0, 2.0, 5.0])
def test_divergence_is_the_textbooks(temperature):
    teacher = torch.randn(6, 5, generator=torch.Generator().manual_seed(1))
    q = (teacher / temperature).softmax(1)
    p = (LOGITS[:6] / temperature).softmax(1)
    expected = temperature**2 * (q * (q / p).log()).sum(1).mean()
    found = losses.softened_divergence(LOGITS[:6], q, temperature)
    torch.testing.assert_close(found, expected)


def test_the_gradient_of_the_divergence_keeps_its_size():
    """Why it is scaled: unscaled it would shrink with the square of the temperature."""
    sizes = []
    for temperature in (4.0, 16.0):
        logits = (0.1 * LOGITS[:6]).clone().requires_grad_()
        q = (0.1 * LOGITS[:6].flip(0) / temperature).softmax(1)
        losses.softened_divergence(logits, q, temperature).backward()
        sizes.append(logits.grad.norm())
    assert sizes[0] / sizes[1] == pytest.approx(1, abs=0.05)


def test_student_and_teacher_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="student and teacher differ"):
        losses.softened_divergence(torch.zeros(2, 3), torch.zeros(2, 4), 1.0)


def test_softening_a_distribution_is_softening_its_logits():
    expected = (LOGITS / 3).softmax(1)
    torch.testing.assert_close(losses.soften(LOGITS.softmax(1), 3.0), expected)


def test_embeddings_are_compared_by_direction_and_relations_by_shape():
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    turned = x @ torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1)))[0]
    assert losses.embedding_distance(x, 3 * x) == pytest.approx(0, abs=1e-6)
    assert losses.embedding_distance(x, -x) == pytest.approx(2)
    assert losses.relation_distance(x, 5 * turned + 1) == pytest.approx(0, abs=1e-6)
    assert losses.relation_distance(x, x.flip(0) ** 3) > 0.01


def test_relations_of_equal_embeddings_have_a_gradient():
    x = torch.zeros(4, 3, requires_grad=True)
    losses.relation_distance(x, torch.randn(4, 2)).backward()
    assert torch.isfinite(x.grad).all()

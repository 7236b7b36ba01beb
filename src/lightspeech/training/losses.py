"""Losses: functions of logits and soft targets."""

import torch
from torch import Tensor
from torch.nn import functional as F


def soft_targets(
    targets: Tensor, n_classes: int, *, smoothing: float, mix: Tensor | None = None
) -> Tensor:
    """Turn class indices into distributions, smoothed, and mixed with the batch's mirror image.

    Args:
        targets: class indices, shape ``(batch,)``; −1, no label, gives a row of zeros.
        n_classes: number of classes.
        smoothing: share of the mass spread over all classes, 0 to 1.
        mix: share of the own target, shape ``(batch,)``; see `mixup`.

    Returns:
        Shape ``(batch, n_classes)``, rows of labels sum to 1.
    """
    hard = F.one_hot(targets.clamp(min=0), n_classes).float()
    soft = (hard * (1 - smoothing) + smoothing / n_classes) * (targets >= 0)[:, None]
    return soft if mix is None else mixup(soft, mix)


def of_every_member(targets: Tensor, logits: Tensor) -> Tensor:
    """Expect of every member of an ensemble, if logits are such, what is expected of a network.

    Args:
        targets: distributions, shape ``(batch, n_classes)``.
        logits: shape ``(batch, n_classes)`` or ``(batch, members, n_classes)``.

    Returns:
        Distributions in the shape of the logits.
    """
    return targets if logits.dim() == 2 else targets[:, None].expand_as(logits)


def mixup(x: Tensor, mix: Tensor) -> Tensor:
    """Mix a batch with itself reversed (Zhang et al. 2018, eq. 1); batches come shuffled.

    Args:
        x: shape ``(batch, …)``.
        mix: share of the own example, 0 to 1, shape ``(batch,)``.

    Returns:
        The shape of ``x``.
    """
    share = mix.reshape(-1, *[1] * (x.dim() - 1))
    return torch.lerp(x.flip(0), x, share)


def mixing_shares(u: Tensor, alpha: float) -> Tensor:
    """Shares of the own example, at least one half, roughly Beta(alpha, alpha) for small alpha.

    The exact inverse is not in torch; ``u ** (1 / alpha) / 2`` has its density near 0.

    Args:
        u: numbers drawn evenly from 0 to 1, shape ``(batch,)``.
        alpha: > 0; the smaller, the nearer the shares are to 1.

    Returns:
        Shape ``(batch,)``.
    """
    return 1 - u ** (1 / alpha) / 2


def softened_divergence(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """KL divergence of softened answers from the teacher's, mean over the batch.

    Scaled by ``temperature**2``, so that its gradient keeps its size (Hinton et al. 2015, sec. 2).

    Args:
        student: logits, shape ``(batch, n_classes)`` or ``(batch, members, n_classes)``.
        teacher: distributions, already softened, same shape, no gradient.
        temperature: > 0; the student's logits are divided by it.

    Returns:
        A scalar.

    Raises:
        ValueError: if the two differ in shape.

    Example:
        >>> z = torch.tensor([[2.0, 0.0]])
        >>> round(float(softened_divergence(z, (z / 4).softmax(1), 4.0)), 4)
        0.0
    """
    if student.shape != teacher.shape:
        raise ValueError(f"student and teacher differ: {student.shape} != {teacher.shape}")
    answers = (student / temperature).log_softmax(-1).flatten(0, -2)
    return temperature**2 * F.kl_div(answers, teacher.flatten(0, -2), reduction="batchmean")


def soften(probabilities: Tensor, temperature: float) -> Tensor:
    """Soften distributions.

    Args:
        probabilities: shape ``(batch, n_classes)``, rows sum to 1.
        temperature: > 0; 1 leaves them as they are.

    Returns:
        Shape ``(batch, n_classes)``, rows sum to 1.
    """
    return (probabilities.clamp(min=1e-8).log() / temperature).softmax(1)


def embedding_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """One minus the cosine of two embeddings, mean over the batch.

    Args:
        student: shape ``(batch, width)``.
        teacher: shape ``(batch, width)``.

    Returns:
        A scalar, 0 to 2.
    """
    return (1 - F.cosine_similarity(student, teacher)).mean()


def squared_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of two embeddings.

    Args:
        student: shape ``(batch, width)``.
        teacher: shape ``(batch, width)``.

    Returns:
        A scalar.
    """
    return F.mse_loss(student, teacher)


def relation_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Huber loss of all distances within a batch, in units of their mean (Park et al. 2019, eq. 5).

    Args:
        student: embeddings, shape ``(batch, width)``.
        teacher: embeddings, shape ``(batch, any width)``.

    Returns:
        A scalar.
    """
    return F.smooth_l1_loss(_distances(student), _distances(teacher))


def _distances(x: Tensor) -> Tensor:
    distances = F.pdist(x)
    return distances / distances.mean().clamp(min=1e-8)


def balanced_weights(targets: Tensor, n_classes: int) -> Tensor:
    """Weights that give every class the same say: ``n / (n_classes * count)``, 0 if absent.

    Args:
        targets: class indices, shape ``(n,)``.
        n_classes: number of classes.

    Returns:
        Shape ``(n_classes,)``.
    """
    counts = torch.bincount(targets, minlength=n_classes).float()
    return torch.where(counts > 0, len(targets) / (n_classes * counts.clamp(min=1)), 0.0)


def concordance(guesses: Tensor, truth: Tensor) -> Tensor:
    """Concordance correlation coefficient (Lin 1989), what dimensional emotion is scored by.

    Args:
        guesses: shape ``(n,)``, 2 or more.
        truth: same shape.

    Returns:
        A scalar, −1 to 1; 0 where both are constant.

    Example:
        >>> x = torch.tensor([1.0, 2.0, 3.0])
        >>> round(float(concordance(x, x)), 4), round(float(concordance(x, x + 1)), 4)
        (1.0, 0.5714)
    """
    apart = guesses.mean() - truth.mean()
    covariance = ((guesses - guesses.mean()) * (truth - truth.mean())).mean()
    total = guesses.var(correction=0) + truth.var(correction=0) + apart.square()
    return 2 * covariance / total.clamp(min=1e-8)

"""The teacher with linear discriminants beside its head, fitted in closed form.

What a trained head and discriminants take for granted differs, most of all in a language or room
neither has heard, and so do their errors: together they err less than either. Discriminants (Fisher
1936) are of mean and deviation of every hidden state over time, their covariance shrunk towards its
diagonal (Friedman 1989, "Regularized discriminant analysis"). 136,152 parameters for 8 classes over
whisper-base.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.encoded import EncoderFrontend
from lightspeech.models import whisper
from lightspeech.models.whisper import FRONTEND as FRONTEND
from lightspeech.models.whisper import WINDOWS as WINDOWS


@config
class Config(whisper.Config):
    """Sizes of the head, and how careful the discriminants are."""

    shrinkage: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the diagonal in the covariance within classes; 1: features as if independent."""


class Head(whisper.Head):
    """A head trained as ever; once it is, discriminants answer beside it with the same say."""

    def __init__(self, cfg: Config, frontend: EncoderFrontend, n_classes: int) -> None:
        """Build the layers; the discriminants give zeros before they are fitted.

        Args:
            cfg: sizes of the head, and shrinkage of the discriminants.
            frontend: of any encoder.
            n_classes: logits.
        """
        super().__init__(cfg, frontend, n_classes)
        self.shrinkage = cfg.shrinkage
        self.discriminants = nn.Linear(2 * frontend.n_features, n_classes)
        for weights in self.discriminants.requires_grad_(False).parameters():
            nn.init.zeros_(weights)

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits of head and discriminants together; in training those of the head alone.

        Args:
            standardized: shape ``(batch, frames, n_features)``, see `whisper.Head.classify`.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        logits = super().classify(standardized)
        if self.training:
            return logits
        together: Tensor = logits + self.discriminants(statistics(standardized))
        return together

    @torch.no_grad()
    def settle(
        self, examples: Iterable[tuple[Tensor, Tensor]], selection: Sequence[Tensor]
    ) -> None:
        """Fit the discriminants; their logits are scaled to spread as far as those of the head.

        Args:
            examples: of the training part, in batches: features, shape ``(batch, frames,
                n_features)``, and the class of each, shape ``(batch,)``; every class is there.
            selection: features of the selection set, batches of such a shape; without labels.

        Raises:
            ConfigError: if the training part lacks a class.
        """
        alone = _spread(torch.cat([super(Head, self).classify(batch) for batch in selection]))
        of_examples = [(statistics(features), targets) for features, targets in examples]
        x, targets = (torch.cat(part) for part in zip(*of_examples, strict=True))
        n_classes = self.discriminants.out_features
        weight, bias = discriminants(x, targets, n_classes, self.shrinkage)
        self.discriminants.load_state_dict({"weight": weight, "bias": bias})
        logits = torch.cat([self.discriminants(statistics(batch)) for batch in selection])
        for weights in self.discriminants.parameters():
            weights.mul_(alone / _spread(logits))


def statistics(features: Tensor) -> Tensor:
    """Mean and deviation over time, shape ``(batch, 2 * n_features)``; silent frames do not count.

    Args:
        features: hidden states, shape ``(batch, frames, n_features)``.
    """
    mask = (features != 0).any(2, keepdim=True).float()
    n = mask.sum(1).clamp(min=1)
    mean = (features * mask).sum(1) / n
    square = ((features - mean[:, None]) ** 2 * mask).sum(1) / n
    return torch.cat([mean, square.sqrt()], 1)


def discriminants(
    x: Tensor, targets: Tensor, n_classes: int, shrinkage: float
) -> tuple[Tensor, Tensor]:
    """Fit linear discriminants; all classes are alike likely beforehand.

    Args:
        x: shape ``(n, n_features)``.
        targets: class of each, shape ``(n,)``.
        n_classes: that there are.
        shrinkage: 0 to 1, see `Config`.

    Returns:
        Weights, shape ``(n_classes, n_features)``, and biases, ``(n_classes,)``.

    Raises:
        ConfigError: if the training part lacks a class.
    """
    classes = [x[targets == c].double() for c in range(n_classes)]
    if not all(map(len, classes)):
        raise ConfigError(
            f"of {len(classes)} classes some are not in the training part, so whisper_lda has "
            "nothing to fit; take model.name=whisper, or another protocol"
        )
    means = torch.stack([examples.mean(0) for examples in classes])
    covariances = (torch.cov(examples.T, correction=0) for examples in classes)
    within = sum(covariances, torch.zeros(())) / len(means)
    diagonal = within.diagonal().clamp(min=1e-8).diag()
    shrunk = (1 - shrinkage) * within + shrinkage * diagonal
    centre = means.mean(0)  # taken off: what no class differs in may be huge in single precision
    weight = torch.linalg.solve(shrunk, (means - centre).T).T
    bias = -(weight * (centre + (means - centre) / 2)).sum(1)
    return weight.float(), bias.float()


def _spread(logits: Tensor) -> Tensor:
    """How far the logits of an answer stray from their mean."""
    return (logits - logits.mean(1, keepdim=True)).square().mean().sqrt()


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build head and discriminants, see `whisper.build`.

    Args:
        cfg: sizes of the head, and shrinkage.
        frontend: of any encoder.
        n_classes: logits.

    Raises:
        ConfigError: if the front end is no encoder.
    """
    return Head(cfg, whisper.of_encoder(frontend), n_classes)

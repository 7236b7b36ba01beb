"""Learning from a teacher: softened answers, embeddings, and relations between utterances."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Protocol

import torch
from pydantic import Field
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.frontends.batches import Batch
from lightspeech.training import losses
from lightspeech.training.answers import embedding_width, with_embedding
from lightspeech.training.objective import Labels, Objective, Pass, mixed, mixup
from lightspeech.training.soft_labels import SoftLabels

DISTANCES = {"cosine": losses.embedding_distance, "squared": losses.squared_distance}


@config
class Weights:
    """What of a teacher is learnt, and how much of the loss it is; 0 switches a part off."""

    temperature: bounds.Temperature = 2.0
    weight: bounds.Share = 0.7
    """Of the teacher's softened answers; the labels have the rest."""
    features: bounds.Weight = 0.0
    """Of the distance to the teacher's embedding."""
    distance: Literal["cosine", "squared"] = "cosine"
    """``cosine``: through a learned projection; ``squared``: mean squared difference, projected
    where the two are of different widths alone."""
    relations: bounds.Weight = 0.0
    """Of the distances between utterances, compared with those of the teacher."""
    unlabelled_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Of the examples of an epoch, as far as there is so much unlabelled speech."""
    live: bool = False
    """The teacher hears every example as its student does, instead of having answered beforehand;
    both need one front end."""

    @property
    def embeds(self) -> bool:
        """Whether the teacher's embeddings are learnt from, not its answers alone."""
        return bool(self.features or self.relations)


@config
class Distillation(Weights):
    """A teacher's file of soft labels for a fold, and what is learnt from it."""

    soft: Path
    unlabelled: Path | None = None
    """Manifest of speech that only the teacher says something of."""


class Teacher(Protocol):
    """Answers what a student is trained on."""

    width: int
    """Of its embeddings."""

    def __call__(
        self, batch: Batch, mix: Tensor | None, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Answer a batch mixed by its shares.

        Args:
            batch: of the student.
            mix: share of the own example, shape ``(batch,)``, see `losses.mixup`; None: unmixed.
            temperature: > 0; answers are softened by it.

        Returns:
            Softened distributions, shape ``(batch, n_classes)``, and embeddings, shape
            ``(batch, width)``.
        """
        ...


class Stored(nn.Module):
    """A teacher that answered beforehand; answers are mixed as the examples are."""

    probabilities: Tensor
    """Of the whole corpus, shape ``(n, n_classes)``."""
    embeddings: Tensor
    """Of the whole corpus, shape ``(n, width)``."""

    def __init__(self, soft: SoftLabels, utterances: Sequence[Utterance]) -> None:
        """Bring the answers into the order of the corpus; zeros where there is none.

        Args:
            soft: what the teacher answered.
            utterances: the student's whole corpus.
        """
        super().__init__()
        place = {name: row for row, name in enumerate(soft.ids)}
        rows = [(row, place[u.id]) for row, u in enumerate(utterances) if u.id in place]
        to, of = torch.tensor(rows).unbind(1)
        self.width = soft.embeddings.shape[1]
        for name in ("probabilities", "embeddings"):
            answers = getattr(soft, name)
            answered = torch.zeros(len(utterances), answers.shape[1])
            answered[to] = answers[of]
            self.register_buffer(name, answered, persistent=False)

    def forward(
        self, batch: Batch, mix: Tensor | None, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Look the answers up.

        Args:
            batch: its rows are those of the corpus.
            mix: share of the own answer, shape ``(batch,)``; None: unmixed.
            temperature: > 0; answers are softened by it.

        Returns:
            Softened distributions, shape ``(batch, n_classes)``, and embeddings, shape
            ``(batch, width)``.
        """
        softened = losses.soften(self.probabilities[batch.rows], temperature)
        return mixup(softened, mix), mixup(self.embeddings[batch.rows], mix)


class Live:
    """A teacher that hears what its student hears, mixed and bent alike: one front end for both."""

    def __init__(self, networks: Sequence[nn.Module], *, embeddings: bool = True) -> None:
        """Take the networks of its finished runs.

        Args:
            networks: their answers are averaged; embeddings are those of the first.
            embeddings: also give embeddings; without, their width is 0.

        Raises:
            ConfigError: if embeddings are asked for and the first network shows none.
        """
        self.networks = [network.eval() for network in networks]
        self.width = embedding_width(networks[0]) if embeddings else 0

    @torch.no_grad()
    def __call__(
        self, batch: Batch, mix: Tensor | None, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Answer the very examples, by the mean of all networks.

        Args:
            batch: of the student, on its device.
            mix: share of the own example, shape ``(batch,)``; None: unmixed.
            temperature: > 0; answers are softened by it.

        Returns:
            Softened distributions, shape ``(batch, n_classes)``, and embeddings, shape
            ``(batch, width)``.
        """
        features = mixed(batch.features, mix)
        first, *others = [network.to(batch.rows.device) for network in self.networks]
        if self.width:
            logits, embedding = with_embedding(first, first, features)
        else:
            logits = first(features)
            embedding = logits[:, :0]
        of_all = [logits, *(network(features) for network in others)]
        softened = torch.stack([(each / temperature).softmax(1) for each in of_all])
        return softened.mean(0), embedding


class Taught(Objective):
    """The loss of the labels and of a teacher; the projection is its only weight."""

    def __init__(self, labels: Labels, teacher: Teacher, cfg: Weights, network: nn.Module) -> None:
        """Take both losses.

        Args:
            labels: the loss of the labels.
            teacher: what else is learnt from.
            cfg: how much of each.
            network: the student, which tells how wide its embedding is.

        Raises:
            ConfigError: if features or relations are wanted and the network shows no embedding.
        """
        super().__init__()
        self.labels, self.teacher, self.cfg = labels, teacher, cfg
        self.embeds = cfg.embeds
        if cfg.features:
            width, as_it_is = embedding_width(network), cfg.distance == "squared"
            as_it_is &= width == teacher.width
            self.projection = nn.Identity() if as_it_is else nn.Linear(width, teacher.width)
            self.distance = DISTANCES[cfg.distance]

    def score(self, output: Pass) -> Tensor:
        """Score a pass against the labels and the teacher.

        Args:
            output: what the student made of a batch.

        Returns:
            A scalar, mean over the batch.
        """
        cfg, logits, embedding = self.cfg, output.logits, output.embedding
        softened, target = self.teacher(output.batch, output.mix, cfg.temperature)
        loss = (1 - cfg.weight) * self.labels.score(output)
        expected = losses.of_every_member(softened, logits)
        loss = loss + cfg.weight * losses.softened_divergence(logits, expected, cfg.temperature)
        if cfg.features:
            projected = self.projection(embedding)
            loss = loss + cfg.features * self.distance(projected, target)
        if cfg.relations:
            loss = loss + cfg.relations * losses.relation_distance(embedding, target)
        return loss

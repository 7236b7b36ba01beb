"""Learn from speech without labels: a mean teacher (Tarvainen & Valpola 2017), pseudo-labels.

The teacher is the average of the student's own weights. It hears every utterance bent in another
way; the student, who hears it mixed too, is to answer alike, and where the teacher is sure of
speech without a label (``training.unlabelled``), its word is a label (Sohn et al. 2020, FixMatch).
"""

import copy
import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.training import losses, weights
from lightspeech.training.objective import Objective, Pass, mixup
from lightspeech.training.task import Task


@config
class Config:
    """How much the teacher's word counts."""

    weight: bounds.Weight = 5.0
    """Of the squared distance of probabilities to the teacher's, once it is grown."""
    ramp: bounds.Share = 0.3
    """Share of the training over which the weight grows."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay a step of the average that the teacher is."""
    pseudo_weight: bounds.Weight = 0.0
    """Of pseudo-labels; 0: none."""
    threshold: bounds.Share = 0.9
    """Probability above which the teacher's word is a label."""


def grown(progress: float, ramp: float) -> float:
    """Give the share of its weight that the teacher's word has: exp(−5 (1 − p)²) up to a point.

    Args:
        progress: share of the training that is done, 0 to 1.
        ramp: share after which it is 1.
    """
    return math.exp(-5 * (1 - progress / ramp) ** 2) if progress < ramp else 1.0


class SemiSupervised(Objective):
    """Scores a student against the average of its own weights."""

    views = True
    steps: Tensor
    """That the teacher has followed, shape ``()``."""

    def __init__(self, cfg: Config, network: nn.Module) -> None:
        """Begin with the student as the teacher.

        Args:
            cfg: of the objective.
            network: the student.
        """
        super().__init__()
        self.cfg = cfg
        self.student = (network,)  # in a tuple: its weights are not the objective's
        self.teacher = copy.deepcopy(network).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self._seen = -1.0

    def score(self, output: Pass) -> Tensor:
        """Compare the student with its teacher.

        Args:
            output: what the student made of a batch; it may be one part of a step.

        Returns:
            A scalar.
        """
        cfg = self.cfg
        if output.progress != self._seen:
            self._follow()
            self._seen = output.progress
        with torch.no_grad():
            view = output.batch.view
            assert view is not None
            expected = mixup(self.teacher(view).float().softmax(-1), output.mix)
        logits = output.logits
        expected = losses.of_every_member(expected, logits)
        distance = (logits.softmax(-1) - expected).square().sum(-1).mean()
        loss = cfg.weight * grown(output.progress, cfg.ramp) * distance
        if cfg.pseudo_weight:
            loss = loss + cfg.pseudo_weight * self._pseudo(output, expected)
        return loss

    def _follow(self) -> None:
        """Move towards the student, once a step."""
        average = weights.Average(self.teacher, self.student[0], self.cfg.average)
        average.move(int(self.steps))
        self.steps += 1
        self.teacher.eval()

    def _pseudo(self, output: Pass, probabilities: Tensor) -> Tensor:
        """Take the teacher's label, where it is confidence, as the label of what has none."""
        confidence, label = probabilities.max(-1)
        unknown = output.batch.targets < 0
        taken = (confidence >= self.cfg.threshold) & unknown.reshape(
            -1, *[1] * (confidence.dim() - 1)
        )
        log_p = output.logits.log_softmax(-1).gather(-1, label[..., None])[..., 0]
        return -(log_p * taken).mean()


def build(cfg: Config, *, task: Task, network: nn.Module) -> SemiSupervised:
    """Make the objective of a run.

    Args:
        cfg: of the objective.
        task: the run.
        network: that is trained.
    """
    return SemiSupervised(cfg, network)

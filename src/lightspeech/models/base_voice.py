"""``base_lda`` that doubts what nobody says: of a window without a voice all classes are as likely.

A head tells something of any sound, and is often sure of music. So beside the discriminants of the
classes stands one that parts speech from sounds made by rules (`lightspeech.audio.nobody`), of the
same statistics. Where it hears nobody the logits are zeros, an answer below every threshold.
Source: as of ``base_lda``; doubt taught by sounds of no class after Hendrycks et al. (2019), "Deep
anomaly detection with outlier exposure"; differs: a discriminant in closed form.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.encoded import EncoderFrontend
from lightspeech.models import whisper, whisper_lda
from lightspeech.models.base_lda import FRONTEND as FRONTEND
from lightspeech.models.base_lda import WINDOWS as WINDOWS
from lightspeech.models.base_lda import Config as Config

MISSED = 0.01
"""Share of the windows of speech taken for nobody's."""


class Head(whisper_lda.Head):
    """Head and discriminants as ever, and one for whether anybody speaks."""

    def __init__(self, cfg: Config, frontend: EncoderFrontend, n_classes: int) -> None:
        """Build the layers; before it is fitted somebody always speaks.

        Args:
            cfg: sizes of the head, and shrinkage of the discriminants.
            frontend: of any encoder.
            n_classes: logits.
        """
        super().__init__(cfg, frontend, n_classes)
        self.voice = nn.Linear(2 * frontend.n_features, 1)
        for weights in self.voice.requires_grad_(False).parameters():
            nn.init.zeros_(weights)

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits as of ``whisper_lda``; zeros where nobody speaks, but not in training.

        Args:
            standardized: shape ``(batch, frames, n_features)``, see `whisper.Head.classify`.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        logits = super().classify(standardized)
        if self.training:
            return logits
        spoken = self.voice(whisper_lda.statistics(standardized)) >= 0
        doubted: Tensor = logits * spoken.to(logits.dtype)
        return doubted

    @torch.no_grad()
    def doubt(self, speech: Iterable[Tensor], nobody: Iterable[Tensor]) -> None:
        """Fit what tells speech from other sounds.

        Args:
            speech: features of the training part, in batches of shape ``(batch, frames,
                n_features)``.
            nobody: likewise of sounds that nobody says.
        """
        x, others = (
            torch.cat([whisper_lda.statistics(batch) for batch in part])
            for part in (speech, nobody)
        )
        targets = torch.cat([torch.ones(len(x)), torch.zeros(len(others))]).long()
        weight, _ = whisper_lda.discriminants(torch.cat([x, others]), targets, 2, self.shrinkage)
        told = weight[1:] - weight[:1]
        least = (x @ told.T).quantile(MISSED)
        self.voice.load_state_dict({"weight": told, "bias": -least[None]})


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

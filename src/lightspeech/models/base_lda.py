"""``base`` with linear discriminants beside its head, as ``whisper_lda`` is to ``whisper``.

Less than 4.5 M parameters, int8 in the encoder. Taught by few corpora a head knows them by heart;
discriminants fitted in closed form do so less, and together they tell strangers better
(docs/experiments.md). Source: as of ``whisper_lda``; differs: a bundle holds the encoder.

With ``voice`` it doubts what nobody says. A head tells something of any sound, and is often sure of
music; so one more discriminant parts speech from sounds made by rules (`audio.nobody`), of the same
statistics. Source: Hendrycks et al. (2019), "Deep anomaly detection with outlier exposure";
differs: fitted in closed form, behind the training.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from lightspeech.config import config
from lightspeech.frontends import small_encoder
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.encoded import EncoderFrontend
from lightspeech.models import whisper, whisper_lda
from lightspeech.models.whisper_lda import WINDOWS as WINDOWS

FRONTEND = small_encoder.Config()
MISSED = 0.02
"""Share of the windows of speech taken for nobody's."""
DOUBT = "voice.bias"
"""Of its weights what a sound must outdo to be speech; it has it where it doubts."""


@config
class Config(whisper_lda.Config):
    """Sizes of the head, how careful the discriminants are, and whether it doubts."""

    voice: bool = False
    """Of a window in which nobody speaks all classes are as likely: below every threshold."""


class Doubting(whisper_lda.Head):
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
            nobody: of sounds that nobody says, batches of such a shape,
                ``(batch, frames, n_features)``.
        """
        spoken, unspoken = (
            torch.cat([whisper_lda.statistics(batch) for batch in part])
            for part in (speech, nobody)
        )
        both = torch.cat([spoken, unspoken])
        is_speech = (torch.arange(len(both)) < len(spoken)).long()
        weights, _ = whisper_lda.discriminants(both, is_speech, 2, self.shrinkage)
        direction = weights[1:] - weights[:1]
        least = (spoken @ direction.T).quantile(MISSED, interpolation="lower")
        self.voice.load_state_dict({"weight": direction, "bias": -least[None]})


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build head and discriminants, see `whisper.build`.

    Args:
        cfg: sizes of the head, shrinkage, and whether it doubts.
        frontend: of any encoder.
        n_classes: logits.

    Raises:
        ConfigError: if the front end is no encoder.
    """
    kind = Doubting if cfg.voice else whisper_lda.Head
    return kind(cfg, whisper.of_encoder(frontend), n_classes)

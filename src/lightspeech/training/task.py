"""A task: what a run is to be made of, and of which part of a corpus."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, config, plugin
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.encoder import Encoder
from lightspeech.frontends.mel_features import Index
from lightspeech.models.int8 import Int8
from lightspeech.protocols.base import Split
from lightspeech.training.distillation import Distillation
from lightspeech.training.loop import Training


@config
class RunConfig:
    """What makes a run, but for its data, fold and seed."""

    model: Annotated[Choice, plugin("lightspeech.models")]
    frontend: FrontEnd
    windows: Windows
    augment: Augment = Augment()
    training: Training = Training()
    encoder: Encoder | None = None
    """Heard instead of the front end by a model that states one."""
    normalisation: Literal["training", "speaker"] = "training"
    """``speaker``: standardized by each speaker's own unlabelled speech, a setting of its own."""
    distill: Distillation | None = None
    """The teacher that later steps go on learning from, once a step has brought one."""
    quantize: Int8 | None = None
    """How it became int8, once a step has made it so."""
    beside: "RunConfig | None" = None
    """What made the network that answers with it, once a step has put one beside it."""

    def __post_init__(self) -> None:
        """Refuse what no exported model does, or nothing would heed.

        That is a window that the front end has to lengthen, and other speeds without an encoder.
        """
        window, _ = self.windows.samples(self.frontend.sample_rate)
        if window < self.frontend.n_fft:
            raise ConfigError(
                f"windows.window_s={self.windows.window_s:g} is {window} samples, fewer than "
                f"frontend.n_fft={self.frontend.n_fft}; lengthen the window or shorten n_fft"
            )
        if self.augment.speeds and self.encoder is None:
            raise ConfigError(
                "augment.speeds is of encoders; for a front end write augment.stretch and "
                "augment.semitones instead"
            )

    @property
    def n_features(self) -> int:
        """Numbers a frame that the model is given."""
        heard = self.frontend if self.encoder is None else self.encoder
        return heard.n_features


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One run to be done.

    Attributes:
        config: model, front end and training.
        folder: of the run.
        cache: folder of cached features.
        utterances: the whole corpus, already in the vocabulary.
        labels: class names, in the order of the logits.
        targets: class of each utterance.
        split: the fold's ids.
        fold: its number.
        seed: of initial weights, order and augmentation.
        step: plug-in of ``lightspeech.compression`` to apply; None: train from fresh weights.
        before: folder of the finished run that a step begins with.
    """

    config: RunConfig
    folder: Path
    cache: Path
    utterances: tuple[Utterance, ...]
    labels: tuple[str, ...]
    targets: Index
    split: Split
    fold: int
    seed: int
    step: Choice | None = None
    before: Path | None = None

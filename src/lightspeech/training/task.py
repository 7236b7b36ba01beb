"""A task: what a run is to be made of, and of which part of a corpus."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, config, plugin
from lightspeech.corpora.base import Utterance
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Index
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.known_speaker import KnownSpeaker
from lightspeech.models.building import Architecture
from lightspeech.models.int8 import Int8
from lightspeech.protocols.base import Split
from lightspeech.training.distillation import Distillation
from lightspeech.training.loop import Training
from lightspeech.training.ratings import Ratings


@config
class RunConfig:
    """What makes a run, but for its data, fold and seed."""

    model: Annotated[Choice, plugin("lightspeech.models")]
    frontend: Annotated[Choice, plugin("lightspeech.frontends")]
    windows: Windows
    augment: Augment = Augment()
    training: Training = Training()
    normalisation: Literal["training", "speaker"] = "training"
    """``speaker``: standardized by each speaker's own unlabelled speech, a setting of its own."""
    distill: Distillation | None = None
    """The teacher that later steps go on learning from, once a step has brought one."""
    blocks: tuple[int, ...] | None = None
    """As of `Architecture`, once a step has removed some."""
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """As of `Architecture`, once a step has narrowed some."""
    quantize: Int8 | None = None
    """How it became int8, once a step has made it so."""
    init: str | None = None
    """Bundle whose weights it begins with; null: fresh ones."""
    ratings: Ratings | None = None
    """What it tells in place of classes."""

    def __post_init__(self) -> None:
        """Refuse what no front end can be."""
        _ = self.front

    @property
    def knows_speaker(self) -> bool:
        """Whether features are standardized by each speaker's own speech."""
        return self.normalisation == "speaker"

    @property
    def front(self) -> Frontend:
        """The front end itself, ready to be opened on a corpus."""
        build = self.frontend.module.build
        stranger: Frontend = build(self.frontend.config, windows=self.windows, augment=self.augment)
        return KnownSpeaker(stranger) if self.knows_speaker else stranger

    @property
    def architecture(self) -> Architecture:
        """All that makes its network."""
        return Architecture(
            model=self.model, blocks=self.blocks, shapes=self.shapes, quantize=self.quantize
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One run to be done.

    Attributes:
        config: model, front end and training.
        folder: of the run.
        cache: folder of cached features.
        utterances: the whole corpus, already in the vocabulary.
        labels: class names, or names of ratings, in the order of the logits.
        targets: class of each utterance; 0 where ratings are told.
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

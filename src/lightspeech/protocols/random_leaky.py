"""Utterances cut at random, speakers on both sides: the protocol behind the field's 94 %.

It is here to show and explain what a leak is worth; its name and its figures say *leaky* wherever
they are printed. Never compare them with figures of speakers that a model has not heard.
"""

import random

from lightspeech import bounds
from lightspeech.bounds import Share
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols.base import Protocol, Split, make_split

NAME = "random-leaky"


@config
class Config:
    """How many folds of shuffled utterances.

    Raises:
        ConfigError: if there are too few folds, or a part would be empty.
    """

    folds: int = 10
    """> 1."""
    seed: bounds.Seed = 0
    """Of the shuffling."""
    selection_share: float = 0.1
    """Of what is not tested on, 0 to 1."""
    twins: Share = 0.0
    """Share of what is tested on that is learnt from too, bent by augmentation: what is left of a
    test when a corpus is multiplied first and cut afterwards."""

    def __post_init__(self) -> None:
        """Refuse folds that cannot be."""
        if self.folds < 2 or not 0 < self.selection_share < 1:
            raise ConfigError(
                "folds must be > 1 and selection_share within 0 to 1, "
                f"found folds={self.folds}, selection_share={self.selection_share}"
            )


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Shuffle utterances and test each once, whoever speaks in it.

    Args:
        utterances: of one corpus or several; nobody need know their speakers.
        cfg: how many folds, how much is selected on, and the seed that shuffles.

    Raises:
        ConfigError: if there are too few utterances for three parts.
    """
    order = [utterance.id for utterance in utterances]
    random.Random(cfg.seed).shuffle(order)
    shared = "speakers shared"
    if cfg.twins:
        shared += f", bent twins of {cfg.twins:.0%} of the test in training"
    return Protocol(
        name=f"{NAME}-twins" if cfg.twins else NAME,
        unit="utterance",
        selection=f"{cfg.selection_share:.0%} of the other utterances at random, {shared}",
        leaky=True,
        splits=tuple(_split(order, fold, cfg) for fold in range(cfg.folds)),
    )


def _split(order: list[str], fold: int, cfg: Config) -> Split:
    known = [name for i, name in enumerate(order) if i % cfg.folds != fold]
    count = max(1, round(len(known) * cfg.selection_share))
    test = order[fold :: cfg.folds]
    twins = test[: round(len(test) * cfg.twins)]
    parts = {"train": known[count:] + twins, "selection": known[:count], "test": test}
    return make_split(f"fold {fold}", parts)

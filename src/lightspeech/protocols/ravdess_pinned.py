"""RAVDESS, five pinned folds by actor, with two validation actors each.

The folds of Mak-Sim/ResLSTM-SER (DSPA 2026), on which the best published model below 50,000
parameters has 62.32 ± 1.19 UAR. Training takes the actors that are neither tested nor selected on.
"""

from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.protocols.base import Protocol
from lightspeech.protocols.pinned import cut_pinned

NAME = "ravdess-pinned"

FOLDS = (
    ((2, 5, 14, 15, 16), (3, 6)),
    ((3, 6, 7, 13, 18), (10, 11)),
    ((10, 11, 12, 19, 20), (8, 17)),
    ((8, 17, 21, 23, 24), (1, 14)),
    ((1, 4, 9, 22), (2, 5)),
)
"""Test actors and validation actors of each fold."""


@config
class Config:
    """Nothing to choose: that is what pinned means."""


def cut(utterances: list[Utterance], cfg: Config) -> Protocol:
    """Cut RAVDESS into its five pinned folds.

    Args:
        utterances: all of RAVDESS.
        cfg: nothing to choose.

    Raises:
        ConfigError: if the utterances are not those of the 24 RAVDESS actors.
    """
    return cut_pinned(
        utterances,
        FOLDS,
        corpus="ravdess",
        name=NAME,
        selection="two actors outside training and test, pinned with the folds",
    )

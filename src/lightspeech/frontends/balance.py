"""How often an utterance is drawn, so that large corpora and classes do not drown small ones."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from lightspeech.frontends.batches import Index

Balance = Literal["none", "corpus", "corpus_class"]


def shares(corpora: Sequence[str], targets: Index, how: Balance) -> npt.NDArray[np.float64] | None:
    """Tell with what probability each utterance is drawn; all groups together alike.

    Args:
        corpora: of each utterance to train on.
        targets: class of each, shape ``(n,)``.
        how: groups are corpora, or the classes of each corpus.

    Returns:
        Shape ``(n,)``, sums to 1; None where each utterance is to come once an epoch.
    """
    if how == "none":
        return None
    groups = list(corpora)
    if how == "corpus_class":
        groups = [f"{corpus}/{target}" for corpus, target in zip(corpora, targets, strict=True)]
    _, which, counts = np.unique(groups, return_inverse=True, return_counts=True)
    probabilities: npt.NDArray[np.float64] = 1 / (len(counts) * counts[which])
    return probabilities

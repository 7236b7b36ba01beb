"""How well high and low activation transfer to corpora that were left out."""

from pathlib import Path

import numpy as np

from lightspeech.config import build
from lightspeech.evaluation.activation import PATH, Activation
from lightspeech.files import read_json
from lightspeech.reporting import costs, wording


def describe(root: Path) -> str:
    """Write a table: a row a study and a corpus that was left out, and its mean.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
        ConfigError: if they do not hold what they should.
    """
    studies = read_json(root / PATH, remedy="type: python benchmarks/activation.py STUDY")
    head = ("study", "left out", "UAR of classes %", "UAR of activation %")
    rows = []
    for name, values in studies.items():
        corpora = [build(Activation, each, source=str(root / PATH)) for each in values]
        rows += [(name, each.corpus, *_uars([each])) for each in corpora]
        rows.append((name, "mean", *_uars(corpora)))
    return (
        f"{costs.table(head, rows, names=2)}\n\nMeans over seeds; by chance a half of activation."
    )


def _uars(corpora: list[Activation]) -> tuple[str, str]:
    pairs = np.mean([(each.uar_of_classes, each.uar) for each in corpora], axis=0)
    classes, both = map(float, pairs)
    return wording.percent(classes), wording.percent(both)

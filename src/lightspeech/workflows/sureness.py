"""How sure a run may be of strangers: by a study that leaves corpus after corpus out."""

from collections.abc import Sequence

from lightspeech.errors import CorpusError
from lightspeech.evaluation import left_out
from lightspeech.evaluation.conditions import CORPUS
from lightspeech.evaluation.left_out import LeftOut
from lightspeech.studies.study import Study
from lightspeech.training import layout
from lightspeech.training import run as runs
from lightspeech.training.predictions import Predictions


def fitted(
    answers: Sequence[Predictions], study: Study, labels: tuple[str, ...]
) -> tuple[float, tuple[float, ...]]:
    """Fit temperature and thresholds on corpora that were left out in training.

    Args:
        answers: of every fold and seed of the study.
        study: leaves out one corpus in each fold.
        labels: classes that it must tell apart.

    Raises:
        CorpusError: if it leaves out no corpora, or classes differ.
    """
    corpora = corpora_of(answers, study)
    known = answers[0].labels
    if known != labels:
        raise CorpusError(f"{study.folder} tells {list(known)} apart, the run {list(labels)}")
    temperature = left_out.temperature(corpora)
    return temperature, left_out.thresholds_of(corpora, temperature)


def corpora_of(answers: Sequence[Predictions], study: Study) -> list[LeftOut]:
    """Sort what a study answered to the corpora that it left out.

    Args:
        answers: of every fold and seed of the study.
        study: whose runs tell their temperatures.

    Raises:
        CorpusError: if it leaves out none.
    """
    if study.protocol.unit != CORPUS:
        raise CorpusError(
            f"{study.folder} keeps {study.protocol.unit}s apart; name one that leaves corpora out"
        )
    temperatures = [
        runs.read_run(study.folder / layout.run_name(each.fold, each.seed)).temperature
        for each in answers
    ]
    return left_out.by_corpus(answers, temperatures)

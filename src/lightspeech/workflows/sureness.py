"""How sure a run may be of strangers: by the answers of a study to whom it left out."""

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
    """Fit temperature and thresholds on corpora, or on speakers, that were left out in training.

    Args:
        answers: of every fold and seed of the study.
        study: leaves out a corpus in each fold, or some speakers.
        labels: classes that it must tell apart.

    Raises:
        CorpusError: if it knew whom it was tested on, or classes differ.
    """
    corpora = left_out_by(answers, study)
    known = answers[0].labels
    if known != labels:
        raise CorpusError(f"{study.folder} tells {list(known)} apart, the run {list(labels)}")
    temperature = left_out.temperature(corpora)
    return temperature, left_out.thresholds_of(corpora, temperature)


def left_out_by(answers: Sequence[Predictions], study: Study) -> list[LeftOut]:
    """Sort what a study answered to whom it left out: by corpus, or within one by fold.

    Args:
        answers: of every fold and seed of the study.
        study: whose runs tell their temperatures.

    Raises:
        CorpusError: if it knew whom it was tested on, or leaves out one corpus alone.
    """
    if study.protocol.leaky:
        raise CorpusError(
            f"{study.folder} knew whom it was tested on; name a study that keeps speakers apart"
        )
    temperatures = [
        runs.read_run(study.folder / layout.run_name(each.fold, each.seed)).temperature
        for each in answers
    ]
    sort = left_out.by_corpus if study.protocol.unit == CORPUS else left_out.by_fold
    return sort(answers, temperatures)

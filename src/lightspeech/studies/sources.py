"""Whose work is in a model: recordings and encoders that it, or a teacher of it, learnt from."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lightspeech import bundle as bundles
from lightspeech import plugins
from lightspeech.corpora.base import Info
from lightspeech.corpora.origin import PACKAGE, is_own
from lightspeech.errors import CorpusError
from lightspeech.files import placed
from lightspeech.studies.study import Study, read_study
from lightspeech.training import teachers

Source = dict[str, str]
"""``name``, ``licence`` and ``citation``."""
UNKNOWN = {"licence": "not known here; ask where it comes from", "citation": ""}


def corpora(trained: Study) -> tuple[Source, ...]:
    """List the corpora that a model or a teacher of it learnt from, its own first, each once.

    A network beside it counts as a teacher. One that is not there any more, or is a folder of soft
    labels, stands there by its name.
    """
    studies = list(_studies(trained))
    known = [corpus for study in studies for corpus in (*_heard(study), *_unlabelled(study))]
    known += [corpus for study in studies for corpus in _of_init(study, "corpora")]
    lost = (path for study in studies for path, teacher in _teachers(study) if teacher is None)
    return _once([*known, *({"name": f"teacher {path}", **UNKNOWN} for path in lost)])


def encoders(trained: Study) -> tuple[Source, ...]:
    """List the pretrained encoders that a model or a teacher of it is given, each once."""
    studies = list(_studies(trained))
    fronts = (study.recipe.run_config().front for study in studies)
    origins = (origin for front in fronts for origin in front.origins())
    known = [{"name": o.name, "licence": o.licence, "citation": o.citation} for o in origins]
    return _once([*known, *(each for study in studies for each in _of_init(study, "encoders"))])


def _of_init(study: Study, what: str) -> tuple[Source, ...]:
    """List what the bundle that a study began with learnt from, where it began with one."""
    init = study.recipe.init
    return () if init is None else getattr(bundles.read(init), what)


def _studies(trained: Study) -> Iterator[Study]:
    """Give a study, and all that taught it and its teachers."""
    yield trained
    for _, teacher in _teachers(trained):
        if teacher is not None:
            yield from _studies(teacher)


def _teachers(study: Study) -> Iterator[tuple[Path, Study | None]]:
    """Name who taught a study, or answers beside it, and open what is still there."""
    studies = placed(study.folder).parents[1 if study.steps else 0]
    for step in study.steps:
        for path in step.module.learns_from(step.config).studies:
            try:
                yield path, read_study(teachers.find(path, studies))
            except CorpusError:
                yield path, None


def _heard(study: Study) -> Iterator[Source]:
    """Describe the corpora of a study by the names that its recordings have.

    A table may say that its recordings are of a corpus that is known here.
    """
    for name in dict.fromkeys(utterance.corpus for utterance in study.utterances):
        is_known = name in plugins.names(PACKAGE)
        reader = name if is_known else next(c.name for c in study.recipe.corpora if is_own(c.name))
        yield _described(name, plugins.load(PACKAGE, reader).INFO)


def _unlabelled(study: Study) -> Iterator[Source]:
    """Describe the corpora without labels, by their readers."""
    lessons = (step.module.learns_from(step.config) for step in study.steps)
    of_steps = (corpus for lesson in lessons for corpus in lesson.corpora)
    for corpus in (*study.recipe.training.unlabelled, *of_steps):
        yield _described(corpus.name, corpus.module.INFO)


def _described(name: str, info: Info) -> Source:
    return {"name": name, "licence": info.licence, "citation": info.citation}


def _once(sources: Iterable[Source]) -> tuple[Source, ...]:
    return tuple({source["name"]: source for source in sources}.values())

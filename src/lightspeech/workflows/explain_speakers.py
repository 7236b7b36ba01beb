"""How the training speakers of a bundle speak, measured once and kept beside its model."""

from pathlib import Path

from lightspeech.bundle import Bundle
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.explain import functionals, training_speakers
from lightspeech.explain.explanation import FOLDER
from lightspeech.progress import Progress
from lightspeech.studies import engine
from lightspeech.studies.study import read_study
from lightspeech.workflows.explain_systems import spread


def measure(
    bundle: Bundle,
    source: Path,
    cache: Path,
    progress: Progress,
    *,
    limit: int | None = None,
    processes: int | None = None,
) -> Path:
    """Measure the recordings that a bundle learnt from; give the file in its folder.

    Args:
        bundle: whose speakers they are.
        source: folder of its study, of which the training part of its fold is taken, or a
            manifest, of which all is.
        cache: folder that functionals are kept in.
        progress: told of recordings.
        limit: recordings, of speakers and emotions in turn; None: all.
        processes: at once; None: one a core.

    Raises:
        AudioError: if a recording cannot be decoded.
        CorpusError: if there is no manifest.
        OutputError: if the folder of the bundle cannot be written.
    """
    utterances = spread(_learnt_from(bundle, source), limit)
    chunks = functionals.chunks(utterances, cache / FOLDER)
    engine.map(
        functionals.fill,
        chunks,
        processes=processes,
        tick=lambda n: progress("functionals", n, len(chunks)),
    )
    summed = training_speakers.summed(functionals.read(chunks), [u.speaker for u in utterances])
    return training_speakers.write(summed, bundle.path)


def _learnt_from(bundle: Bundle, source: Path) -> list[Utterance]:
    if not source.is_dir():
        return manifest.read(source)
    study = read_study(source)
    train = {*study.protocol.splits[bundle.provenance.get("fold", 0)].train}
    return [u for u in study.utterances if u.id in train]

"""Figures of a study, of a bundle on recordings, or of published models once more.

Of a bundle, and of a study measured before, without torch.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightspeech import bundle as bundles
from lightspeech.corpora import labels as vocabularies
from lightspeech.corpora import manifest as manifests
from lightspeech.corpora import preparing
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.evaluation import bundle_quality, conditions, kept, rated, results
from lightspeech.evaluation.kept import Recomputation
from lightspeech.evaluation.rated import Rated
from lightspeech.evaluation.results import Results
from lightspeech.inference import dispatch
from lightspeech.progress import Progress
from lightspeech.training import layout, predictions, told
from lightspeech.workflows import needs


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Figures, and what takes no part in them.

    Attributes:
        figures: of all that were answered.
        notices: which recordings were left out, and what to do about it, in words.
    """

    figures: Results | Rated
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """Published figures of one seed beside the same computed again."""

    seed: int
    agreement: Recomputation


def evaluate(
    target: Path,
    *,
    manifest: Path | None,
    labels: str | None,
    held_out: bool,
    progress: Progress,
    columns: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Evaluation:
    """Measure a trained study, or a bundle on the recordings of a table.

    Args:
        target: folder of either, or the name of a shipped model.
        manifest: for a bundle: table of recordings.
        labels: for a bundle: vocabulary of their labels; None: by its classes.
        held_out: for a bundle: its own test speakers alone.
        progress: told of recordings answered.
        columns: for a bundle: what the table calls a column, by the name it is read under.
        names: for a bundle: label to take by the label that recordings have.

    Raises:
        ConfigError: if a bundle comes without recordings, or a study with them.
        CorpusError: if this is no finished study, or no recording has a class of the bundle.
        MissingExtra: if a study was never measured, and torch is not installed.
    """
    target = bundles.find(target)
    is_bundle = os.path.isfile(target / bundles.DESCRIPTION)
    if is_bundle and manifest is None:
        raise ConfigError(f"{target} is a bundle; say what to measure it on: --manifest FILE")
    if not is_bundle and (manifest is not None or held_out or columns or names):
        raise ConfigError(
            f"{target} is no bundle; --manifest, --columns, --map and --held-out are for bundles "
            "alone"
        )
    if manifest is not None:
        found = manifests.read_any(manifest, columns=columns, need_audio=True, progress=progress)
        utterances = vocabularies.relabel(found, names or {})
        return _of_bundle(target, utterances, labels, held_out, progress)
    return Evaluation(figures=_of_study(target))


def _of_bundle(
    target: Path,
    utterances: list[Utterance],
    labels: str | None,
    held_out: bool,
    progress: Progress,
) -> Evaluation:
    predictor = dispatch.open(bundles.read(target))
    if held_out:
        utterances = bundle_quality.held_out(predictor.bundle, utterances)
    answers = bundle_quality.answer_all(predictor, utterances, labels, progress=progress)
    conditions_of_bundle = bundle_quality.describe(predictor.bundle, utterances)
    return Evaluation(
        figures=results.measure(conditions_of_bundle, [answers]),
        notices=tuple(_notices(utterances, set(answers.ids), answers.labels)),
    )


def _notices(
    utterances: Sequence[Utterance], answered: set[str], classes: Sequence[str]
) -> Iterator[str]:
    """Say what of a table takes no part in the figures of a bundle."""
    if strange := [u.emotion for u in utterances if u.id not in answered]:
        yield vocabularies.left_out(strange, len(utterances), classes)


def _of_study(folder: Path) -> Results | Rated:
    """Read the figures of a study; one that was only trained is measured first."""
    if _is_only_trained(folder):
        needs.torch("the first evaluation of a study")
        from lightspeech.studies.study import read_study
        from lightspeech.workflows import measuring

        study = read_study(folder, rated=True)
        if study.is_tested:
            return measuring.measure_any(study)
    said, files = conditions.read_finished(folder)
    if said.scale is not None:
        return rated.measure(said, [told.read(file) for file in files])
    return results.measure(said, [predictions.read(file) for file in files])


def _is_only_trained(folder: Path) -> bool:
    is_study = os.path.isfile(folder / layout.RECIPE) or layout.is_step(folder)
    begun = is_study and layout.runs(folder)
    return bool(begun) and not (folder / conditions.FILE).is_file()


def recompute(published: Path, root: Path, progress: Progress) -> Recomputed:
    """Compute published figures again from their kept models, without training.

    Args:
        published: file of the figures.
        root: folder of the corpus, or of several.
        progress: told of recordings decoded and answered.

    Raises:
        BundleError: if no models were kept, or one is damaged.
        ConfigError: if models and figures do not go together.
        CorpusError: if the recordings are not there.
    """
    models = kept.read(kept.folder_of(published))
    first, _ = models[0]
    corpus = kept.corpus_choice(first.corpus, root)
    utterances = preparing.prepare(corpus, progress=progress).utterances
    agreement = kept.check(results.read(published), models, utterances, progress=progress)
    return Recomputed(seed=first.seed, agreement=agreement)

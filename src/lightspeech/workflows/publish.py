"""What a trained study gives to others: its figures, and bundles of its runs that tell them."""

import dataclasses

from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.config import as_dict
from lightspeech.evaluation.rated import Rated
from lightspeech.evaluation.results import Results
from lightspeech.export import checks
from lightspeech.export.c99 import prefix as prefixes
from lightspeech.studies import final
from lightspeech.studies.folders import Places
from lightspeech.studies.study import Study
from lightspeech.training import run as runs
from lightspeech.workflows import beside, bundling, measuring, sureness
from lightspeech.workflows.train import Job

TOLD = {
    "protocol", "leaky", "uar", "wa", "ece", "seeds", "folds", "per_class_recall", "ratings",
}  # fmt: skip
"""Figures of the study that a bundle tells, as far as the study has them."""


def export(study: Study, run_name: str, places: Places) -> tuple[Results | Rated, Bundle | None]:
    """Export one run of a study as ONNX where it can be, and compute the figures of all its runs.

    Args:
        study: every fold and seed done; somebody is tested.
        run_name: of the run's folder, such as ``fold0-seed0``.
        places: where the bundle goes.

    Returns:
        The figures, and the bundle; None where no bundle can hold the run.

    Raises:
        CorpusError: if a run of the study is not finished.
    """
    measuring.require_finished(study)
    run = runs.read_run(study.folder / run_name)
    bundle = None
    if bundling.why_no_bundle(run.config) is None:
        bundle = bundling.write(
            bundling.USUAL, run, bundling.describe(study, run, places.bundles / study.name)
        )
    figures = measuring.measure_any(study, bundle)
    return figures, bundle and _with_figures(bundle, figures)


def export_as(
    study: Study,
    run_name: str,
    places: Places,
    format: str,
    *,
    prefix: str | None = None,
    others: Study | None = None,
) -> Bundle:
    """Export one run of a study in any format; the bundle tells the study's figures.

    Args:
        study: every fold and seed done, where somebody is tested.
        run_name: of the run's folder.
        places: where the bundle goes, into a folder that ends in the format's name but for ONNX.
        format: an exporter, such as ``c99``.
        prefix: of the names of its C; None: the usual one.
        others: a study whose answers to whom it left out say how sure the run may be; None: the
            one that measured the recipe of a final model, else the selection set of the run.

    Raises:
        ConfigError: if there is no such exporter, or it cannot take this run or a prefix.
        CorpusError: if a run of the study is not finished, or ``others`` is no such study.
    """
    run = runs.read_run(study.folder / run_name)
    others = others or final.measured(study)
    if others is not None:
        temperature, thresholds = sureness.fitted(measuring.answers(others), others, run.labels)
        run = dataclasses.replace(run, temperature=temperature, thresholds=thresholds)
    exporter = checks.exporter(run.config, format)
    folder = study.name if format == bundling.USUAL else f"{study.name}-{format.replace('_', '-')}"
    # Where runs make no bundle, their figures are of whole utterances, and no bundle's.
    is_told = study.is_tested and run.config.front.in_bundle
    if is_told:
        measuring.require_finished(study)
    described = prefixes.named(
        bundling.describe(study, run, places.bundles / folder), exporter, prefix
    )
    if others is not None:
        known = {**described.provenance, "calibrated_by": others.recipe.name}
        described = dataclasses.replace(described, provenance=known)
    bundle: Bundle = exporter.export(run, described)
    figures = (
        measuring.of_study(study, measuring.describe_study(study, bundle)) if is_told else None
    )
    return _with_figures(bundle, figures)


def export_final(study: Study, job: Job) -> Bundle | None:
    """Export the model of a study that tests nobody, as it is meant to be used.

    Args:
        study: that the job trained, or the last step of it.
        job: told in words where it can but be guessed how sure the model may be.

    Returns:
        None where no final model was asked for, or no bundle can hold it.
    """
    if not job.final or bundling.why_no_bundle(study.recipe.run_config()) is not None:
        return None
    [name] = study.run_names
    if study.recipe.ratings is None and final.measured(study) is None:
        job.notice(
            f"{study.name}: how sure it may be is told by the few that it was selected on, which "
            "is often too sure; measure the recipe without --final, then type: "
            f"lightspeech export {study.folder / name}"
        )
    return export_as(study, name, job.places, bundling.USUAL)


def _with_figures(bundle: Bundle, figures: Results | Rated | None) -> Bundle:
    if figures is not None:
        values = {key: value for key, value in as_dict(figures).items() if key in TOLD}
        bundle = dataclasses.replace(bundle, figures=values)
        bundle = bundles.write(bundle, bundle.path / bundle.model_file)
    beside.write(bundle)
    return bundle

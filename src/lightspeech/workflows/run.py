"""A whole recipe: train, measure, export, answer one recording, write the report."""

from dataclasses import dataclass
from pathlib import Path

from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError
from lightspeech.evaluation import results
from lightspeech.evaluation.rated import Rated
from lightspeech.evaluation.results import Results
from lightspeech.files import check_place
from lightspeech.progress import Progress
from lightspeech.reporting import html
from lightspeech.reporting.study_figures import Example
from lightspeech.studies.study import Study
from lightspeech.workflows import bundling, measuring, publish
from lightspeech.workflows.example import answer_example
from lightspeech.workflows.train import Job, train

REPORT = Path("report")
"""Folder of reports, below the working folder."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a recipe came to.

    Attributes:
        study: its plain runs.
        figures: of all runs; None where the protocol tests nobody; then no report is made.
        report: a page that shows them; None of ratings, too.
        bundle: of fold 0 and the first seed; None where no bundle can hold it.
        example: what the bundle answers to one recording.
    """

    study: Study
    figures: Results | Rated | None = None
    report: Path | None = None
    bundle: Bundle | None = None
    example: Example | None = None

    @property
    def why_no_bundle(self) -> str | None:
        """Why no bundle can hold the runs; None where one can."""
        return bundling.why_no_bundle(self.study.recipe.run_config())


def run(job: Job, progress: Progress, *, publish_to: Path | None = None) -> Finished:
    """Do a whole recipe, but for its compression steps.

    Args:
        job: what is to be done.
        progress: told of recordings, features, epochs.
        publish_to: folder of published results that the figures are written into as well.

    Raises:
        LightspeechError: if the recipe, the corpus or the cut cannot be, or a folder is in the way.
    """
    for place in (job.places.bundles, REPORT):
        check_place(place)
    if publish_to is not None and job.read().ratings is not None:
        raise ConfigError(
            "published tables are of classes; leave --publish out where ratings are told"
        )
    study = train(job, progress)
    if not study.is_tested:
        return Finished(study=study, bundle=publish.export_final(study, job))
    figures, bundle = publish.export(study, study.run_names[0], job.places)
    if isinstance(figures, Rated):
        return Finished(study=study, figures=figures, bundle=bundle)
    example = None if bundle is None else answer_example(study, bundle)
    report = html.write_report(study.folder, REPORT / f"{study.folder.name}.html")
    if publish_to is not None:
        results.write(figures, measuring.published_path(publish_to, figures))
    return Finished(study=study, figures=figures, report=report, bundle=bundle, example=example)

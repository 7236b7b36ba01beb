"""What a trained study gives to others: its figures, and bundles of its runs."""

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightspeech import __version__
from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.config import as_dict, build
from lightspeech.corpora import manifest
from lightspeech.environment import together
from lightspeech.errors import CorpusError
from lightspeech.evaluation import conditions as evaluation
from lightspeech.evaluation import rated, results
from lightspeech.evaluation.conditions import Conditions
from lightspeech.evaluation.rated import Rated
from lightspeech.evaluation.results import Results
from lightspeech.export import checks
from lightspeech.export.c99 import prefix as prefixes
from lightspeech.files import write_json
from lightspeech.protocols import leaks
from lightspeech.protocols.base import Protocol
from lightspeech.studies import sources
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.stages import Places
from lightspeech.studies.study import Study
from lightspeech.training import cost, layout, networks, predictions, told
from lightspeech.training import run as runs
from lightspeech.training.predictions import Predictions
from lightspeech.training.task import RunConfig
from lightspeech.workflows import beside, sureness

USUAL = "onnx"
"""The format whose bundle has no suffix."""
KNOWN = "-known-speaker"
"""Behind the protocol's name in figures of a model that knows its speaker."""
KNOWN_NORMALISATION = (
    f"{evaluation.KNOWN_SPEAKER}: statistics of each speaker's own unlabelled recordings"
)
NORMALISATION = "statistics of the training speakers (batch norm)"
TOLD = {
    "protocol", "leaky", "uar", "wa", "ece", "seeds", "folds", "per_class_recall", "ratings",
}  # fmt: skip
"""Figures of the study that a bundle tells, as far as the study has them."""


def why_no_bundle(cfg: RunConfig) -> str | None:
    """Say why a run cannot become a bundle; None where it can."""
    if cfg.front.in_bundle:
        return None
    known = " of a known speaker" if cfg.knows_speaker else ""
    formats = checks.able_formats(cfg)
    able = f"lightspeech export RUN --format {formats[0]}, or " if formats else ""
    return (
        f"{cfg.model.name} is given {cfg.frontend.name}{known}, which no bundle of a run holds; "
        f"{able}{checks.remedy(cfg)}"
    )


def measure(study: Study) -> Results:
    """Compute the figures of a study that tells classes apart, see `measure_any`.

    Args:
        study: every fold and seed done.

    Raises:
        LightspeechError: as `measure_any`.
    """
    figures = measure_any(study)
    assert isinstance(figures, Results)  # `read_study` refuses others
    return figures


def measure_any(study: Study, bundle: Bundle | None = None) -> Results | Rated:
    """Compute the figures of all runs of a study; its folder keeps them, and what is said of them.

    Args:
        study: every fold and seed done.
        bundle: one of its runs as ONNX, whose size is told; None: that of the first run is made
            for it where it can be, and thrown away.

    Raises:
        CorpusError: if a run is not finished.
        MissingExtra: if a bundle has to be made, and onnx is not installed.
    """
    require_finished(study)
    if bundle is None:
        with TemporaryDirectory() as folder:
            bundle = _first_as_onnx(study, Path(folder))
    conditions = describe_study(study, bundle)
    write_json(study.folder / evaluation.FILE, as_dict(conditions))
    figures = _figures(study, conditions)
    write_json(study.folder / layout.RESULTS, as_dict(figures))
    return figures


def _figures(study: Study, conditions: Conditions) -> Results | Rated:
    """Compute the figures of all runs of a study, of its classes or of its ratings."""
    if study.recipe.ratings is None:
        return results.measure(conditions, answers(study))
    files = [study.folder / run / layout.ANSWERS for run in sorted(study.run_names)]
    return rated.measure(conditions, [told.read(file) for file in files])


def _first_as_onnx(study: Study, folder: Path) -> Bundle | None:
    run = runs.read_run(study.folder / study.run_names[0])
    if why_no_bundle(run.config) is not None:
        return None
    return _write(USUAL, run, describe(study, run, folder / study.name))


def describe_study(study: Study, bundle: Bundle | None) -> Conditions:
    """Say what must be said beside the figures of a study.

    Args:
        study: every fold and seed done.
        bundle: one of its runs, exported, whose size is told; None where no bundle can hold it.

    Raises:
        CorpusError: if the run is not finished.
    """
    recipe, protocol = study.recipe, study.protocol
    name = study.run_names[0]
    if bundle is not None:
        name = layout.run_name(bundle.provenance["fold"], bundle.provenance["seed"])
    run = runs.read_run(study.folder / name)
    is_known = run.config.knows_speaker
    reads = bundles.part(run.config.frontend.as_dict(), bundles.TEXT) is not None
    values = {
        "corpus": corpus_name(recipe, protocol),
        "protocol": protocol.name + (KNOWN if is_known else ""),
        "unit": protocol.unit,
        "selection": protocol.selection,
        "normalisation": KNOWN_NORMALISATION if is_known else NORMALISATION,
        "leaky": protocol.leaky,
        "model": recipe.model.name,
        "scheme": study.scheme,
        **costs(run, bundle),
        "recipe": recipe.name,
        "labels": run.labels,
        "scale": run.config.ratings and run.config.ratings.scale,
        "text_seen": leaks.text_seen(study.utterances, protocol) if reads else None,
        "sources": protocol.sources,
        "data_sha256": manifest.digest(study.utterances),
        "recipe_sha256": study.recipe_sha256,
        **_environment(study),
    }
    return build(Conditions, values, source=str(study.folder))


def answers(study: Study) -> list[Predictions]:
    """Read what all runs of a study answered to their test sets, by fold and seed.

    Raises:
        CorpusError: if a run is not finished.
    """
    require_finished(study)
    return [
        predictions.read(study.folder / run / layout.ANSWERS) for run in sorted(study.run_names)
    ]


def require_finished(study: Study) -> None:
    """Refuse a study with runs left to do.

    Raises:
        CorpusError: naming the first of them.
    """
    for name in study.run_names:
        if not runs.is_done(study.folder / name):
            raise CorpusError(f"{study.folder}: {name} is not finished; run it with --resume")


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
    require_finished(study)
    run = runs.read_run(study.folder / run_name)
    bundle = None
    if why_no_bundle(run.config) is None:
        bundle = _write(USUAL, run, describe(study, run, places.bundles / study.name))
    figures = measure_any(study, bundle)
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
        others: a study that leaves corpus after corpus out, whose answers say how sure the run
            may be; None: its own selection set does.

    Raises:
        ConfigError: if there is no such exporter, or it cannot take this run or a prefix.
        CorpusError: if a run of the study is not finished, or ``others`` is no such study.
    """
    run = runs.read_run(study.folder / run_name)
    if others is not None:
        temperature, threshold = sureness.fitted(answers(others), others, run.labels)
        run = dataclasses.replace(run, temperature=temperature, threshold=threshold)
    exporter = checks.exporter(run.config, format)
    folder = study.name if format == USUAL else f"{study.name}-{format.replace('_', '-')}"
    # Where runs make no bundle, their figures are of whole utterances, and no bundle's.
    is_told = study.is_tested and run.config.front.in_bundle
    if is_told:
        require_finished(study)
    described = prefixes.named(describe(study, run, places.bundles / folder), exporter, prefix)
    if others is not None:
        known = {**described.provenance, "calibrated_by": others.recipe.name}
        described = dataclasses.replace(described, provenance=known)
    bundle: Bundle = exporter.export(run, described)
    figures = _figures(study, describe_study(study, bundle)) if is_told else None
    return _with_figures(bundle, figures)


def _write(format: str, run: runs.Run, bundle: Bundle) -> Bundle:
    """Write a run in a format, where its exporter can."""
    exported: Bundle = checks.exporter(run.config, format).export(run, bundle)
    return exported


def costs(run: runs.Run, bundle: Bundle | None = None) -> dict[str, int | None]:
    """Count all that answers: the network, and what stands before it.

    Args:
        run: the run.
        bundle: its bundle, whose size counts; None: four bytes a parameter of the network and two
            of an encoder.
    """
    network, before = cost.of(run), run.config.front.cost()
    n_params = networks.n_params(run.network)
    size_bytes = 4 * n_params + 2 * before.n_params
    return {
        "n_params": n_params + before.n_params,
        "size_bytes": size_bytes if bundle is None else bundle.size_bytes,
        "macs": None if before.macs is None else network.macs + before.macs,
    }


def _with_figures(bundle: Bundle, figures: Results | Rated | None) -> Bundle:
    if figures is not None:
        values = {key: value for key, value in as_dict(figures).items() if key in TOLD}
        bundle = dataclasses.replace(bundle, figures=values)
        bundle = bundles.write(bundle, bundle.path / bundle.model_file)
    beside.write(bundle)
    return bundle


def published_path(root: Path, figures: Results) -> Path:
    """Name the published file of some figures; what is leaky or known to the model is in it.

    Figures of other classes than those that stand under the name have their number in theirs.

    Args:
        root: folder of all results.
        figures: that are to be published.
    """
    suffix = figures.protocol if figures.leaky else ""
    if figures.protocol.endswith(KNOWN):
        suffix = f"{suffix}{KNOWN}".removeprefix("-")
    name = (root, figures.corpus, figures.model, figures.scheme)
    path = results.results_path(*name, suffix)
    if path.is_file() and results.read(path).labels != figures.labels:
        classes = f"{len(figures.labels)}-classes"
        return results.results_path(*name, f"{classes}-{suffix}".removesuffix("-"))
    return path


def describe(study: Study, run: runs.Run, path: Path) -> Bundle:
    """Say what a bundle of a run is to say, but for its figures and its model.

    Args:
        study: that of the run.
        run: what is to be exported.
        path: folder of the bundle.
    """
    test = set(study.protocol.splits[run.fold].test)
    test_speakers = {u.speaker for u in study.utterances if u.id in test}
    return Bundle(
        path=path,
        name=study.name,
        labels=run.labels,
        scale=None if run.config.ratings is None else run.config.ratings.scale,
        sample_rate=run.config.front.sample_rate,
        windows=run.config.windows,
        frontend=run.config.frontend.as_dict(),
        normalisation=run.config.normalisation,
        model=_model(run),
        temperature=run.temperature,
        threshold=run.threshold,
        provenance={
            "recipe": study.recipe.name,
            "fold": run.fold,
            "seed": run.seed,
            "scheme": study.scheme,
            "test_speakers": sorted(test_speakers),
            "lightspeech": __version__,
        },
        corpora=sources.corpora(study),
        encoders=sources.encoders(study),
    )


def _environment(study: Study) -> dict[str, dict[str, str]]:
    found = made_by(study)
    return {"environment": found} if found else {}


def made_by(study: Study) -> dict[str, str]:
    """Say in what environment the runs of a study were made.

    Args:
        study: every fold and seed done.

    Returns:
        As of `environment.together`; nothing where a run, of an earlier version, does not say.
    """
    of_runs = [runs.read_outcome(study.folder / name).environment for name in study.run_names]
    return together(of_runs) if all(of_runs) else {}


def _model(run: runs.Run) -> dict[str, Any]:
    """Say what a network is."""
    return {**run.config.model.as_dict(), "n_params": networks.n_params(run.network)}


def corpus_name(recipe: Recipe, protocol: Protocol) -> str:
    """Say what figures call the recordings of a recipe.

    Args:
        recipe: names its corpora.
        protocol: one that leaves out corpus after corpus, or language after language, or learns
            from one after the other, has a name of its own.
    """
    if protocol.sources:
        return f"one-of-{len(protocol.sources)}"
    if protocol.unit == "language":
        return f"languages{len(protocol.splits)}"
    if protocol.unit == "corpus":
        taught = {name.split("/")[0] for split in protocol.splits for name in split.train}
        return evaluation.cross(len(recipe.corpora), taught=len(taught))
    return "+".join(sorted(corpus.name for corpus in recipe.corpora))

"""What a trained study was measured to do, and all that must be said beside it."""

from pathlib import Path
from tempfile import TemporaryDirectory

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
from lightspeech.files import write_json
from lightspeech.protocols import leaks
from lightspeech.protocols.base import Protocol
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.study import Study
from lightspeech.training import cost, layout, networks, predictions, told
from lightspeech.training import run as runs
from lightspeech.training.predictions import Predictions
from lightspeech.workflows import bundling

KNOWN = "-known-speaker"
"""Behind the protocol's name in figures of a model that knows its speaker."""
KNOWN_NORMALISATION = (
    f"{evaluation.KNOWN_SPEAKER}: statistics of each speaker's own unlabelled recordings"
)
NORMALISATION = "statistics of the training speakers (batch norm)"


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
    figures = of_study(study, conditions)
    write_json(study.folder / layout.RESULTS, as_dict(figures))
    return figures


def of_study(study: Study, conditions: Conditions) -> Results | Rated:
    """Compute the figures of all runs of a study, of its classes or of its ratings.

    Args:
        study: every fold and seed done.
        conditions: what must be said beside them.

    Raises:
        CorpusError: if a run is not finished.
    """
    if study.recipe.ratings is None:
        return results.measure(conditions, answers(study))
    files = [study.folder / run / layout.ANSWERS for run in sorted(study.run_names)]
    return rated.measure(conditions, [told.read(file) for file in files])


def _first_as_onnx(study: Study, folder: Path) -> Bundle | None:
    run = runs.read_run(study.folder / study.run_names[0])
    if bundling.why_no_bundle(run.config) is not None:
        return None
    return bundling.write(bundling.USUAL, run, bundling.describe(study, run, folder / study.name))


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


def made_by(study: Study) -> dict[str, str]:
    """Say in what environment the runs of a study were made.

    Args:
        study: every fold and seed done.

    Returns:
        As of `environment.together`; nothing where a run, of an earlier version, does not say.
    """
    of_runs = [runs.read_outcome(study.folder / name).environment for name in study.run_names]
    return together(of_runs) if all(of_runs) else {}


def _environment(study: Study) -> dict[str, dict[str, str]]:
    found = made_by(study)
    return {"environment": found} if found else {}


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
    return "+".join(sorted(corpus.name + corpus.config.part for corpus in recipe.corpora))

"""What a trained study gives to others: a bundle, its figures, an example, small models to keep."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from lightspeech import __version__, bundle
from lightspeech import labels as vocabularies
from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import FrontEnd
from lightspeech.bundle import Bundle
from lightspeech.config import as_dict
from lightspeech.errors import CorpusError
from lightspeech.evaluation import conditions as studies
from lightspeech.evaluation import kept, results
from lightspeech.evaluation.conditions import read_json
from lightspeech.evaluation.results import Results
from lightspeech.export import checks
from lightspeech.files import write_json, write_text
from lightspeech.inference import calibration
from lightspeech.inference.backends import onnx as onnx_inference
from lightspeech.inference.recognize import recognize
from lightspeech.models import int8_onnx
from lightspeech.protocols.base import Protocol
from lightspeech.reporting.card import card
from lightspeech.studies import sources
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.stages import Places, Study
from lightspeech.training import cost, networks
from lightspeech.training import run as runs
from lightspeech.training.task import RunConfig

USUAL = "onnx"
"""The format whose bundle has no suffix."""
CROSS = "cross"
"""What figures call the corpora where each is left out once."""
KNOWN = "-known-speaker"
"""Behind the protocol's name in figures of a model that knows its speaker."""
KNOWN_NORMALISATION = (
    f"{studies.KNOWN_SPEAKER}: statistics of each speaker's own unlabelled recordings"
)
NORMALISATION = "statistics of the training speakers (batch norm)"


def why_no_bundle(cfg: RunConfig) -> str | None:
    """Say why a run cannot become a bundle; None where it can."""
    if cfg.front.in_bundle:
        return None
    known = " of a known speaker" if cfg.normalisation == "speaker" else ""
    return f"{cfg.model.name} is given {cfg.frontend.name}{known}, which no bundle holds"


def export(trained: Study, run: str, places: Places) -> tuple[Results, Bundle | None]:
    """Export one run of a study where it can be, and compute the figures of all its runs.

    Args:
        trained: the study, every fold and seed done.
        run: name of the run's folder, such as ``fold0-seed0``.
        places: where the bundle goes.

    Raises:
        CorpusError: if a run of the study is not finished.
    """
    recipe, protocol = trained.recipe, trained.protocol
    for missing in (name for name in trained.run_names if not runs.is_done(trained.folder / name)):
        raise CorpusError(f"{trained.folder}: {missing} is not finished; run it with --resume")
    done = runs.read_run(trained.folder / run)
    exported = None
    if why_no_bundle(done.config) is None:
        described = describe(trained, done, places.bundles / trained.name)
        exported = checks.exporter(done.config, USUAL).export(done, described)
    known = done.config.normalisation == "speaker"
    about = {
        "corpus": corpus_name(recipe, protocol),
        "protocol": protocol.name + (KNOWN if known else ""),
        "unit": protocol.unit,
        "selection": protocol.selection,
        "normalisation": KNOWN_NORMALISATION if known else NORMALISATION,
        "leaky": protocol.leaky,
        "model": recipe.model.name,
        "scheme": trained.scheme,
        **costs(done, exported),
        "recipe": recipe.name,
        "labels": done.labels,
        "environment": studies.environment(),
    }
    write_json(trained.folder / studies.FILE, about)
    figures = results.measure(*studies.read(trained.folder))
    results.write(figures, trained.folder / "results.json")
    return figures, exported and _with_figures(exported, figures)


def export_as(trained: Study, run: str, places: Places, format: str) -> Bundle:
    """Export one run of a study that is measured already, or that tests nobody.

    Args:
        trained: the study, as `export` left it where somebody is tested.
        run: name of the run's folder.
        places: where the bundle goes, into a folder that ends in the format's name but for ONNX.
        format: an exporter, such as ``c99``.

    Raises:
        ConfigError: if there is no such exporter, or it cannot take this run.
    """
    done = runs.read_run(trained.folder / run)
    exporter = checks.exporter(done.config, format)
    folder = trained.name if format == USUAL else f"{trained.name}-{format}"
    described = describe(trained, done, places.bundles / folder)
    figures = results.measure(*studies.read(trained.folder)) if trained.is_tested else None
    return _with_figures(exporter.export(done, described), figures)


def costs(done: runs.Run, exported: Bundle | None = None) -> dict[str, int | None]:
    """Count all that answers: the network, and what stands before it.

    Args:
        done: the run.
        exported: its bundle, whose size counts; without one, four bytes a parameter of the network
            and two of an encoder.
    """
    network, before = cost.of(done), done.config.front.cost()
    n_params = networks.n_params(done.network)
    size_bytes = 4 * n_params + 2 * before.n_params
    return {
        "n_params": n_params + before.n_params,
        "size_bytes": size_bytes if exported is None else exported.size_bytes,
        "macs": None if before.macs is None else network.macs + before.macs,
    }


def _with_figures(exported: Bundle, figures: Results | None) -> Bundle:
    if figures is not None:
        said = as_dict(figures)
        kept = ("protocol", "leaky", "uar", "wa", "ece", "seeds", "folds", "per_class_recall")
        exported = dataclasses.replace(exported, figures={key: said[key] for key in kept})
        exported = bundle.write(exported, exported.path / exported.model_file)
    write_text(exported.path / "README.md", card(exported))
    return exported


def published_path(root: Path, figures: Results) -> Path:
    """Name the published file of some figures; what is leaky or known to the model is in it."""
    suffix = figures.protocol if figures.leaky else ""
    if figures.protocol.endswith(KNOWN):
        suffix = f"{suffix}{KNOWN}".removeprefix("-")
    return results.results_path(root, figures.corpus, figures.model, figures.scheme, suffix)


def describe(trained: Study, done: runs.Run, path: Path) -> Bundle:
    """Say what a bundle of a run is to say, but for its figures and its model."""
    recipe = trained.recipe
    test = set(trained.protocol.splits[done.fold].test)
    tested = {u.speaker for u in trained.utterances if u.id in test}
    return Bundle(
        path=path,
        name=trained.name,
        labels=done.labels,
        sample_rate=done.config.front.sample_rate,
        windows=done.config.windows,
        frontend=done.config.frontend.as_dict(),
        normalisation=done.config.normalisation,
        model=_model(done),
        temperature=done.temperature,
        threshold=done.threshold,
        provenance={
            "recipe": recipe.name,
            "fold": done.fold,
            "seed": done.seed,
            "scheme": trained.scheme,
            "test_speakers": sorted(tested),
            "lightspeech": __version__,
        },
        corpora=sources.corpora(trained),
        encoders=sources.encoders(trained),
    )


def _model(done: runs.Run) -> dict[str, Any]:
    """Say what a network is."""
    return {**done.config.model.as_dict(), "n_params": networks.n_params(done.network)}


def corpus_name(recipe: Recipe, protocol: Protocol) -> str:
    """Say what figures call the recordings of a recipe."""
    if protocol.unit == "corpus":
        return CROSS
    return "+".join(sorted(corpus.name for corpus in recipe.corpora))


def example(trained: Study, made: Bundle) -> dict[str, Any]:
    """Recognize one recording of the exported model's own test set, and keep it for the report."""
    first = trained.protocol.splits[made.provenance["fold"]].test[0]
    utterance = next(u for u in trained.utterances if u.id == first)
    waveform = io.load(utterance.path, made.sample_rate)
    if made.normalisation == "speaker":
        own = [each.path for each in trained.utterances if each.speaker == utterance.speaker]
        made = dataclasses.replace(made, voice=calibration.hear(made, own))
    probabilities = recognize(onnx_inference.open(made), waveform)
    front = FrontEnd(sample_rate=made.sample_rate, f_max=0.475 * made.sample_rate)
    answer = {
        "id": utterance.id,
        "truth": vocabularies.map_label(utterance.emotion, trained.recipe.labels),
        "probabilities": {
            label: round(float(p), 4) for label, p in zip(made.labels, probabilities, strict=True)
        },
        "hop_s": front.hop_length / front.sample_rate,
        "frames": frontend.log_bands(waveform, front).round(3).tolist(),
    }
    write_json(trained.folder / "example.json", answer)
    return answer


def keep(trained: Study, figures: Results, root: Path) -> list[Path]:
    """Keep the int8 models of the first seed below the published figures, where they are small.

    Args:
        trained: the study; one without int8 runs, of several corpora or of known speakers keeps
            nothing.
        figures: of it.
        root: folder of all results.

    Returns:
        The models' files.

    Raises:
        OutputError: if the folder cannot be written.
    """
    seed, recipe = trained.recipe.seeds[0], trained.recipe
    folds = range(len(trained.protocol.splits))
    files = [trained.folder / f"fold{fold}-seed{seed}" / int8_onnx.NAME for fold in folds]
    small = all(f.is_file() and f.stat().st_size <= kept.LIMIT_BYTES for f in files)
    known = recipe.normalisation == "speaker"
    if len(recipe.corpora) > 1 or known or not small:
        return []
    to = kept.folder_of(published_path(root, figures))
    for fold, file in enumerate(files):
        done, model = runs.read_config(file.parent), file.read_bytes()
        values = read_json(file.parent / "run.json")
        said = kept.Kept(
            corpus=recipe.corpora[0].name,
            vocabulary=recipe.labels,
            protocol=recipe.protocol,
            fold=fold,
            seed=seed,
            labels=figures.labels,
            frontend=done.frontend.config,
            windows=done.windows,
            temperature=values["temperature"],
            sha256=hashlib.sha256(model).hexdigest(),
        )
        kept.write(said, model, to)
    return [to / f"fold{fold}.onnx" for fold in folds]

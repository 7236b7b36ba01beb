"""The stages of a study, in order: prepare, train, export with figures, example.

Each reads what the one before left in the folder of the study, so any can be run again alone.
"""

import dataclasses
import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from lightspeech import __version__, bundle, manifest, plugins
from lightspeech import labels as vocabularies
from lightspeech import recipe as recipes
from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import FrontEnd
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, as_dict, build
from lightspeech.corpora._base import Utterance
from lightspeech.data import encoder
from lightspeech.errors import ConfigError, CorpusError, OutputError
from lightspeech.evaluation import kept, results
from lightspeech.evaluation import study as studies
from lightspeech.evaluation.results import Results
from lightspeech.evaluation.study import read_json
from lightspeech.files import write_json, write_text
from lightspeech.inference import onnx as onnx_inference
from lightspeech.inference.recognize import recognize
from lightspeech.protocols._base import Protocol
from lightspeech.recipe import Recipe
from lightspeech.reporting.card import card
from lightspeech.training import cost, int8_onnx, study
from lightspeech.training import run as runs
from lightspeech.training.run import RunConfig, Task

RECIPE = "recipe.yaml"
MANIFEST = "manifest.csv"
SCHEMES = {"distill": "distilled", "prune": "pruned", "quantize": "int8"}
"""What figures are called after a step."""
STEPS = "steps.yaml"
"""In the folder of a step: itself and those before it."""
CROSS = "cross"
"""What figures call the corpora where each is left out once."""
KNOWN = "-known-speaker"
"""Behind the protocol's name in figures of a model that knows its speaker."""
KNOWN_NORMALISATION = "known speaker: statistics of each speaker's own unlabelled recordings"
NORMALISATION = "statistics of the training speakers (batch norm)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """Folders that a study reads and writes, below the working folder."""

    runs: Path = Path("runs")
    bundles: Path = Path("bundles")
    cache: Path = Path("cache")


def open_study(recipe: Recipe, places: Places, *, resume: bool, fresh: bool) -> Path:
    """Make the folder of a study, or take up the one that is there.

    Raises:
        OutputError: if a folder of that name is there and neither flag says what to do with it.
        ConfigError: if it is to be resumed but another recipe made it.
    """
    folder = places.runs / recipe.name
    text = yaml.safe_dump(as_dict(recipe), sort_keys=False, allow_unicode=True)
    if folder.exists() and fresh:
        shutil.rmtree(folder)
    if not folder.exists():
        write_text(folder / RECIPE, text)
    elif not resume:
        raise OutputError(f"{folder} is there already; add --resume or --fresh (start anew)")
    elif not (folder / RECIPE).exists():
        raise ConfigError(f"{folder} holds no {RECIPE}, so nothing to resume; add --fresh")
    elif _plain(recipes.read(folder / RECIPE, [])) != _plain(recipe):
        raise ConfigError(f"{folder} was made by another recipe; change its name, or add --fresh")
    else:
        write_text(folder / RECIPE, text)
    return folder


def _plain(recipe: Recipe) -> Recipe:
    """Leave the steps out: they may be added to a study whose plain runs are done."""
    return dataclasses.replace(recipe, compress=())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Material:
    """What a study is made of: all that its vocabulary has in all its corpora."""

    utterances: list[Utterance]


def prepare(recipe: Recipe, folder: Path, *, progress: manifest.Progress) -> Material:
    """List and decode the corpus, keep what the vocabulary has, and write the manifest.

    Raises:
        CorpusError: if the study was begun with other recordings, speakers or labels.
    """
    prepared = [manifest.prepare(choice, progress=progress) for choice in recipe.corpora]
    found = [utterance for corpus in prepared for utterance in corpus.utterances]
    kept = study.in_vocabulary(found, recipe.labels)
    if twice := [name for name, n in Counter(u.id for u in kept).items() if n > 1]:
        raise CorpusError(f"{twice[0]!r} is in two of the corpora; leave one of them out")
    path = folder / MANIFEST
    if path.exists() and _content(manifest.read(path, need_audio=False)) != _content(kept):
        raise CorpusError(
            f"{path} lists other recordings, speakers or labels than there are now; bring them "
            "back, or add --fresh (start anew)"
        )
    manifest.write(kept, path)
    return Material(utterances=kept)


def _content(utterances: list[Utterance]) -> list[tuple[str, str, str, str]]:
    return [(u.id, u.audio_hash, u.speaker, u.emotion) for u in utterances]


def train(
    recipe: Recipe,
    prepared: Material,
    folder: Path,
    places: Places,
    progress: study.Progress,
    *,
    processes: int | None = None,
) -> Protocol:
    """Cut the corpus, check the cut for leaks, and train every fold and seed.

    Raises:
        LeakError: if a fold leaks and the protocol is not labelled leaky.
    """
    protocol: Protocol = recipe.protocol.module.cut(prepared.utterances, recipe.protocol.config)
    todo = _tasks(recipe, prepared, protocol, folder, places)
    study.run(todo, processes=processes, progress=progress)
    return protocol


def compress(
    recipe: Recipe,
    prepared: Material,
    protocol: Protocol,
    folder: Path,
    places: Places,
    progress: study.Progress,
    *,
    processes: int | None = None,
) -> list[Path]:
    """Apply the steps of a recipe to trained runs, each step to what the one before left.

    Returns:
        The folder of each step, a study of its own: ``1-distill``, ``2-prune``, …

    Raises:
        LightspeechError: if a step refuses the runs, or a folder was made by other steps.
    """
    todo = _tasks(recipe, prepared, protocol, folder, places)
    made = []
    for number, step in enumerate(recipe.compress, start=1):
        made.append(_open_step(recipe, folder, number))
        todo = study.steps(todo, step, made[-1])
        study.run(todo, processes=processes, progress=progress)
    return made


def _open_step(recipe: Recipe, folder: Path, number: int) -> Path:
    """Make the folder of a step, or take up the one that is there."""
    done = [step.as_dict() for step in recipe.compress[:number]]
    made = folder / f"{number}-{recipe.compress[number - 1].name}"
    text = yaml.safe_dump(done, sort_keys=False, allow_unicode=True)
    if not (made / STEPS).exists():
        write_text(made / STEPS, text)
    elif (made / STEPS).read_text(encoding="utf-8") != text:
        raise ConfigError(f"{made} was made by other steps; delete it, or change the study's name")
    return made


def _tasks(
    recipe: Recipe, prepared: Material, protocol: Protocol, folder: Path, places: Places
) -> list[Task]:
    return study.tasks(
        recipe.run_config(),
        prepared.utterances,
        protocol,
        vocabulary=recipe.labels,
        seeds=recipe.seeds,
        folder=folder,
        cache=places.cache,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained study, or a step of it, read back from its folder."""

    folder: Path
    recipe: Recipe
    utterances: list[Utterance]
    protocol: Protocol
    steps: tuple[Choice, ...] = ()
    """That made its runs of the plain ones."""

    @property
    def name(self) -> str:
        """Of its bundle: the recipe's, and the last step's folder."""
        return f"{self.recipe.name}-{self.folder.name}" if self.steps else self.recipe.name

    @property
    def scheme(self) -> str:
        """Of its figures; the last step decides, or an encoder that is int8 already."""
        heard = self.recipe.run_config().encoder
        plain = "int8" if heard is not None and encoder.own(heard) is not None else "fp32"
        return SCHEMES[self.steps[-1].name] if self.steps else plain

    @property
    def run_names(self) -> list[str]:
        """Folder names of all runs; the first is fold 0 and the first seed."""
        folds = range(len(self.protocol.splits))
        return [f"fold{fold}-seed{seed}" for seed in self.recipe.seeds for fold in folds]


def open_trained(folder: Path) -> Trained:
    """Read back what `train` left, or `compress` in the folder of a step.

    Raises:
        ConfigError: if the folder holds no recipe, or it is damaged.
        CorpusError: if the manifest is not there, or damaged.
    """
    of_step = (folder / STEPS).is_file()
    study_folder = folder.resolve().parent if of_step else folder
    recipe = recipes.read(study_folder / RECIPE, [])
    utterances = manifest.read(study_folder / MANIFEST, need_audio=False)
    return Trained(
        folder=folder,
        recipe=recipe,
        utterances=utterances,
        protocol=recipe.protocol.module.cut(utterances, recipe.protocol.config),
        steps=recipe.compress[: int(folder.resolve().name.split("-")[0])] if of_step else (),
    )


def why_no_bundle(cfg: RunConfig) -> str | None:
    """Say why a run cannot become a bundle; None where it can."""
    if cfg.encoder is not None and encoder.own(cfg.encoder) is None:
        return f"{cfg.model.name} hears {cfg.encoder.source}, an encoder that no bundle holds"
    if cfg.normalisation == "speaker":
        return f"{cfg.model.name} must know its speaker, and no bundle learns that yet"
    return None


def export(trained: Trained, run: str, places: Places) -> tuple[Results, Bundle | None]:
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
        exported = plugins.load("lightspeech.export", "onnx").export(done, described)
    n_params, size_bytes = _size(done, exported)
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
        "n_params": n_params,
        "size_bytes": size_bytes,
        "macs": None if done.config.encoder else cost.of(done).macs,
        "recipe": recipe.name,
        "labels": done.labels,
        "environment": studies.environment(),
    }
    write_json(trained.folder / studies.FILE, about)
    figures = results.measure(*studies.read(trained.folder))
    results.write(figures, trained.folder / "results.json")
    return figures, exported and _with_figures(exported, figures)


def export_as(trained: Trained, run: str, places: Places, format: str) -> Bundle:
    """Export one run of a measured study in another format than ONNX.

    Args:
        trained: the study, as `export` left it.
        run: name of the run's folder.
        places: where the bundle goes, into a folder that ends in the format's name.
        format: an exporter, such as ``c99``.

    Raises:
        ConfigError: if there is no such exporter, or it cannot take this run.
    """
    exporter = plugins.load("lightspeech.export", format)
    done = runs.read_run(trained.folder / run)
    described = describe(trained, done, places.bundles / f"{trained.name}-{format}")
    figures = results.measure(*studies.read(trained.folder))
    return _with_figures(exporter.export(done, described), figures)
    """Name the published file; what is leaky or knows its speaker says so in its name."""


def _size(done: runs.Run, exported: Bundle | None) -> tuple[int, int]:
    """Count parameters and bytes of all that answers, the encoder's blocks in half precision."""
    n_params = runs.n_params(done.network)
    heard = encoder.load(done.config.encoder).n_params if done.config.encoder else 0
    size_bytes = 2 * heard + 4 * n_params if exported is None else exported.size_bytes
    return heard + n_params, size_bytes


def _with_figures(exported: Bundle, figures: Results) -> Bundle:
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


def describe(trained: Trained, done: runs.Run, path: Path) -> Bundle:
    """Say what a bundle of a run is to say, but for its figures and its model."""
    recipe = trained.recipe
    test = set(trained.protocol.splits[done.fold].test)
    tested = {u.speaker for u in trained.utterances if u.id in test}
    return Bundle(
        path=path,
        name=trained.name,
        labels=done.labels,
        sample_rate=done.config.frontend.sample_rate,
        windows=done.config.windows,
        frontend=as_dict(done.config.frontend),
        model={**done.config.model.as_dict(), "n_params": runs.n_params(done.network)},
        temperature=done.temperature,
        threshold=done.threshold,
        provenance={
            "recipe": recipe.name,
            "fold": done.fold,
            "seed": done.seed,
            "test_speakers": sorted(tested),
            "lightspeech": __version__,
        },
        corpora=tuple(_said_of(corpus) for corpus in recipe.corpora),
    )


def _said_of(corpus: Choice) -> dict[str, str]:
    info = corpus.module.INFO
    return {"name": corpus.name, "licence": info.licence, "citation": info.citation}


def corpus_name(recipe: Recipe, protocol: Protocol) -> str:
    """Say what figures call the recordings of a recipe."""
    if protocol.unit == "corpus":
        return CROSS
    return "+".join(sorted(corpus.name for corpus in recipe.corpora))


def example(trained: Trained, made: Bundle) -> dict[str, Any]:
    """Recognize one recording of the exported model's own test set, and keep it for the report."""
    first = trained.protocol.splits[made.provenance["fold"]].test[0]
    utterance = next(u for u in trained.utterances if u.id == first)
    waveform = io.load(utterance.path, made.sample_rate)
    probabilities = recognize(onnx_inference.open(made), waveform)
    front = build(FrontEnd, {**made.frontend, "kind": "log_mel"})
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


def keep(trained: Trained, figures: Results, root: Path) -> list[Path]:
    """Keep the int8 models of the first seed below the published figures, where they are small.

    Args:
        trained: the study; one without int8 runs, or of several corpora, keeps nothing.
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
    if len(recipe.corpora) > 1 or not small or why_no_bundle(runs.read_config(files[0].parent)):
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
            frontend=done.frontend,
            windows=done.windows,
            temperature=values["temperature"],
            sha256=hashlib.sha256(model).hexdigest(),
        )
        kept.write(said, model, to)
    return [to / f"fold{fold}.onnx" for fold in folds]

"""A recipe: one YAML is one reproducible study, from a folder of recordings to a report."""

import dataclasses
import shutil
from pathlib import Path
from typing import Annotated, Any

import yaml

from lightspeech import __version__, bundle, manifest, plugins
from lightspeech import labels as vocabularies
from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import FrontEnd
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, as_dict, build, config, override, plugin, read_yaml
from lightspeech.data.augment import Augment
from lightspeech.errors import ConfigError, OutputError
from lightspeech.evaluation import results
from lightspeech.evaluation import study as studies
from lightspeech.evaluation.results import Results
from lightspeech.files import write_json, write_text
from lightspeech.inference import onnx as onnx_inference
from lightspeech.inference.recognize import recognize
from lightspeech.manifest import Prepared
from lightspeech.protocols._base import Protocol
from lightspeech.training import run as runs
from lightspeech.training import study
from lightspeech.training.loop import Training
from lightspeech.training.run import RunConfig

NORMALISATION = "statistics of the training speakers (batch norm)"


@config
class Recipe:
    """Everything that makes a study."""

    name: str
    """Of its folder below ``runs/`` and of its bundle below ``bundles/``."""
    corpus: Annotated[Choice, plugin("lightspeech.corpora")]
    labels: str = "own"
    """Vocabulary: ``own``, ``common4``, …"""
    protocol: Annotated[Choice, plugin("lightspeech.protocols")]
    seeds: tuple[int, ...] = (0,)
    model: Annotated[Choice, plugin("lightspeech.models")]
    frontend: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the front end that the model's module states."""
    windows: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Differences from the windows that the model's module states."""
    augment: Augment = Augment()
    training: Training = Training()

    def __post_init__(self) -> None:
        """Refuse a name that is no folder, and a study without a seed."""
        if not self.name or Path(self.name).name != self.name or self.name.startswith("."):
            raise ConfigError(f"name must be a plain folder name, found {self.name!r}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ConfigError(f"seeds must be distinct, at least one, found {self.seeds}")

    def run_config(self) -> RunConfig:
        """Fill in what the model's module states.

        Raises:
            ConfigError: if a difference is unknown or cannot be.
        """
        module = self.model.module
        front = {**as_dict(module.FRONTEND), **self.frontend}
        windows = {**as_dict(module.WINDOWS), **self.windows}
        return RunConfig(
            model=self.model,
            frontend=build(FrontEnd, front, source="frontend"),
            windows=build(Windows, windows, source="windows"),
            augment=self.augment,
            training=self.training,
        )


def read(path: Path, assignments: list[str]) -> Recipe:
    """Read a recipe, with ``key.subkey=value`` overrides, and check all of it.

    Raises:
        ConfigError: naming every fault.
    """
    recipe = build(Recipe, override(read_yaml(path), assignments), source=str(path))
    recipe.run_config()
    return recipe


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
        write_text(folder / "recipe.yaml", text)
    elif not resume:
        raise OutputError(f"{folder} is there already; add --resume or --fresh (start anew)")
    elif (folder / "recipe.yaml").read_text(encoding="utf-8") != text:
        raise ConfigError(f"{folder} was made by another recipe; change its name, or add --fresh")
    return folder


def prepare(recipe: Recipe, folder: Path, *, progress: manifest.Progress) -> Prepared:
    """List and decode the corpus, keep what the vocabulary has, and write the manifest."""
    prepared = manifest.prepare(recipe.corpus, progress=progress)
    kept = study.in_vocabulary(prepared.utterances, recipe.labels)
    manifest.write(kept, folder / "manifest.csv")
    return dataclasses.replace(prepared, utterances=kept)


def train(
    recipe: Recipe,
    prepared: Prepared,
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
    todo = study.tasks(
        recipe.run_config(),
        prepared.utterances,
        protocol,
        vocabulary=recipe.labels,
        seeds=recipe.seeds,
        folder=folder,
        cache=places.cache,
    )
    study.run(todo, processes=processes, progress=progress)
    return protocol


def evaluate(
    recipe: Recipe, prepared: Prepared, protocol: Protocol, folder: Path, places: Places
) -> tuple[Results, Bundle]:
    """Export the run of fold 0 and the first seed, and compute the figures of all of them."""
    done = runs.read_run(folder / f"fold0-seed{recipe.seeds[0]}")
    described = _describe(recipe, prepared, protocol, done, places.bundles / recipe.name)
    exported = plugins.load("lightspeech.export", "onnx").export(done, described)
    about = {
        "corpus": recipe.corpus.name,
        "protocol": protocol.name,
        "unit": protocol.unit,
        "selection": protocol.selection,
        "normalisation": NORMALISATION,
        "leaky": protocol.leaky,
        "model": recipe.model.name,
        "scheme": "fp32",
        "n_params": runs.n_params(done.network),
        "size_bytes": exported.size_bytes,
        "recipe": recipe.name,
        "labels": done.labels,
    }
    write_json(folder / studies.FILE, about)
    figures = results.measure(*studies.read(folder))
    results.write(figures, folder / "results.json")
    said = as_dict(figures)
    kept = ("protocol", "leaky", "uar", "wa", "ece", "seeds", "folds", "per_class_recall")
    exported = dataclasses.replace(exported, figures={key: said[key] for key in kept})
    return figures, bundle.write(exported, exported.path / exported.model_file)


def published_path(root: Path, figures: Results) -> Path:
    """Name the published file of some figures; a leaky protocol is in the name."""
    suffix = figures.protocol if figures.leaky else ""
    return results.results_path(root, figures.corpus, figures.model, figures.scheme, suffix)


def _describe(
    recipe: Recipe, prepared: Prepared, protocol: Protocol, done: runs.Run, path: Path
) -> Bundle:
    info = recipe.corpus.module.INFO
    test = set(protocol.splits[done.fold].test)
    tested = {u.speaker for u in prepared.utterances if u.id in test}
    corpus = {"name": recipe.corpus.name, "licence": info.licence, "citation": info.citation}
    return Bundle(
        path=path,
        name=recipe.name,
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
        corpora=(corpus,),
    )


def example(
    recipe: Recipe, prepared: Prepared, protocol: Protocol, made: Bundle, folder: Path
) -> dict[str, Any]:
    """Recognize one recording of the exported model's own test set, and keep it for the report."""
    utterance = next(u for u in prepared.utterances if u.id == protocol.splits[0].test[0])
    waveform = io.load(utterance.path, made.sample_rate)
    probabilities = recognize(onnx_inference.open(made), waveform)
    front = build(FrontEnd, {**made.frontend, "kind": "log_mel"})
    answer = {
        "id": utterance.id,
        "truth": vocabularies.map_label(utterance.emotion, recipe.labels),
        "probabilities": {
            label: round(float(p), 4) for label, p in zip(made.labels, probabilities, strict=True)
        },
        "hop_s": front.hop_length / front.sample_rate,
        "frames": frontend.log_bands(waveform, front).round(3).tolist(),
    }
    write_json(folder / "example.json", answer)
    return answer

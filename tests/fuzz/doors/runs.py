"""Studies and what lies in their folders: runs, checkpoints, steps, features, soft labels."""

import json
from pathlib import Path
from random import Random

from mutations import as_json, as_lines, as_safetensors, as_table, as_yaml, binary

from doors import Door, all_of, command, linked, one_of, replaced
from lightspeech.studies import sources
from lightspeech.studies.study import read_study

TINY = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [12, 12]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 1, batch_size: 4}
compress: [{name: prune, ratio: 0.3, rounds: 1, epochs: 1, batches: 1}]
"""
STUDY, STEP = Path("runs/tiny"), Path("runs/tiny/1-prune")
TORCH = ("lightspeech.compression.prune", "lightspeech.workflows.compress", "torch_pruning")
SPOIL = one_of(
    json=as_json, jsonl=as_lines, csv=as_table, yaml=as_yaml, safetensors=as_safetensors,
)  # fmt: skip


def _train(folder: Path) -> None:
    """Train a study and its step."""
    (folder / "tiny.yaml").write_text(TINY)
    command("compress", "tiny.yaml", "--processes", "1")
    command("evaluate", STUDY)


def _make_study(folder: Path) -> None:
    _train(folder)
    for path in folder.glob("cache/**/*.flac"):
        path.unlink()


def _read(folder: Path) -> None:
    from lightspeech.reporting import study_figures
    from lightspeech.training.run import read_run

    all_of(
        lambda: read_run(STUDY / "fold0-seed0"),
        lambda: read_run(STEP / "fold0-seed0"),
        lambda: sources.corpora(read_study(STUDY)),
        lambda: read_study(STEP),
        lambda: study_figures.read(STUDY),
        lambda: command("evaluate", STUDY, "--json"),
    )


def _spoil_run(rng: Random, good: Path, to: Path) -> None:
    """Spoil one file of the first runs, or of the study."""
    linked(good, to)
    places = [
        *to.glob("runs/tiny/*.*"),
        *to.glob("runs/tiny/**/fold0-seed0/*"),
        to / STEP / "steps.yaml",
    ]
    _spoil_one(rng, places)


def _spoil_one(rng: Random, files: list[Path]) -> None:
    ways = {".json": as_json, ".jsonl": as_lines, ".csv": as_table, ".yaml": as_yaml,
            ".safetensors": as_safetensors, ".npy": binary}  # fmt: skip
    file = rng.choice(sorted(path for path in files if path.is_file() and path.suffix in ways))
    replaced(file, ways[file.suffix](rng, file.read_bytes()))


def _make_half(folder: Path) -> None:
    """Leave the last run of the study as a killed training would."""
    from safetensors.torch import load_file

    from lightspeech.training import checkpoint

    _train(folder)
    run = folder / STUDY / "fold2-seed0"
    (run / "test.csv").unlink()
    weights = load_file(run / "weights.safetensors")
    tensors = {f"network.{name}": tensor for name, tensor in weights.items()}
    tensors |= {f"average.{name}": tensor.clone() for name, tensor in weights.items()}
    history = json.dumps([json.loads(line) for line in (run / "history.jsonl").open()])
    metadata = {"history": history, "sha256": checkpoint.digest(tensors, history)}
    checkpoint.write_tensors(run / "checkpoint.safetensors", tensors, metadata)


def _spoil_half(rng: Random, good: Path, to: Path) -> None:
    linked(good, to)
    places = [*to.glob("runs/tiny/*.*"), *to.glob("runs/tiny/**/fold2-seed0/*"),
              *to.glob("cache/**/*.npy"), to / STEP / "steps.yaml"]  # fmt: skip
    _spoil_one(rng, places)


def _resume(folder: Path) -> None:
    """Train what is left, and look at the step, which is whole; nothing is measured."""
    from lightspeech.progress import no_progress
    from lightspeech.studies import folders, material, stages
    from lightspeech.studies import recipe as recipes

    chosen, places = recipes.read(folder / "tiny.yaml", []), folders.Places()
    study = folders.begin(chosen, places, resume=True, fresh=False)
    prepared = material.prepare(chosen, study, progress=no_progress)
    protocol = stages.train(chosen, prepared, study, places, no_progress, processes=1)
    stages.compress(chosen, prepared, protocol, study, places, no_progress, processes=1)


def _make_soft(folder: Path) -> None:
    import torch

    from lightspeech.corpora.base import Utterance
    from lightspeech.protocols.leaks import Heard
    from lightspeech.training import soft_labels

    heard = [
        Utterance(id=f"a/{n}", path=Path(), corpus="a", speaker="a/1", emotion="") for n in "xy"
    ]
    soft = soft_labels.SoftLabels(
        labels=("happy", "sad"), ids=("a/x", "a/y"), probabilities=torch.full((2, 2), 0.5),
        embeddings=torch.zeros(2, 4), seeds=(0,), answered={"runs/t/fold0-seed0": "0"},
        heard=Heard(study="t", train=tuple(heard[:1]), selection=tuple(heard[1:])),
    )  # fmt: skip
    soft_labels.write(soft, folder / "fold0.safetensors")


def _read_soft(folder: Path) -> None:
    from lightspeech.protocols.base import Split
    from lightspeech.training import soft_labels

    path = folder / "fold0.safetensors"
    soft = soft_labels.read(path)
    all_of(
        lambda: soft_labels.check(
            soft, ("happy", "sad"), (), Split(name="0", train=("a/x",), selection=(), test=())
        ),  # fmt: skip
        lambda: soft_labels.check_embeddings(soft, path),
        lambda: soft_labels.check_fresh(soft, path),
    )


DOORS = [
    Door(name="study", share=2.5, make=_make_study, spoil=_spoil_run, enter=_read, imports=TORCH),
    Door(name="study that goes on", share=0.2, make=_make_half, spoil=_spoil_half, enter=_resume,
         imports=TORCH),
    Door(name="soft labels", share=1, make=_make_soft, spoil=SPOIL, enter=_read_soft,
         imports=TORCH),
]  # fmt: skip

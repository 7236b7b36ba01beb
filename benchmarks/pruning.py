"""Curve of UAR against multiplications and bytes: a trained study, pruned by several ratios.

Run by hand: ``python benchmarks/pruning.py runs/ravdess_micro``. Every ratio is a study below
``runs/NAME-pruning/`` and goes on where it was cut off; each begins with the plain runs.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech import manifest, metrics, predictions, stages
from lightspeech.compression import prune
from lightspeech.config import Choice, build
from lightspeech.files import write_json, write_text
from lightspeech.reporting import plots
from lightspeech.training import cost, study
from lightspeech.training.run import read_run
from lightspeech.training.task import Task

OUTPUT = Path("results/pruning")
RATIOS = (0.3, 0.5, 0.7, 0.85)


def plain_tasks(folder: Path, cache: Path, runs: list[str]) -> list[Task]:
    """List runs of a trained study; all of them where none is named."""
    trained = stages.open_trained(folder)
    recipe = trained.recipe
    todo = study.tasks(
        recipe.run_config(),
        manifest.read(folder / stages.MANIFEST),
        trained.protocol,
        vocabulary=recipe.labels,
        seeds=recipe.seeds,
        folder=folder,
        cache=cache,
    )
    return [task for task in todo if not runs or task.folder.name in runs]


def point(todo: list[Task], ratio: float) -> dict[str, Any]:
    """Measure what pruning by a ratio left: UAR as mean over runs, and costs."""
    answers = [predictions.read(task.folder / "test.csv") for task in todo]
    uars = [metrics.uar(a.truth, a.answers, len(a.labels)) for a in answers]
    costs = [asdict(cost.of(read_run(task.folder))) for task in todo]
    sizes = [(task.folder / "weights.safetensors").stat().st_size for task in todo]
    means = {key: round(float(np.mean([found[key] for found in costs]))) for key in costs[0]}
    return {
        "ratio": ratio,
        "uar": {"mean": round(float(np.mean(uars)), 6), "runs": [round(u, 6) for u in uars]},
        "size_bytes": round(float(np.mean(sizes))),
        **means,
    }


def curve(todo: list[Task], to: Path, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Prune the runs by every ratio."""
    points = [point(todo, 0.0)]
    for ratio in RATIOS:
        cfg = build(prune.Config, {"ratio": ratio, **settings})
        step = Choice("lightspeech.compression", "prune", cfg)
        steps = study.steps(todo, step, to / f"{ratio:g}")
        study.run(steps, progress=lambda what, done, total: None)
        points.append(point(steps, ratio))
        print(points[-1])
    return points


def main() -> None:
    """Prune, measure, and write figures and picture."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("study", type=Path)
    asked.add_argument("--to", type=Path, help="default: runs/NAME-pruning")
    asked.add_argument("--cache", type=Path, default=Path("cache"))
    asked.add_argument("--output", type=Path, default=OUTPUT)
    asked.add_argument("--run", action="append", default=[], help="fold0-seed0; default: all")
    asked.add_argument("--set", action="append", default=[], help="of the step, as epochs=20")
    got = asked.parse_args()
    settings = dict(item.split("=", 1) for item in got.set)
    recipe = stages.open_trained(got.study).recipe
    to = got.to or Path("runs") / f"{recipe.name}-pruning"
    todo = plain_tasks(got.study, got.cache, got.run)
    points = curve(todo, to, settings)
    about = {"study": recipe.name, "model": recipe.model.name, "runs": len(todo), "set": settings}
    name = f"{recipe.corpora[0].name}-{recipe.model.name}"
    write_json(got.output / f"{name}.json", {**about, "points": points})
    write_text(got.output / f"{name}.svg", plots.pruning(points))


if __name__ == "__main__":
    main()

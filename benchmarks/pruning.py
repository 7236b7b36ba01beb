"""Curve of UAR against multiplications and bytes: a trained study, pruned round by round.

Run by hand, from the folder that holds ``runs/``: ``python benchmarks/pruning.py
runs/ravdess_micro/1-distill --seed 0 --set ratio=0.85 --set rounds=5 --set epochs=30``. Each round
goes on from the one before, and is a point. A killed curve goes on where it was.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightspeech import metrics
from lightspeech.compression import prune
from lightspeech.config import Choice, build
from lightspeech.evaluation import pruning
from lightspeech.evaluation.pruning import Curve, Point
from lightspeech.studies import tasks as studies
from lightspeech.studies.execution import execute
from lightspeech.studies.study import read_study
from lightspeech.training import cost, predictions
from lightspeech.training.run import read_run
from lightspeech.training.task import Task


def plain_tasks(folder: Path, cache: Path, seeds: list[int]) -> list[Task]:
    """List the runs of some seeds of a trained study, or of a step of one; default: all seeds."""
    trained = read_study(folder)
    return studies.of_study(
        trained.recipe.run_config(),
        trained.utterances,
        trained.protocol,
        vocabulary=trained.recipe.labels,
        seeds=seeds or trained.recipe.seeds,
        folder=folder,
        cache=cache,
    )


def point(todo: list[Task], full: int | None) -> Point:
    """Measure what is left: means over runs.

    Args:
        todo: the runs of one round.
        full: multiplications of the whole network; None if this is it.
    """
    answers = [predictions.read(task.folder / "test.csv") for task in todo]
    costs = [cost.of(read_run(task.folder)) for task in todo]
    macs = round(float(np.mean([found.macs for found in costs])))
    sizes = [(task.folder / "weights.safetensors").stat().st_size for task in todo]
    return Point(
        name="whole" if full is None else f"{macs / full:.0%} of the multiplications",
        uar=round(
            float(np.mean([metrics.uar(a.truth, a.answers, len(a.labels)) for a in answers])), 6
        ),
        macs=macs,
        size_bytes=round(float(np.mean(sizes))),
        n_params=round(float(np.mean([found.n_params for found in costs]))),
    )


def curve(todo: list[Task], cfg: prune.Config, to: Path, processes: int) -> tuple[Point, ...]:
    """Prune the runs in rounds, and measure every round."""
    step = Choice("lightspeech.compression", "prune", cfg)
    last = studies.of_step(todo, step, to)
    execute(last, processes=processes, progress=lambda what, done, total: None)
    rounds = [
        [replace(task, folder=task.folder / f"round{number}") for task in last]
        for number in range(1, cfg.rounds)
    ]
    whole = point(todo, None)
    return whole, *(point(tasks, whole.macs) for tasks in [*rounds, last])


def main() -> None:
    """Prune, measure, and write the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("study", type=Path)
    asked.add_argument("--seed", type=int, action="append", default=[], help="default: all")
    asked.add_argument("--set", action="append", default=[], help="of the step, as epochs=20")
    asked.add_argument("--cache", type=Path, default=Path("cache"))
    asked.add_argument("--results", type=Path, default=Path("results"))
    asked.add_argument("--processes", type=int, default=2)
    got = asked.parse_args()
    settings = dict(item.split("=", 1) for item in got.set)
    cfg = build(prune.Config, settings, source="--set")
    trained, todo = read_study(got.study), plain_tasks(got.study, got.cache, got.seed)
    recipe = trained.recipe
    name = "-".join([trained.name, "pruning", *(f"{k}{v}" for k, v in settings.items())])
    how = f"by {cfg.importance} importance, {cfg.epochs} epochs of recovery a round"
    points = curve(todo, cfg, Path("runs") / name, got.processes)
    before = f" after {', '.join(step.name for step in trained.steps)}" if trained.steps else ""
    made = Curve(
        model=recipe.model.name,
        corpus=recipe.corpora[0].name,
        recipe=recipe.name,
        how=f"channels{before} {how}",
        folds=len(trained.protocol.splits),
        seeds=tuple(sorted({task.seed for task in todo})),
        points=points,
    )
    print(pruning.write(made, got.results))


if __name__ == "__main__":
    main()

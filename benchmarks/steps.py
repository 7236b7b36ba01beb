"""What a training costs: builds of this package beside each other, and how well they train.

    git worktree add ../before COMMIT
    python benchmarks/steps.py recipes/ravdess_micro.yaml --before ../before --studies OLD NEW

Each build trains the recipe's first run for a few epochs, in turns, on one thread; of each the
median of processor time, of its whole process's work: batches, steps, selection. The recordings lie
below ``$LIGHTSPEECH_DATA``. Two finished studies, of the same folds and seeds, tell what became of
the figure that epochs are selected by.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from lightspeech.corpora import preparing
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.studies import recipe, tasks
from lightspeech.training.fitting import do

OUTPUT = Path("results/benchmarks/steps.json")
NOW = Path(__file__).parents[1]
EPOCHS, ROUNDS, RESAMPLES = 24, 5, 10_000
HALF = "training.precision=bf16-mixed"


def work(path: Path, overrides: list[str], cache: Path) -> None:
    """Train a run each time a line comes in, and print the seconds that it took."""
    chosen = recipe.read(path, [f"training.epochs={EPOCHS}", *overrides])
    found = [u for corpus in chosen.corpora for u in preparing.prepare(corpus).utterances]
    utterances = tasks.in_vocabulary(found, chosen.labels)
    cut = chosen.protocol.module.cut(utterances, chosen.protocol.config)
    for _ in sys.stdin:
        with tempfile.TemporaryDirectory() as folder:
            task = tasks.of_study(
                chosen.run_config(), utterances, cut, vocabulary=chosen.labels,
                seeds=chosen.seeds, folder=Path(folder), cache=cache,
            )[0]  # fmt: skip
            began = time.process_time()
            do(task)
            print(time.process_time() - began, flush=True)


class Build:
    """A build of this package that waits for its turn."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        """Start it, and let it train once to warm up."""
        command = [sys.executable, __file__, *arguments, "--work"]
        environment = {**os.environ, "PYTHONPATH": str(folder.resolve() / "src")}
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.seconds: list[float] = []
        self.turn()
        self.seconds.clear()

    def turn(self) -> None:
        """Train once more."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(file=self.process.stdin, flush=True)
        self.seconds.append(float(self.process.stdout.readline()))


def _times(first: list[float], seconds: list[float]) -> float:
    """How many times as fast as the first, round by round: all of one bear the same load."""
    return round(median(a / b for a, b in zip(first, seconds, strict=True)), 2)


def selection(study: Path) -> dict[str, float]:
    """Read the last selection UAR of every finished run of a study, in percent, by its name."""
    runs = sorted(path.parent for path in study.glob("fold*-seed*/test.csv"))
    last = {run.name: (run / "history.jsonl").read_text().splitlines()[-1] for run in runs}
    return {name: 100 * json.loads(line)["selection_uar"] for name, line in last.items()}


def compared(old: Path, new: Path) -> dict[str, str | float | list[float]]:
    """Compare the runs of two studies in pairs: mean difference, and its interval of 95 %."""
    before, after = selection(old), selection(new)
    if not before or before.keys() != after.keys():
        raise SystemExit(f"{old} and {new} hold {len(before)} and {len(after)} runs, not the same")
    gains = np.array([after[name] - before[name] for name in before])
    drawn = np.random.default_rng(0).choice(gains, (RESAMPLES, len(gains))).mean(1)
    return {
        "recipe": new.name,
        "runs": len(gains),
        "before": round(float(np.mean(list(before.values()))), 2),
        "now": round(float(np.mean(list(after.values()))), 2),
        "gain": round(float(gains.mean()), 2),
        "interval": [round(float(x), 2) for x in np.quantile(drawn, (0.025, 0.975))],
    }


def main() -> None:
    """Measure, and write `OUTPUT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("overrides", nargs="*", default=[])
    parser.add_argument("--before", type=Path, help="A build of old.")
    parser.add_argument("--studies", nargs=2, type=Path, help="Before and now, to compare.")
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="Of features.")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.recipe, asked.overrides, asked.cache)
        return
    arguments = ("--cache", str(asked.cache), str(asked.recipe), *asked.overrides)
    builds = {"now": Build(NOW, *arguments), "now, bf16": Build(NOW, *arguments, HALF)}
    if asked.before is not None:
        builds = {"before": Build(asked.before, *arguments)} | builds
    for _ in range(ROUNDS):
        for build in builds.values():
            build.turn()
    first = next(iter(builds.values())).seconds
    told = {
        "machine": machine.describe(),
        "recipe": asked.recipe.stem,
        "epochs": EPOCHS,
        "seconds": {name: round(median(b.seconds), 3) for name, b in builds.items()},
        "times": {name: _times(first, build.seconds) for name, build in builds.items()},
    }
    if asked.studies is not None:
        told["selection_uar"] = compared(*asked.studies)
    write_json(OUTPUT, told)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()

"""Counts again what the steps of the published chains cost, from their recipes, without training.

Parameters, multiply-accumulates and peak activations are those of architectures, so no run is
needed; of a model on a small encoder its folder is, whatever speech it was made by. A step behind a
pruning is left alone: how narrow its layers got is known to its run alone.

    python benchmarks/costs.py             # tell what differs, and exit with 1 where anything does
    python benchmarks/costs.py --write     # write it into results/
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lightspeech.compression import fuse
from lightspeech.config import Choice
from lightspeech.errors import ConfigError
from lightspeech.files import write_json
from lightspeech.studies import recipe as recipes
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.study import Study
from lightspeech.training import cost
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

RESULTS, RECIPES = Path("results"), Path("recipes")


def read(name: str) -> Recipe:
    """Read a recipe of the repository by its name."""
    return recipes.read(RECIPES / f"{name}.yaml", [])


def configs(recipe: Recipe) -> Iterator[tuple[str, str, RunConfig | None]]:
    """Give of the plain runs and of each step: its name, its scheme, and what makes its runs."""
    config: RunConfig | None = recipe.run_config()
    yield "plain", scheme(recipe, 0), config
    for number, step in enumerate(recipe.compress, start=1):
        config = config and after(config, step)
        yield f"{number}-{step.name}", scheme(recipe, number), config


def scheme(recipe: Recipe, n_steps: int) -> str:
    """Say what figures are called after so many steps."""
    return Study(
        folder=Path(), recipe=recipe, utterances=[], protocol=None,  # type: ignore[arg-type]
        steps=recipe.compress[:n_steps],
    ).scheme  # fmt: skip


def after(config: RunConfig, step: Choice) -> RunConfig | None:
    """Say what makes the runs that a step leaves; None where only they know."""
    if step.name == "quantize":
        return replace(config, quantize=step.config)
    if step.name == "fuse":
        name, _, folder = str(step.config.study).partition("/")
        [second] = [c for at, _, c in configs(read(name)) if at == folder]
        return second and fuse.fused(as_run(config), as_run(second))
    return None if step.name == "prune" else config


def as_run(config: RunConfig) -> Run:
    """Wrap what makes a run, for who reads no more of one."""
    return Run(
        config=config, labels=(), fold=0, seed=0, temperature=1.0, thresholds=(),
        network=None,  # type: ignore[arg-type]
    )  # fmt: skip


def counted(config: RunConfig, n_classes: int) -> dict[str, int | None]:
    """Count the network and what stands before it."""
    network, before = cost.of_config(config, n_classes), config.front.cost()
    return {
        "macs": None if before.macs is None else network.macs + before.macs,
        "peak_activation_bytes": network.peak_activation_bytes,
    }


def differences(values: dict[str, Any], right: dict[str, Any], where: str) -> Iterator[str]:
    """Put right what a file says of a row, and tell what was wrong."""
    for key in values.keys() & right.keys():
        if right[key] is not None and values[key] != right[key]:
            yield f"{where}: {key} {values[key]} is {right[key]}"
            values[key] = right[key]


def check(path: Path) -> tuple[dict[Path, dict[str, Any]], list[str]]:
    """Count the rows of a chain again, and those of its published figures."""
    chain = json.loads(path.read_text("utf-8"))
    told: list[str] = []
    files: dict[Path, dict[str, Any]] = {}
    recipe = read(chain["recipe"])
    for step, (name, of_scheme, config) in zip(chain["steps"], configs(recipe), strict=True):
        if config is None:
            continue
        right = {**counted(config, len(chain["labels"])), "scheme": of_scheme}
        told += differences(step, right, f"{path} {name}")
        for file in (RESULTS / chain["corpus"]).glob("*.json"):
            figures = json.loads(file.read_text("utf-8"))
            said = (figures["recipe"], figures["model"], figures["scheme"])
            if said == (recipe.name, recipe.model.name, of_scheme):
                size = {"size_bytes": step["size_bytes"]}  # the chain exported them last
                told += differences(figures, {**right, **size}, str(file))
                files[file] = figures
    return {**files, path: chain}, told


def main() -> None:
    """Check every chain whose front end is to be had."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write what was counted")
    write, wrong = parser.parse_args().write, []
    for path in sorted((RESULTS / "chains").glob("*.json")):
        try:
            files, told = check(path)
        except ConfigError as error:
            print(f"{path}: not counted, {error}", file=sys.stderr)
            continue
        print("\n".join(told or [f"{path}: as counted"]))
        wrong += told
        for file, values in files.items() if write else ():
            write_json(file, values)
    sys.exit(bool(wrong) and not write)


if __name__ == "__main__":
    main()

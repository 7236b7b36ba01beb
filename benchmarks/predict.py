"""What `predict` costs: builds of this package beside each other, over many files and over one.

    git worktree add ../before COMMIT
    python benchmarks/predict.py ~/ravdess --before ../before

Commands take turns; of each the median of processor time, of all of its process: start, decoding,
answers. C and bytecode are compiled before. Libsndfile that decodes and does nothing else is the
end of what any build can do.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from lightspeech.audio import folders
from lightspeech.evaluation import machine
from lightspeech.files import write_json

OUTPUT = Path("results/benchmarks/predict.json")
NOW = Path(__file__).parents[1]
NATIVE = ("--backend", "native")
DECODE = "import soundfile, sys; [soundfile.read(path, dtype='float32') for path in sys.argv[1:]]"
ROUNDS = {"many": 9, "one": 15}

Costs = dict[str, float]
"""Seconds of processor time, or how many times as many, of each command."""


def main() -> None:
    """Measure all, and write `OUTPUT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Recordings.")
    parser.add_argument("--before", nargs="*", default=[], type=Path, help="Builds of old.")
    asked = parser.parse_args()
    files = [str(path) for path in folders.listing(asked.folder).recordings]
    commands = {
        **{_commit(build): _predict(build) for build in asked.before},
        "now": _predict(NOW),
        "now, native": [*_predict(NOW), *NATIVE],
    }
    for build in (NOW, *asked.before):  # as an installation does
        subprocess.run([sys.executable, "-m", "compileall", "-q", build / "src"], check=True)
    answers = {name: _answers(command, asked.folder) for name, command in commands.items()}
    alone = {"decoding alone": _python(NOW, "-c", DECODE)}
    rounds = {
        "many": _measure(commands | alone, files, ROUNDS["many"]),
        "one": _measure(commands, files[:1], ROUNDS["one"]),
    }
    seconds = {what: _medians(each) for what, each in rounds.items()}
    times = {what: _times(each) for what, each in rounds.items()}
    about = {"machine": machine.describe(), "files": len(files), "rounds": ROUNDS}
    told = {"seconds": seconds, "times": times, "answers": _apart(answers)}
    write_json(OUTPUT, {**about, **told})
    print(json.dumps(told, indent=1))


def _python(build: Path, *arguments: str) -> list[str]:
    return ["env", f"PYTHONPATH={build.resolve() / 'src'}", sys.executable, *arguments]


def _predict(build: Path) -> list[str]:
    return _python(build, "-m", "lightspeech", "predict", "--json")


def _commit(build: Path) -> str:
    command = ["git", "-C", str(build), "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _answers(command: list[str], folder: Path) -> list[dict[str, Any]]:
    told = subprocess.run([*command, str(folder)], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def _measure(commands: dict[str, list[str]], files: list[str], n: int) -> list[Costs]:
    """Processor time of each in each round; files are named, so that no build looks for them."""
    return [
        {name: _cost([*command, *files]) for name, command in commands.items()} for _ in range(n)
    ]


def _cost(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=os.sep)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _medians(rounds: list[Costs]) -> Costs:
    return {name: round(median(each[name] for each in rounds), 3) for name in rounds[0]}


def _times(rounds: list[Costs]) -> dict[str, Costs]:
    """How many times as long as now each takes, round by round: all of one bear the same load."""
    return {
        now: _medians([{name: s / each[now] for name, s in each.items()} for each in rounds])
        for now in ("now", "now, native")
    }


def _apart(answers: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """How far answers are from those of now."""
    return {
        name: {
            "other_labels": sum(
                a["label"] != b["label"] for a, b in zip(rows, answers["now"], strict=True)
            ),
            "largest_difference": max(
                abs(a["probabilities"][label] - b["probabilities"][label])
                for a, b in zip(rows, answers["now"], strict=True)
                for label in a["probabilities"]
            ),
        }
        for name, rows in answers.items()
        if name != "now"
    }


if __name__ == "__main__":
    main()

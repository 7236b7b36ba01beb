"""Spoilt files through every door: ``python tests/fuzz --inputs 50000 --output FILE.json``.

Inputs come from a seed, so that any of them is made again by its number: ``--door NAME --only 7``.
What was done is kept in the folder of ``--work`` and not done again, unless with ``--fresh``; what
failed is kept there too.
"""

import argparse
import importlib
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import children
from children import GOOD, Ended, Outcome
from doors import Door, audio, bundles, encoders, recipes, results, runs, service, tables, trees

from lightspeech.config import as_dict
from lightspeech.evaluation import reliability
from lightspeech.evaluation.reliability import Fuzzed, Tried
from lightspeech.files import write_json

DOORS = [
    door
    for module in (audio, bundles, recipes, tables, trees, runs, results, encoders, service)
    for door in module.DOORS
]
BATCH = 200
"""Inputs of one process: what leaks in a library is no failure of one of them."""
PROGRESS, FAILURES = "progress.jsonl", "failures"


def main() -> int:
    """Give inputs in; 1 where any of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--door", action="append", help="its name; several times for several")
    parser.add_argument("--leave-out", action="append", default=[], help="name of a door")
    parser.add_argument("--only", type=int, help="number of one input, whose words are printed")
    parser.add_argument("--work", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--fresh", action="store_true", help="do again what was done")
    parser.add_argument("--output", type=Path, help="file of results")
    parser.add_argument("--so-far", action="store_true", help="write what was done, do nothing")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(options.work, ignore_errors=True)
    doors = [door for door in DOORS if not options.door or door.name in options.door]
    doors = [door for door in doors if door.name not in options.leave_out]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        counts = {door.name: _through(door, options, Path(scratch)) for door in doors}
    if options.output:
        write_json(options.output, as_dict(_results(counts, options.seed)))
    n_failed = sum(n for ends in counts.values() for end, n in ends.items() if end not in GOOD)
    print(f"{sum(map(Counter.total, counts.values()))} inputs, {n_failed} failed")
    return int(n_failed > 0)


def _through(door: Door, options: argparse.Namespace, scratch: Path) -> Counter[str]:
    """Give in all inputs of one door, batch by batch; tell how they ended."""
    for name in () if options.so_far else door.imports:
        importlib.import_module(name)
    share = door.share / sum(each.share for each in DOORS)
    numbers = range(max(1, round(options.inputs * share)))
    if options.only is not None:
        numbers = range(options.only, options.only + 1)
    ends: Counter[str] = Counter()
    good: Path | None = None
    for first in range(numbers.start, numbers.stop, BATCH):
        batch = numbers[first - numbers.start :][:BATCH]
        key = [options.seed, door.name, batch.start, batch.stop]
        done = _done(options.work, key) if options.only is None else None
        if done is None and options.so_far:
            continue
        if done is None:
            if good is None:
                good = _made(door, scratch)
                _check_answers(door, good, scratch)
            done = Counter()
            for ended in children.tried(
                door, batch, seed=options.seed, good=good, scratch=scratch / "one"
            ):
                done[ended.outcome.value] += 1
                if ended.outcome not in GOOD or options.only is not None:
                    _keep(door, ended, options, good)
            _note(options.work, key, done)
        ends += done
    print(f"{door.name}: " + ", ".join(f"{n} {end}" for end, n in ends.most_common()), flush=True)
    return ends


def _made(door: Door, scratch: Path) -> Path:
    """Make what is good, in a process of its own: threads of libraries would harm later forks."""
    folder = scratch / door.name
    folder.mkdir()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            door.make(folder)
        except BaseException:
            children.traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError(f"{door.name}: what is good could not be made")
    return folder


def _check_answers(door: Door, good: Path, scratch: Path) -> None:
    """Fail where what is good is refused: whatever is spoilt would be, and nothing be tried."""
    (ended,) = children.tried(
        door, [children.UNTOUCHED], seed=0, good=good, scratch=scratch / "one"
    )
    if ended.outcome is not Outcome.ANSWERED:
        raise RuntimeError(f"{door.name}: what is good is {ended.outcome}: {ended.said}")


def _done(work: Path, key: list[object]) -> Counter[str] | None:
    """Tell how a batch ended that was done before."""
    path = work / PROGRESS
    lines = path.read_text().splitlines() if path.is_file() else []
    return next((Counter(ends) for have, ends in map(json.loads, lines) if have == key), None)


def _note(work: Path, key: list[object], ends: Counter[str]) -> None:
    work.mkdir(parents=True, exist_ok=True)
    with (work / PROGRESS).open("a") as file:
        file.write(json.dumps([key, ends]) + "\n")


def _keep(door: Door, ended: Ended, options: argparse.Namespace, good: Path) -> None:
    """Keep an input and what was said of it, and print the end of that."""
    folder = options.work / FAILURES / f"{door.name}-{ended.number}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "input").mkdir(parents=True)
    rng = children.generator(options.seed, door, ended.number)
    door.spoil(rng, good, folder / "input")
    (folder / "said.txt").write_text(f"{ended.outcome}\n{ended.said}", errors="backslashreplace")
    print(f"{folder}: {ended.outcome}: {ended.said.strip()[-300:]}".encode(errors="replace"))


def _results(counts: dict[str, Counter[str]], seed: int) -> Fuzzed:
    doors = {
        name: Tried(**{end.value: ends[end.value] for end in Outcome})
        for name, ends in counts.items()
        if ends
    }
    limits = {"memory_bytes": children.MEMORY_BYTES, "processor_s": children.PATIENCE_S}
    return Fuzzed(seed=seed, doors=doors, versions=reliability.versions(), **limits)


if __name__ == "__main__":
    sys.exit(main())

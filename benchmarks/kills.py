"""Commands killed at random moments and begun again: the same bytes, and no half file.

``python benchmarks/kills.py --output results/reliability/kills.json``: made speech, small networks,
processes of this machine alone; a quarter of an hour on an idle core. Each command is killed while
it works (a moment after its end does not count) and run again; what it then leaves is compared with
what it leaves undisturbed. A file that is there after the kill, under its own name, must be whole.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import onnxscript  # noqa: F401 (before any fork)
from torchao.quantization.pt2e import quantize_pt2e  # noqa: F401 (before any fork)

from lightspeech import cli
from lightspeech.compression import distill, prune, quantize  # noqa: F401 (before any fork)
from lightspeech.config import as_dict, read_json
from lightspeech.evaluation import reliability
from lightspeech.evaluation.reliability import Killed, Kills
from lightspeech.files import write_json
from lightspeech.progress import no_progress
from lightspeech.studies import folders, material, stages
from lightspeech.studies import recipe as recipes

RECIPE = """
name: {name}
corpus: {{name: synthetic, speakers: 4, sentences: 1}}
protocol: {{name: grouped_k_fold, folds: 2}}
model: {{name: nano, channels: [12, 12]}}
windows: {{window_s: 1.0, hop_s: 0.5}}
training: {{epochs: {epochs}, batch_size: 8}}
compress: [{step}]
"""
DISTILL = "{name: distill, teacher: teacher, crops: 1, training: {epochs: 4}}"
PRUNE = "{name: prune, ratio: 0.3, rounds: 1, epochs: 4, batches: 1}"
QUANTIZE = "{name: quantize, qat_epochs: 2}"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Command:
    """What is killed.

    Attributes:
        work: does it in the current folder; goes on where it finds half of it done.
        made: names what it leaves, as a pattern.
        prepare: does once what stands before it.
    """

    work: Callable[[], None]
    made: str
    prepare: Callable[[], None] = lambda: None


def run(*arguments: str) -> None:
    """Run a command of the console."""
    with contextlib.suppress(SystemExit):
        cli.app(list(arguments))


def _write(name: str, step: str = "", epochs: int = 2) -> None:
    Path(f"{name}.yaml").write_text(RECIPE.format(name=name, step=step, epochs=epochs))


def _train() -> None:
    resume = ("--resume",) if Path("runs/tiny").exists() else ()
    run("train", "tiny.yaml", "--processes", "1", *resume)


def _prepare_step(step: str) -> None:
    """Train the plain runs, and a teacher of them."""
    for name, of_name in (("teacher", ""), ("tiny", step)):
        _write(name, of_name)
        run("train", f"{name}.yaml", "--processes", "1")


def _compress() -> None:
    """Do the step of the recipe without measuring it."""
    chosen, places = recipes.read(Path("tiny.yaml"), []), folders.Places()
    study = folders.begin(chosen, places, resume=True, fresh=False)
    prepared = material.prepare(chosen, study, progress=no_progress)
    protocol = chosen.protocol.module.cut(prepared.utterances, chosen.protocol.config)
    stages.compress(chosen, prepared, protocol, study, places, no_progress, processes=1)


def _prepare_speech() -> None:
    _write("tiny")
    chosen = recipes.read(Path("tiny.yaml"), [])
    material.read_corpora(chosen, progress=no_progress)


def _predict() -> None:
    run("predict", "cache", "--bundle", "nano", "--csv", "--output", "out.csv")


def _serve() -> None:
    """Answer a file, by a server that a kill takes along; keep the answer once it is there."""
    from lightspeech import load
    from lightspeech.serving.access import Access
    from lightspeech.serving.limits import Limits
    from lightspeech.serving.server import Server, bound
    from lightspeech.serving.service import Service

    server = Server(Service({"nano": load("nano")}, Access(), Limits(decoders=1)))
    taken = bound("127.0.0.1", 0)
    client = os.fork()
    if client == 0:
        _ask(taken.getsockname()[1])
        os.kill(os.getppid(), signal.SIGTERM)
        os._exit(0)
    server.run([taken])


def _ask(port: int) -> None:
    content = sorted(Path("cache").rglob("*.flac"))[0].read_bytes()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/predict", content)
    with urllib.request.urlopen(request, timeout=60) as answer:
        write_json(Path("answer.json"), json.loads(answer.read()))


COMMANDS = {
    "train": Command(_train, "runs/tiny/fold*/*", lambda: _write("tiny", epochs=6)),
    "distil": Command(_compress, "runs/tiny/1-*/fold*/*", lambda: _prepare_step(DISTILL)),
    "prune": Command(_compress, "runs/tiny/1-*/fold*/*", lambda: _prepare_step(PRUNE)),
    "quantize": Command(_compress, "runs/tiny/1-*/fold*/*", lambda: _prepare_step(QUANTIZE)),
    "export": Command(lambda: run("export", "nano", "--format", "c99"), "bundles/*/*"),
    "predict --output": Command(_predict, "out.csv", _prepare_speech),
    "serve": Command(_serve, "answer.json", _prepare_speech),
}
GROWING = ("checkpoint.safetensors", "history.jsonl", "run.json")
"""Files that are whole at many moments, each time with other content, or tell the time."""


def main() -> None:
    """Kill all commands, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50, help="of each command")
    parser.add_argument("--command", action="append", choices=COMMANDS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    killed = _before(options.output)
    for name in options.command or COMMANDS:
        rng = Random(f"{options.seed}/{name}")
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            killed[name] = _all_moments(COMMANDS[name], rng, options.moments, Path(folder))
        print(f"{name}: {as_dict(killed[name])}", flush=True)
        if options.output:
            found = Kills(seed=options.seed, commands=killed, versions=reliability.versions())
            write_json(options.output, as_dict(found))


def _before(output: Path | None) -> dict[str, Killed]:
    """Give what is known of other commands, so that one alone can be killed anew."""
    if output is None or not output.exists():
        return {}
    return read_json(Kills, output).commands


def _all_moments(command: Command, rng: Random, n_moments: int, folder: Path) -> Killed:
    """Kill a command at some moments, each in a fresh copy of what stands before it."""
    before, whole = folder / "before", folder / "whole"
    before.mkdir()
    _wait(_started(command.prepare, before))
    shutil.copytree(before, whole)
    began = time.monotonic()
    _wait(_started(command.work, whole))
    takes_s, wanted = time.monotonic() - began, _files(whole, command.made)
    assert wanted, f"{command.made}: nothing was made"
    moments = equal = half_written = 0
    latest_s = 0.0
    while moments < n_moments:
        place, moment_s = folder / "one", rng.uniform(0, takes_s)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(before, place)
        if not _killed(command, place, moment_s):
            takes_s *= 0.95
            continue
        moments, latest_s = moments + 1, max(latest_s, moment_s)
        left = _files(place, command.made)
        half_written += any(content != wanted.get(name) for name, content in left.items())
        _wait(_started(command.work, place))
        equal += _files(place, command.made) == wanted
    return Killed(
        moments=moments, equal=equal, half_written=half_written, latest_s=round(latest_s, 2)
    )


def _killed(command: Command, place: Path, moment_s: float) -> bool:
    """Kill a command with all that it started; False where it had ended."""
    child = _started(command.work, place)
    time.sleep(moment_s)
    has_ended = os.waitpid(child, os.WNOHANG)[0] == child
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not has_ended:
        os.waitpid(child, 0)
    return not has_ended


def _started(work: Callable[[], None], place: Path) -> int:
    """Fork a process that works in a folder, quietly, and that is the first of its group."""
    child = os.fork()
    if child:
        with contextlib.suppress(PermissionError):  # it did so itself, and runs already
            os.setpgid(child, child)
        return child
    try:
        os.setpgid(0, 0)
        os.chdir(place)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(os.open(str(place.parent / "said"), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        work()
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def _wait(child: int) -> None:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise RuntimeError(f"what was not killed ended with {code}")


def _files(folder: Path, pattern: str) -> Files:
    """Read what a command left under its own name, by path."""
    paths = (path for path in folder.glob(pattern) if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in paths
        if not path.name.startswith(".") and path.name not in GROWING
    }


if __name__ == "__main__":
    main()

"""An archive answered by two Ray workers, one of which is killed; and what an hour of sound costs.

    python benchmarks/archive.py --utterances 50000

Made utterances of a second, each another, in tar files. Counted afterwards: recordings that are
missing, or there twice; the memory of the command and of its workers, early and late; and answers
that differ from those of one process. Then, a model after the other, the processor time of one
process for a second of sound, in clips and in long recordings, without that of its start.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import soundfile

from lightspeech.corpora.synthetic_voice import Cues, Speaker, say, sentence
from lightspeech.evaluation import machine
from lightspeech.files import read_json, write_json

OUTPUT = Path("results/benchmarks/archive.json")
MODELS = ("nano", "micro", "small")
RATE = 16_000
SHARD = 500
"""Utterances of a tar file."""
VOICES = 40
"""That utterances are cut from; level and noise make each another."""
CLIP_S, LONG_S = 1, 60
FEW, MORE = 1, 9
"""Tar files whose difference is measured: the start is in both."""
ANSWER = (sys.executable, "-m", "lightspeech", "predict")


def main() -> None:
    """Measure all, or the costs anew, and write `OUTPUT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=50_000)
    parser.add_argument("--costs-alone", action="store_true", help="The proof stays as it is.")
    asked = parser.parse_args()
    proof = read_json(OUTPUT)["proof"] if asked.costs_alone else prove_all(asked.utterances)
    with tempfile.TemporaryDirectory() as folder:
        costs = {name: rates(name, Path(folder)) for name in MODELS}
    write_json(OUTPUT, {"machine": machine.describe(), "proof": proof, "rates": costs})
    print(costs)


def prove_all(n_utterances: int) -> dict[str, Any]:
    """Make an archive, and answer it."""
    with tempfile.TemporaryDirectory() as folder:
        shards = Path(folder, "shards")
        n_shards = -(-n_utterances // SHARD)
        for number in range(n_shards):
            left = min(SHARD, n_utterances - number * SHARD)
            write_shard(shards / f"{number:05}.tar", utterances(number, left, CLIP_S))
        return prove(shards, n_utterances, Path(folder, "answers.parquet"))


def utterances(seed: int, n: int, seconds: int) -> Iterator[bytes]:
    """Make WAV files of a voice at changing levels in changing noise."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        voice = np.resize(VOICE[rng.integers(VOICES)], seconds * RATE)
        level = 10 ** rng.uniform(-1.5, 0)
        file = BytesIO()
        heard = (voice * level + rng.normal(0, 1e-3, len(voice))).clip(-1, 1)
        soundfile.write(file, heard, RATE, "PCM_16", format="WAV")
        yield file.getvalue()


def voices() -> list[Any]:
    """Say a sentence each."""
    rng = np.random.default_rng(0)
    plain = Cues(pitch_st=0, range_st=2, loudness_db=0, rate=1, tilt_db=0, jitter=0.01)
    people = [
        Speaker(f0_hz=f0_hz, tract=1, loudness_db=0, rate=1, expression=1)
        for f0_hz in np.linspace(90, 250, VOICES)
    ]
    return [say(sentence(rng), speaker, plain, rng) for speaker in people]


def write_shard(path: Path, files: Iterator[bytes]) -> None:
    """Pack WAV files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for number, content in enumerate(files):
            member = tarfile.TarInfo(f"{path.stem}-{number:05}.wav")
            member.size = len(content)
            tar.addfile(member, BytesIO(content))


def prove(shards: Path, n_utterances: int, output: Path) -> dict[str, Any]:
    """Answer all shards on Ray, kill a worker on the way, and count."""
    began = time.monotonic()
    command = (*ANSWER, shards, "--output", output, "--engine", "ray", "--processes", "2")
    running = subprocess.Popen([*map(str, command)])
    n_parts, memory, killed = len(list(shards.iterdir())), Memory(), 0
    while running.poll() is None:
        time.sleep(0.5)
        done = len(list(output.glob("*.parquet")))
        workers = workers_of(running.pid)
        memory.take(done / n_parts, running.pid, workers)
        if not killed and workers and done >= n_parts / 3:
            os.kill(workers[0], signal.SIGKILL)
            killed += 1
    if running.returncode:
        raise SystemExit(f"ended with {running.returncode}")
    table = pq.read_table(output, columns=["path", "label", "error"]).to_pylist()
    asked = {
        f"{shard}/{shard.stem}-{number:05}.wav"
        for at, shard in enumerate(sorted(shards.iterdir()))
        for number in range(min(SHARD, n_utterances - at * SHARD))
    }
    answered = Counter(row["path"] for row in table)
    return {
        "utterances": n_utterances,
        "parts": n_parts,
        "workers": 2,
        "killed": killed,
        "lost": len(asked - set(answered)),
        "twice": sum(times > 1 for times in answered.values()),
        "failed": sum(row["error"] is not None for row in table),
        "differ": differing(shards, output),
        "wall_s": round(time.monotonic() - began, 1),
        "memory_mb": memory.peaks(),
    }


def differing(shards: Path, output: Path) -> int:
    """Count rows of the first and the last shard that one process answers otherwise."""
    chosen = sorted(shards.iterdir())
    alone = output.with_name("alone.parquet")
    command = (*ANSWER, chosen[0], chosen[-1], "--output", alone, "--processes", "1")
    subprocess.run([*map(str, command)], check=True)
    expected = {row["path"]: row for row in pq.read_table(alone).to_pylist()}
    found = {row["path"]: row for row in pq.read_table(output).to_pylist()}
    return sum(found[path] != row for path, row in expected.items())


@dataclass
class Memory:
    """Resident memory in MB of the command and of its largest worker, early and late."""

    taken: list[tuple[float, int, int]] = field(default_factory=list)

    def take(self, share: float, command: int, workers: list[int]) -> None:
        """Look once more, at a share of the parts."""
        if 0 < share and workers:
            self.taken.append((share, resident(command), max(map(resident, workers))))

    def peaks(self) -> dict[str, dict[str, int]]:
        """Give the highest of the first third, and of the last."""
        thirds = {"first third": (0.0, 1 / 3), "last third": (2 / 3, 1.0)}
        return {
            name: {
                "command": max((c for share, c, _ in self.taken if low < share <= high), default=0),
                "worker": max((w for share, _, w in self.taken if low < share <= high), default=0),
            }
            for name, (low, high) in thirds.items()
        }


def resident(process: int) -> int:
    """Read the resident memory of a process in MB; 0 if it has gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize() >> 20


def workers_of(command: int) -> list[int]:
    """List the Ray workers that work for a command: grandchildren, by the name Ray gives them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "cmdline").read_bytes()
            parent = parent_of(int(folder.name))
            if name.startswith(b"ray::_call") and parent_of(parent) == command:
                found.append(int(folder.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def parent_of(process: int) -> int:
    """Read the parent of a process."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def rates(model: str, folder: Path) -> dict[str, float]:
    """Measure seconds of sound that a second of one core answers, in clips and long recordings."""
    return {
        "clips": round(rate(model, folder, CLIP_S, SHARD), 1),
        "long": round(rate(model, folder, LONG_S, SHARD // LONG_S), 1),
    }


def rate(model: str, folder: Path, seconds: int, n: int) -> float:
    """Measure by the difference of two numbers of tar files."""
    shards = [folder / f"{seconds}s" / f"{number}.tar" for number in range(MORE)]
    for number, shard in enumerate(shards):
        if not shard.exists():
            write_shard(shard, utterances(number, n, seconds))
    few, more = (processor_time(model, shards[:number], folder) for number in (FEW, MORE))
    return (MORE - FEW) * n * seconds / (more - few)


def processor_time(model: str, shards: list[Path], folder: Path) -> float:
    """Answer shards in one process; give the seconds of processor that it took in all."""
    output = folder / f"{model}-{len(shards)}-{shards[0].parent.name}.parquet"
    command = (*ANSWER, *shards, "--bundle", model, "--output", output, "--processes", "1")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*map(str, command)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


VOICE = voices()

if __name__ == "__main__":
    main()

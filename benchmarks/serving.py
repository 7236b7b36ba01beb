"""What ``lightspeech serve`` bears: live streams, uploads, clients that are killed, its own end.

It starts the server itself, on the loopback, asks nothing else, and stops by itself. By hand, on an
otherwise idle machine: ``python benchmarks/serving.py`` (five minutes of streams; needs the extra
``serve``). Server and clients share the cores; of the server alone the processor time is told.
"""

import argparse
import asyncio
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

import lightspeech
from lightspeech.corpora import synthetic
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.serving.client import Client
from lightspeech.serving.protocol import STAMP

OUTPUT = Path("results/benchmarks/serving.json")
RATE = 16_000
CHUNK_S = 0.1
N_BYTES = round(CHUNK_S * RATE) * 2
SETTLED = 0.2
"""Share of the time after which memory is compared: caches and threads are there then."""
KILLED = 50
UPLOADS_AT_ONCE = 8
BATCHES = (1, 4, 16, 32)
HELLO = {"type": "hello", "sample_rate": RATE, "turns": False, "segments": False}
END = json.dumps({"type": "end"})


@contextmanager
def serving(
    bundle: str, streams: int, backend: str | None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a server; give its address and process."""
    command = [sys.executable, "-m", "lightspeech", "serve", "--port", "0", "--bundle", bundle]
    command += ["--limit", f"streams={2 * streams + KILLED}"]
    command += [] if backend is None else ["--backend", backend]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield server.stdout.readline().split()[0], server
        finally:
            server.terminate()


def speech() -> bytes:
    """Make a minute of a voice by rules, with pauses, as 16-bit samples."""
    with tempfile.TemporaryDirectory() as folder:
        made = synthetic.read(synthetic.Config(speakers=2, sentences=3, root=Path(folder)))
        spoken = [lightspeech.read_audio(one.path) for one in made.utterances]
    pause = np.zeros(RATE, np.float32)
    waveform = np.concatenate([part for one in spoken for part in (one, pause)])
    return (np.resize(waveform, 60 * RATE) * 32_767).astype("<i2").tobytes()


class Stream:
    """One live client: sends in real time, and measures how long answers take."""

    def __init__(self, sound: bytes) -> None:
        """Begin somewhere in a minute of sound."""
        self._sound, self._at = sound, random.randrange(len(sound) // N_BYTES)
        self._sent_s: list[float] = []
        self.lags_s: list[float] = []
        self.dropped_s = 0.0
        self.n_answers, self.is_ended = 0, False

    async def run(self, address: str, seconds: float, *, ends: bool = True) -> None:
        """Send so many seconds; then say that no more comes, or wait for the server to end."""
        await asyncio.sleep(random.random() * 1.0)  # people do not begin to speak together
        async with connect(address, compression=None, proxy=None) as socket:
            await socket.send(json.dumps(HELLO))
            listening = asyncio.create_task(self._listen(socket))
            begin = time.monotonic()
            for number in range(round(seconds / CHUNK_S)):
                await asyncio.sleep(begin + (number + 1) * CHUNK_S - time.monotonic())
                try:
                    await socket.send(STAMP.pack(begin + number * CHUNK_S) + self._chunk(number))
                except ConnectionClosed:
                    break
                self._sent_s.append(time.monotonic())
            if ends:
                await socket.send(END)
            await listening

    def _chunk(self, number: int) -> bytes:
        at = (self._at + number) * N_BYTES % len(self._sound)
        return self._sound[at : at + N_BYTES]

    async def _listen(self, socket: Any) -> None:
        try:
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "now":
                    self.n_answers += 1
                    sent_s = self._sent_s[
                        min(round(message["at_s"] / CHUNK_S), len(self._sent_s)) - 1
                    ]
                    self.lags_s.append(time.monotonic() - sent_s)
                elif message["type"] == "end":
                    self.dropped_s, self.is_ended = message["dropped_s"], True
        except ConnectionClosed:
            pass


def used(pid: int) -> tuple[float, int]:
    """Give seconds of processor time and resident bytes of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def n_windows(bundle: str, seconds: float) -> int:
    """Count the windows that are followed by something within so many seconds."""
    windows = lightspeech.load(bundle).bundle.windows
    window, hop = windows.samples(RATE)
    return len(range(0, round(seconds * RATE) - window, hop))


async def live(
    address: str, pid: int, sound: bytes, bundle: str, n_streams: int, seconds: float
) -> Any:
    """Run streams in real time."""
    streams = [Stream(sound) for _ in range(n_streams)]
    running = [asyncio.create_task(one.run(address, seconds)) for one in streams]
    memory = []
    await asyncio.sleep(seconds * SETTLED)
    began_s, (begun_s, _) = time.monotonic(), used(pid)
    while time.monotonic() - began_s < seconds * (0.95 - SETTLED):
        await asyncio.sleep(1)
        memory.append(used(pid)[1])
    wall_s, cpu_s = time.monotonic() - began_s, used(pid)[0] - begun_s
    await asyncio.gather(*running)
    lags_ms = 1000 * np.concatenate([one.lags_s for one in streams])
    return {
        "streams": n_streams,
        "seconds": seconds,
        "answers": int(len(lags_ms)),
        "answers_expected": n_streams * n_windows(bundle, seconds),
        "dropped_s": round(sum(one.dropped_s for one in streams), 1),
        "lag_ms": {f"p{p}": round(float(np.percentile(lags_ms, p)), 1) for p in (50, 95, 99, 100)},
        "server_cores": round(cpu_s / wall_s, 3),
        "streams_per_core": round(n_streams * wall_s / cpu_s, 1),
        "memory_mb": {"first": round(memory[0] / 1e6, 1), "last": round(memory[-1] / 1e6, 1)},
    }


def uploads(url: str, n_files: int, sound: bytes) -> Any:
    """Send files, some at once; count those that are answered."""
    client, file = Client(url), io.BytesIO()
    soundfile.write(file, np.frombuffer(sound[: 2 * 2 * RATE], "<i2"), RATE, format="FLAC")
    begin = time.monotonic()
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as threads:
        said = list(threads.map(lambda _: client.predict(file.getvalue()), range(n_files)))
    wall_s = time.monotonic() - begin
    answered = sum(one == said[0] for one in said)
    return {"sent": n_files, "answered_alike": answered, "per_second": round(n_files / wall_s, 1)}


def killed(url: str) -> Any:
    """Kill clients in the middle of their streams; tell how long their streams are there."""
    address = f"ws{url.removeprefix('http')}/v1/stream"
    program = (
        "import sys, time\nfrom contextlib import ExitStack\n"
        "from websockets.sync.client import connect\n"
        "opened = lambda: connect(sys.argv[1], compression=None, proxy=None)\n"
        f"stack = ExitStack(); kept = [stack.enter_context(opened()) for _ in range({KILLED})]\n"
        f"for one in kept: one.send({json.dumps(HELLO)!r}); one.recv(); one.send(bytes(3208))\n"
        "print('open', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, address]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as clients:
        assert clients.stdout
        clients.stdout.readline()
        there = _n_streams(url)
        clients.kill()
    begin = time.monotonic()
    while _n_streams(url) and time.monotonic() - begin < 10:
        time.sleep(0.01)
    return {
        "clients": there,
        "left": _n_streams(url),
        "seconds": round(time.monotonic() - begin, 3),
    }


def _n_streams(url: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        text = answer.read().decode()
    [line] = [line for line in text.splitlines() if line.startswith("lightspeech_streams ")]
    return int(float(line.split()[1]))


async def ended(address: str, server: Any, sound: bytes, n_streams: int) -> Any:
    """End the server while people speak; count answers to what was sent before."""
    streams = [Stream(sound) for _ in range(n_streams)]
    running = [asyncio.create_task(one.run(address, 60, ends=False)) for one in streams]
    await asyncio.sleep(8)
    server.send_signal(signal.SIGTERM)
    await asyncio.gather(*running)
    return {
        "streams": n_streams,
        "ended_with_all_said": sum(one.is_ended for one in streams),
        "exit_code": server.wait(20),
    }


def alone(bundle: str) -> Any:
    """Cost of a window: asked alone by ``recognizer(window)``, and by the runtime in batches."""
    recognizer = lightspeech.load(bundle)
    windows = recognizer.bundle.windows
    n_window, n_hop = windows.samples(recognizer.sample_rate)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (32, n_window)).astype(np.float32)

    def cost_s(work: Any, n_windows: int, rounds: int) -> float:
        work()
        begin = time.process_time()
        for _ in range(rounds):
            work()
        return (time.process_time() - begin) / rounds / n_windows

    window_s = cost_s(lambda: recognizer(noise[0], sample_rate=recognizer.sample_rate), 1, 200)
    network_ms = {}
    for size in BATCHES:
        batch = noise[:size]
        work = partial(recognizer.predictor.predict, batch)
        network_ms[str(size)] = round(1000 * cost_s(work, size, 320 // size), 3)
    return {
        "window_ms": round(1000 * window_s, 3),
        "streams_per_core": round(n_hop / recognizer.sample_rate / window_s, 1),
        "network_ms_by_batch": network_ms,
    }


def main() -> None:
    """Measure, and write one file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bundle", default="micro")
    asked.add_argument("--backend", help="of the server; what it is compared with has its own")
    asked.add_argument("--streams", type=int, default=200)
    asked.add_argument("--seconds", type=float, default=300.0)
    asked.add_argument("--uploads", type=int, default=2_000)
    asked.add_argument("--output", type=Path, default=OUTPUT)
    got = asked.parse_args()
    random.seed(0)
    sound = speech()
    figures: dict[str, Any] = {"machine": machine.describe(), "bundle": got.bundle}
    figures["backend"] = got.backend
    figures["load_before"] = round(os.getloadavg()[0], 2)  # of others; above 0 it costs latency
    figures["alone"] = alone(got.bundle)
    with serving(got.bundle, got.streams, got.backend) as (url, server):
        address = f"ws{url.removeprefix('http')}/v1/stream"
        figures["live"] = asyncio.run(
            live(address, server.pid, sound, got.bundle, got.streams, got.seconds)
        )
        print(json.dumps(figures["live"]))
        figures["uploads"] = uploads(url, got.uploads, sound)
        figures["killed"] = killed(url)
        figures["ended"] = asyncio.run(ended(address, server, sound, got.streams // 4))
    ratio = figures["live"]["streams_per_core"] / figures["alone"]["streams_per_core"]
    figures["streams_per_core_ratio"] = round(ratio, 2)
    write_json(got.output, figures)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()

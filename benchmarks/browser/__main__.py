"""Measure bytes to load, time to the first answer and time a window, in one run in Chromium.

By hand, on an otherwise idle machine: ``python -m benchmarks.browser DIST``, DIST being the folder
``dist`` of the npm package onnxruntime-web. Needs Chromium and what `export --format wasm` needs.
onnxruntime-web runs the same model on one thread, with the voice gate in JavaScript, as
examples/browser does: as the ONNX that lightspeech writes, and as the one that torch's exporter
does, which is what there was before. The WebAssembly holds its gate.
"""

import argparse
import http.server
import json
import os
import queue
import shutil
import statistics
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import onnx_speed

from lightspeech import bundle
from lightspeech.evaluation import machine
from lightspeech.export import recover
from lightspeech.files import write_json
from lightspeech.workflows.convert import convert

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "browser"
OUTPUT = Path("results/benchmarks/browser.json")
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
OWN, OTHERS = "wasm", ("onnxruntime", "exported")
WAYS = (OWN, *OTHERS)
GATED = (OWN, OTHERS[0])
"""Ways that are timed with the voice gate too, which is the same in JavaScript for all ONNX."""
OWN_FILES = {"measure.html", "measure.js", "done", "favicon.ico"}
STARTS = 7
TIMEOUT_S = 300
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, counts the bytes of its files, and takes what the page measured.

    One connection a page and one packet a small file, lest the server be what is timed.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        """Isolate the page: its clock ticks in microseconds then."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file, and count it unless it is of the measurement itself."""
        data = source.read()
        if Path(self.path.partition("?")[0]).name not in OWN_FILES:
            self.server.n_bytes += len(data)  # type: ignore[attr-defined]
        outputfile.write(data)

    def do_POST(self) -> None:  # noqa: N802 (the base class names it)
        """Keep the figures."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.figures.put(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()


@contextmanager
def serving(folder: Path) -> Any:
    """Serve a folder on the loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as s:
        s.figures, s.n_bytes = queue.Queue(), 0  # type: ignore[attr-defined]
        threading.Thread(target=s.serve_forever, daemon=True).start()
        yield s
        s.shutdown()


def ask(server: Any, query: str) -> tuple[Any, int]:
    """Open a page in a browser that was never here; give its figures and the bytes it loaded."""
    server.n_bytes = 0
    address = f"http://127.0.0.1:{server.server_port}/measure.html?{query}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ["chromium", *FLAGS, f"--user-data-dir={profile}", address]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as browser:
            try:
                found = server.figures.get(timeout=TIMEOUT_S)
            finally:
                browser.terminate()
    if isinstance(found, dict) and "error" in found:
        raise SystemExit(found["error"])
    return found, server.n_bytes


def page(model: str, dist: Path, folder: Path) -> None:
    """Lay out all that the pages load."""
    for name in ("recognizer.js", "windows.js", "gate.js", "gate.json"):
        shutil.copy(EXAMPLE / name, folder)
    shutil.copy(HERE / "measure.js", folder)
    text = '<!doctype html><meta charset="utf-8"><script type="module" src="measure.js"></script>'
    (folder / "measure.html").write_text(text)
    (folder / "ort").mkdir()
    for name in RUNTIME:
        shutil.copy(dist / name, folder / "ort")
    source = bundle.read(model)
    ours = convert(source, format="onnx", bundles=folder, name="bundle")
    run = recover.recover(source)
    exported = onnx_speed.exported(run, run.config.front.layer(any_length=False))
    bundle.write(replace(ours, path=folder / "exported"), exported)
    shutil.move(convert(source, format="wasm", bundles=folder).path, folder / "wasm")


def told(times_ms: list[float]) -> dict[str, float]:
    """Give the least and the median."""
    return {"least": min(times_ms), "median": statistics.median(times_ms)}


def ratios(figures: dict[str, dict[str, Any]], way: str) -> dict[str, float]:
    """Tell how many times what WebAssembly takes another way takes; of times the least."""
    found = {}
    for name, of in figures.items():
        if way in of:
            one, other = (x if name == "bytes" else x["least"] for x in (of[OWN], of[way]))
            found[name] = round(other / one, 1)
    return found


def version(command: list[str]) -> str:
    """Say what a program calls itself."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Measure, and write one file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("dist", type=Path)
    asked.add_argument("--bundle", default="micro")
    asked.add_argument("--output", type=Path, default=OUTPUT)
    got = asked.parse_args()
    load = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as folder:
        page(got.bundle, got.dist, Path(folder))
        with serving(Path(folder)) as server:
            starts: dict[str, list[float]] = {way: [] for way in WAYS}
            n_bytes = {}
            for _ in range(STARTS):
                for way in WAYS:
                    ms, n_bytes[way] = ask(server, f"start={way}")
                    starts[way].append(ms)
            windows, _ = ask(server, "windows")
    package = json.loads((got.dist.parent / "package.json").read_text("utf-8"))
    figures: dict[str, dict[str, Any]] = {
        "bytes": n_bytes,
        "start_ms": {way: told(starts[way]) for way in WAYS},
        "window_ms": {way: windows[way] for way in WAYS},
        "gated_window_ms": {way: windows[f"{way}_gated"] for way in GATED},
    }
    written = {
        "machine": machine.describe(),
        "browser": version(["chromium", "--version"]),
        "onnxruntime_web": package["version"],
        "bundle": got.bundle,
        "load_before": load,
        **figures,
        "hop_ms": windows["wasm_hop"],
        "max_difference": windows["difference"],
        "ratios": {way: ratios(figures, way) for way in OTHERS},
    }
    write_json(got.output, written)
    print(json.dumps(written["ratios"]))


if __name__ == "__main__":
    main()

"""What a model costs in a browser: own WebAssembly beside onnxruntime-web."""

from pathlib import Path
from typing import Any

from lightspeech.files import read_json
from lightspeech.reporting import costs

FILE = "benchmarks/browser.json"
ROWS = {
    "bytes to load": "bytes", "start to first answer, ms": "start_ms",
    "a window, ms": "window_ms", "a window with voice gate, ms": "gated_window_ms",
}  # fmt: skip
OTHERS = ("onnxruntime", "exported")
NONE = ""


def describe(root: Path) -> str:
    """Write a table of what was measured in one run, and a line about that run.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    found = read_json(root / FILE, remedy="type: python -m benchmarks.browser DIST")
    rows = [
        (
            name,
            _told(found, key, "wasm"),
            *(cell for way in OTHERS for cell in _beside(found, key, way)),
        )
        for name, key in ROWS.items()
    ]
    head = ("", "WebAssembly", "onnxruntime-web", "ratio", "with torch's ONNX", "ratio")
    return (
        f"{costs.table(head, rows)}\n\n`{found['bundle']}`, int8, on one thread of "
        f"{found['machine']['cpu']}, in {found['browser'].partition(' built')[0]}, with "
        f"onnxruntime-web {found['onnxruntime_web']}; the least of each time, to which other "
        f"programs of the machine (load {found['load_before']}) add least, in turns; the file has "
        "the medians too. onnxruntime-web "
        "runs the ONNX that lightspeech writes and, in the last two columns, what torch's exporter "
        "makes of the same model, as lightspeech did before. The voice gate is in the "
        "WebAssembly, and JavaScript beside onnxruntime-web. A second of a stream costs "
        f"{found['hop_ms']['least']:.2f} ms. By `python -m benchmarks.browser`."
    )


def _beside(found: dict[str, Any], key: str, way: str) -> tuple[str, str]:
    if way not in found[key]:
        return NONE, NONE
    ratio = _figure(found, key, way) / _figure(found, key, "wasm")
    return _told(found, key, way), f"{ratio:.1f} ×"


def _told(found: dict[str, Any], key: str, way: str) -> str:
    figure = _figure(found, key, way)
    return f"{figure:,}" if key == "bytes" else f"{figure:.2f}"


def _figure(found: dict[str, Any], key: str, way: str) -> float:
    figure: float = found[key][way] if key == "bytes" else found[key][way]["least"]
    return figure

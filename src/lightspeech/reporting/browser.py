"""What a model costs in a browser: own WebAssembly beside onnxruntime-web."""

from pathlib import Path
from typing import Any

from lightspeech.files import read_json
from lightspeech.reporting import costs

FILE = "benchmarks/browser.json"
UNITS = {"bytes to load": "bytes", "start to first answer, ms": "start", "a window, ms": "window"}


def describe(root: Path) -> str:
    """Write a table of what was measured in one run, and a line about that run.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    found = read_json(root / FILE, remedy="type: python -m benchmarks.browser DIST")
    rows = [
        (name, *(_told(found, key, way) for way in ("onnxruntime", "wasm")), f"{ratio:.1f} ×")
        for name, key in UNITS.items()
        for ratio in [found["ratios"][key]]
    ]
    table = costs.table(("", "onnxruntime-web", "WebAssembly", "ratio"), rows)
    return (
        f"{table}\n\n`{found['bundle']}`, int8, on one thread of {found['machine']['cpu']}, in "
        f"{found['browser'].partition(' built')[0]}, with onnxruntime-web "
        f"{found['onnxruntime_web']}; medians, windows in turns. The window of WebAssembly holds "
        f"the voice gate; beside onnxruntime-web it is JavaScript and takes "
        f"{found['gate_in_javascript_ms']['median']:.1f} ms more. A second of a stream costs "
        f"{found['hop_ms']['median']:.2f} ms. By `python -m benchmarks.browser`."
    )


def _told(found: dict[str, Any], key: str, way: str) -> str:
    if key == "bytes":
        return f"{found['bytes'][way]:,}"
    return f"{found[f'{key}_ms'][way]['median']:.2f}"

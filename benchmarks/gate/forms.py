"""The gate's weights in the forms that other programs read: JSON and ONNX."""

import json
from pathlib import Path

from benchmarks.gate import graph

from lightspeech.audio import gate

EXAMPLES = Path("examples")
JSON = (EXAMPLES / "browser/gate.json", EXAMPLES / "android/app/src/main/assets/gate.json")


def write() -> None:
    """Write all forms, into the package and the examples of this checkout."""
    text = json.dumps(gate.described(), separators=(",", ":")) + "\n"
    for path in JSON:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    Path(gate.__file__).with_name(gate.GRAPH).write_bytes(graph.model().SerializeToString())

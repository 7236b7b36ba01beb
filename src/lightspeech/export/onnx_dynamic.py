"""ONNX whose recurrent layers and products have int8 weights; inputs by scales of the moment.

What a float run becomes without calibration: onnxruntime finds the scale of every input as it runs.
"""

import re
from typing import Any

from lightspeech.export import onnx
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import never as rewrite  # noqa: F401
from lightspeech.export._bundled import nobody as network_alone  # noqa: F401
from lightspeech.models.int8_onnx import dynamic
from lightspeech.training.run import Run

HOLDS = ("mel", "waveform", "pair", "text")
"""Front ends that it can write."""
KNOWS_SPEAKER = True
"""Whether it writes a network that takes features without a voice."""
TAKES = ("fp32",)
"""Number formats of the runs it takes."""
SUFFIX = ".onnx"
"""Of its model file."""
PREFIXED = False
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = True
"""Whether it writes a model that tells ratings in place of classes."""
KINDS = ("LSTM", "Gemm", "MatMul", "Gather")
"""Gather: of the vectors of words, which are most of a small text encoder."""
FRONT_END = re.compile(r"layer\.|.*\.log_mel\.")
"""Begins the names of its tables, also where a network hears waveforms: energies span more than
int8."""


def to_bytes(run: Run) -> bytes:
    """Export a run in floats to one ONNX model and make its layers int8.

    Raises:
        ConfigError: if its front end cannot be held.
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    model = onnx.parsed(onnx.to_bytes(run))
    in_floats = [node.name for node in model.graph.node if _is_of_front_end(node)]
    return dynamic(model, in_floats, KINDS)


def _is_of_front_end(node: Any) -> bool:
    return any(FRONT_END.match(name) for name in node.input)


export = exporter(to_bytes, onnx.MODEL_FILE)

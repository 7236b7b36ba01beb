"""ONNX of the network alone, features in: for a system that has the front end already."""

from functools import partial

from lightspeech.export import onnx
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import nobody as network_alone  # noqa: F401

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = True
"""Whether it writes a network that takes features without a voice."""
TAKES = ("fp32", "int8")
"""Number formats of the runs it takes."""
SUFFIX = ".onnx"
"""Of its model file."""

export = exporter(partial(onnx.to_bytes, network_alone=True), onnx.MODEL_FILE)

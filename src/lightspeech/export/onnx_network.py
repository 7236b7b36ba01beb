"""ONNX of the network alone, features in: for a system that has the front end already."""

from functools import partial

from lightspeech.export import onnx
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import never as rewrite  # noqa: F401
from lightspeech.export._bundled import nobody as network_alone  # noqa: F401

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = True
"""Whether it writes a network that takes features without a voice."""
TAKES = ("fp32", "int8")
"""Number formats of the runs it takes."""
SUFFIX = ".onnx"
"""Of its model file."""
PREFIXED = False
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = False
"""Whether it writes a model that tells ratings in place of classes."""

export = exporter(partial(onnx.to_bytes, network_alone=True), onnx.MODEL_FILE)

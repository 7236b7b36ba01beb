"""ONNX with the network in 16 bits; the front end keeps 32, since energies span more than fp16."""

from functools import partial

from lightspeech.export import onnx
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import never as rewrite  # noqa: F401
from lightspeech.export._bundled import nobody as network_alone  # noqa: F401

HOLDS = ("mel", "waveform")
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

export = exporter(partial(onnx.to_bytes, half=True), onnx.MODEL_FILE)

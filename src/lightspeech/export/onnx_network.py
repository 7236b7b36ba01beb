"""ONNX of the network alone, features in: for a system that has the front end already."""

from functools import partial

from lightspeech.export import onnx
from lightspeech.export._bundled import exporter

export = exporter(partial(onnx.to_bytes, front_end=False), onnx.MODEL_FILE, knows_speaker=True)

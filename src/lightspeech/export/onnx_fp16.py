"""ONNX with the network in 16 bits; the front end keeps 32, since energies span more than fp16."""

from functools import partial

from lightspeech.export import onnx
from lightspeech.export._bundled import exporter

export = exporter(partial(onnx.to_bytes, half=True), onnx.MODEL_FILE, knows_speaker=True)

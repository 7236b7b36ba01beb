"""ONNX with the network in 16 bits; the front end keeps 32, since energies span more than fp16."""

from lightspeech import bundle
from lightspeech.bundle import Bundle
from lightspeech.export import onnx
from lightspeech.training.run import Run


def export(done: Run, to: Bundle) -> Bundle:
    """Write a run as an ONNX bundle in half precision.

    Args:
        done: the run, in floats.
        to: what the bundle is to say, and its folder.

    Returns:
        The bundle with the model's hash and size.

    Raises:
        ConfigError: if the run is int8.
        OutputError: if the folder cannot be written.
    """
    return bundle.write(to, onnx.to_bytes(done, half=True))

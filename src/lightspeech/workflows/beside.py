"""What lies beside the model in the folder of a bundle that was exported."""

from lightspeech.audio import gate
from lightspeech.bundle import CARD, Bundle
from lightspeech.files import replacing, write_text
from lightspeech.inference.backends import onnx
from lightspeech.reporting.card import card


def write(bundle: Bundle) -> None:
    """Write the card, and beside ONNX the voice gate as ONNX where it hears the bundle's rate.

    Args:
        bundle: as it was written.

    Raises:
        OutputError: if the folder cannot be written.
    """
    write_text(bundle.path / CARD, card(bundle))
    if onnx.opens(bundle) and bundle.sample_rate == gate.MEL.sample_rate:
        with replacing(bundle.path / gate.GRAPH) as file:
            file.write_bytes(gate.graph())

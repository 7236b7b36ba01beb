"""A network in torch as a ``.tflite`` file, by litert-torch."""

import copy
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from lightspeech.errors import MissingExtra
from lightspeech.export import tflite_lstm
from lightspeech.quiet import muted


def convert(network: nn.Module, example: Tensor, *, quantized: bool) -> bytes:
    """Convert a network for inputs of the shape of an example.

    Args:
        network: stays as it is.
        example: zeros, as it hears.
        quantized: whether it holds scales, so that weights are stored as int8.

    Raises:
        MissingExtra: if litert-torch is not installed.
        BundleError: see `tflite_lstm.put_in`.
    """
    with muted(), tempfile.TemporaryDirectory() as folder:
        try:
            import litert_torch
            from litert_torch.quantize.pt2e_quantizer import (
                PT2EQuantizer,
                get_symmetric_quantization_config,
            )
            from litert_torch.quantize.quant_config import QuantConfig
        except ModuleNotFoundError:
            raise MissingExtra("export to LiteRT and C99", "litert") from None
        scheme = get_symmetric_quantization_config(is_per_channel=True)
        config = QuantConfig(pt2e_quantizer=PT2EQuantizer().set_global(scheme))
        converted = litert_torch.convert(
            _contiguous(network), (example,), quant_config=config if quantized else None
        )
        file = Path(folder) / "model.tflite"
        converted.export(str(file))
        model = file.read_bytes()
    return tflite_lstm.put_in(model, network)


def _contiguous(network: nn.Module) -> nn.Module:
    """Copy a network with its weights in plain order.

    litert-torch 0.10 knows constants by their address, and makes a passing copy of those that are
    not contiguous: of two of one shape, the second may get the values of the first.
    """
    copied = copy.deepcopy(network)
    with torch.no_grad():
        for weight in (*copied.parameters(), *copied.buffers()):
            weight.data = weight.contiguous()
    return copied

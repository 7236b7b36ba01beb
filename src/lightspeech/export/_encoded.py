"""ONNX of a head on an encoder of our own: the file of the encoder, int8 and all, then the head.

Where blocks were trained with the head, the products of both are int8 too.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lightspeech.data import encoder, onnx_encoder
from lightspeech.errors import BundleError, ConfigError
from lightspeech.quiet import silent
from lightspeech.training.int8_onnx import OPSET, dynamic
from lightspeech.training.run import Run

OUTPUT = "probabilities"
PREFIX = "head_"


class Answer(nn.Module):
    """Hidden states of a batch to probabilities."""

    def __init__(self, done: Run) -> None:
        """Take a finished run that has an encoder."""
        super().__init__()
        assert done.config.encoder is not None
        self.encoder, self.network, self.temperature = (
            done.config.encoder, done.network, done.temperature,
        )  # fmt: skip

    def forward(self, states: Tensor) -> Tensor:
        """Hidden states, shape ``(batch, layers, states, width)``, to ``(batch, n_classes)``."""
        features = encoder.pool_batch(states, self.encoder)
        return torch.softmax(self.network(features) / self.temperature, dim=1)


def to_bytes(done: Run) -> bytes:
    """Export encoder and head as one model, waveform to probabilities, batch and length dynamic.

    Raises:
        ConfigError: if the encoder is none of ours: those of `transformers` have no file to hold.
        BundleError: if the exporter gives nothing.
    """
    import onnx

    cfg = done.config.encoder
    folder = None if cfg is None else encoder.own(cfg)
    if cfg is None or folder is None:
        raise ConfigError("only an encoder that `lightspeech shrink` made can be exported")
    head = _head(done)
    if cfg.tuned:
        head = onnx.load_model_from_string(dynamic(head))
    head = onnx.compose.add_prefix(head, PREFIX, rename_inputs=False, rename_outputs=False)
    heard = _read(folder / onnx_encoder.MODEL, head)
    made = onnx.compose.merge_models(heard, head, io_map=[(onnx_encoder.OUTPUT,) * 2])
    data: bytes = made.SerializeToString()
    return data


def _head(done: Run) -> Any:
    import onnxslim

    cfg = done.config.encoder
    assert cfg is not None
    sizes = {0: torch.export.Dim("batch"), 2: torch.export.Dim("states", min=2)}
    with silent():
        program = torch.onnx.export(
            Answer(done).eval(),
            (torch.zeros(2, cfg.n_layers, 150, cfg.width),),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=(sizes,),
            input_names=[onnx_encoder.OUTPUT],
            output_names=[OUTPUT],
            verbose=False,
        )
        if program is None:
            raise BundleError(f"{done.config.model.name}: ONNX export gave no model")
        return onnxslim.slim(program.model_proto)


def _read(path: Path, beside: Any) -> Any:
    """Read an encoder's model, of the same version as the one it is to stand beside."""
    import onnx

    made = onnx.load(path, load_external_data=False)
    made.ir_version = beside.ir_version
    return made

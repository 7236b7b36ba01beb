"""ONNX of a head on an encoder of our own: the file of the encoder, int8 and all, then the head.

Where blocks were trained with the head, the products of both are int8 too. Where a network of bands
answers beside the head, it is in the file with its front end and its integers.
"""

from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from lightspeech.audio.frontend import FrontEnd
from lightspeech.errors import BundleError, ConfigError
from lightspeech.frontends import pretrained, small_encoder
from lightspeech.frontends.mel_layer import FrontEndLayer
from lightspeech.models.fusion import Fusion
from lightspeech.models.int8 import Int8Network
from lightspeech.models.int8_onnx import OPSET, Converted, dynamic
from lightspeech.quiet import silent
from lightspeech.training.run import Run

OUTPUT = "probabilities"
PREFIX = "head_"
BESIDE = "waveform_beside"
"""What the network beside the head hears, until both models are one."""


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
        return self.probabilities(self.network(pretrained.pool_batch(states, self.encoder)))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Logits to probabilities, both ``(batch, n_classes)``."""
        return torch.softmax(logits / self.temperature, dim=1)


class FusedAnswer(Answer):
    """The same with a network of bands beside it, which hears the waveform itself."""

    def __init__(self, done: Run, front: FrontEnd) -> None:
        """Take a finished run of two networks, and the front end of the second."""
        super().__init__(done)
        self.both = cast(Fusion, done.network)
        self.frontend = FrontEndLayer(front)
        self.second = Converted(cast(Int8Network, self.both.second))

    def forward(self, states: Tensor, waveform: Tensor) -> Tensor:  # type: ignore[override]
        """Answer by both, see `Answer.forward`; waveforms have shape ``(batch, samples)``."""
        first = self.both.first(pretrained.pool_batch(states, self.encoder))
        second = self.second(self.frontend(waveform))
        return self.probabilities(self.both.fuse(first, second))


def to_bytes(done: Run) -> bytes:
    """Export encoder and head as one model, waveform to probabilities, batch and length dynamic.

    Raises:
        ConfigError: if the encoder is none of ours: those of `transformers` have no file to hold.
        BundleError: if the exporter gives nothing.
    """
    import onnx

    cfg = done.config.encoder
    folder = None if cfg is None else pretrained.own(cfg)
    if cfg is None or folder is None:
        raise ConfigError("only an encoder that `lightspeech shrink` made can be exported")
    head = _head(done)
    if cfg.tuned:
        head = onnx.load_model_from_string(dynamic(head))
    head = onnx.compose.add_prefix(head, PREFIX, rename_inputs=False, rename_outputs=False)
    heard = _read(folder / small_encoder.MODEL, head)
    made = onnx.compose.merge_models(heard, head, io_map=[(small_encoder.OUTPUT,) * 2])
    if done.config.beside is not None:
        _hear_once(made.graph)
    data: bytes = made.SerializeToString()
    return data


def _hear_once(graph: Any) -> None:
    """Let the network beside the head hear the input of the encoder."""
    for node in graph.node:
        node.input[:] = [small_encoder.INPUT if n == BESIDE else n for n in node.input]
    heard, beside = (
        next(each for each in graph.input if each.name == name)
        for name in (small_encoder.INPUT, BESIDE)
    )
    heard.type.CopyFrom(beside.type)  # its length is fixed, as that of every int8 network
    graph.input.remove(beside)


def _head(done: Run) -> Any:
    import onnxslim

    cfg, beside = done.config.encoder, done.config.beside
    assert cfg is not None
    batch = torch.export.Dim("batch")
    answer, names = Answer(done), [small_encoder.OUTPUT]
    example = [torch.zeros(2, cfg.n_layers, 150, cfg.width)]
    sizes = [{0: batch, 2: torch.export.Dim("states", min=2)}]
    if beside is not None:
        samples, _ = beside.windows.samples(beside.frontend.sample_rate)
        answer, names = FusedAnswer(done, beside.frontend), [*names, BESIDE]
        example, sizes = [*example, torch.zeros(2, samples)], [*sizes, {0: batch}]
    with silent():
        program = torch.onnx.export(
            answer.eval(),
            tuple(example),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=tuple(sizes),
            input_names=names,
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

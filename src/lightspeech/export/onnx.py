"""ONNX with the front end inside: waveform in, probabilities out; fp32, or int8 as trained.

A model that knows its speaker takes features, since their voice is taken out before it. A front end
that has a file of its own, such as a small encoder, stands before the network in one model, int8 as
far as its file is; where blocks of it were trained with the network, the products of both are int8.

Batch and length are dynamic; an int8 network was prepared for one window, so its length is fixed.
"""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lightspeech.errors import ConfigError
from lightspeech.export import checks, onnx_mel
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import never as rewrite  # noqa: F401
from lightspeech.frontends import small_encoder
from lightspeech.frontends.contract import Layer
from lightspeech.frontends.inputs import apply
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.models import int8_graph, onnx_export, onnx_transform
from lightspeech.models.int8 import Int8Network
from lightspeech.models.int8_onnx import Converted, dynamic
from lightspeech.runtime.onnx_session import OnnxSession
from lightspeech.training import layout, networks
from lightspeech.training.run import Run

HOLDS = ("mel", "small_encoder", "pair", "encoder", "waveform", "text")
"""Front ends that it can write."""
KNOWS_SPEAKER = True
"""Whether it writes a network that takes features without a voice."""
TAKES = ("fp32", "int8")
"""Number formats of the runs it takes."""
SUFFIX = ".onnx"
"""Of its model file."""
PREFIXED = False
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = True
"""Whether it writes a model that tells ratings in place of classes."""
MODEL_FILE = f"model{SUFFIX}"
WAVEFORM, OUTPUT, RATED = "waveform", "probabilities", "ratings"
PREFIX = "network_"
"""Of all names in the graph of a network, behind the graph of its front end's file."""


class Recognizer(nn.Module):
    """Front end, network, temperature and softmax: what a bundle holds."""

    def __init__(self, run: Run, layer: Layer, *, half: bool = False) -> None:
        """Take a finished run; an int8 network brings its integers.

        Args:
            run: the run.
            layer: computes what its network is given.
            half: weights and activations of the network in 16 bits; the front end's range needs 32.
        """
        super().__init__()
        self.layer = layer
        network = copy.deepcopy(run.network).half() if half else run.network
        self.network, self.half_precision = integers(network), half
        self.temperature, self.ratings = run.temperature, run.config.ratings

    @property
    def output(self) -> str:
        """Name of what it tells."""
        return OUTPUT if self.ratings is None else RATED

    def forward(self, *sources: Tensor) -> Tensor:
        """Compute probabilities, or ratings.

        Args:
            sources: a tensor for each source of the layer, in order, such as waveforms, shape
                ``(batch, samples)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        inputs = self.layer(*sources)
        if self.half_precision and not getattr(self.network, "hears_floats", False):
            inputs = apply(lambda x: x.half() if x.is_floating_point() else x, inputs)
        logits = self.network(inputs).float()
        if self.ratings is not None:
            return self.ratings.told(logits)
        return torch.softmax(logits / self.temperature, dim=1)


def integers(network: nn.Module) -> nn.Module:
    """Give a network in which every prepared int8 network is integer arithmetic."""
    if isinstance(network, Int8Network):
        return Converted(network)
    if not any(isinstance(part, Int8Network) for part in network.modules()):
        return network  # which may hold what cannot be copied, as a parametrized weight
    converted = copy.copy(network)
    converted._modules = {
        name: module and integers(module) for name, module in network._modules.items()
    }
    return converted


def any_length(run: Run) -> bool:
    """Tell whether the network of a run takes windows of any length: no part of it is int8."""
    return not run.config.architecture.int8_parts


def to_bytes(run: Run, *, half: bool = False, network_alone: bool = False) -> bytes:
    """Export a run to one self-contained ONNX model.

    Args:
        run: the run.
        half: the network in 16 bits.
        network_alone: features come from outside.

    Raises:
        ConfigError: if its front end cannot be held.
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    front, length = run.config.front, any_length(run)
    layer = (front.network_alone if network_alone else front.layer)(any_length=length)
    if layer is None:
        raise ConfigError(
            f"{run.config.model.name}: no ONNX file holds {run.config.frontend.name}; "
            f"{checks.remedy(run.config)}"
        )
    model = graph(Recognizer(run, layer, half=half), run.config.model.name)
    if not length:
        int8_graph.fuse(model)
    for part in layer.modules():
        if isinstance(part, MelLayer) and onnx_mel.can(part.cfg):
            onnx_mel.replace(model, part.cfg)
    if front.in_bundle and front.tuned:  # as the run was measured, see `networks.answering`
        model = parsed(dynamic(model))
    for name, source in layer.sources.items():
        if source.model is not None:
            model = _behind(source.model, name, model)
    int8_graph.make_products_unsigned(model)  # of files of sources, which may be older
    data: bytes = model.SerializeToString()
    return data


def graph(recognizer: Recognizer, name: str) -> Any:
    """Export the torch part of a model: the sources of its layer to probabilities, or ratings.

    Args:
        recognizer: the layer, and the network behind it.
        name: of the model, for messages.

    Returns:
        The ONNX model.

    Raises:
        MissingExtra: if the packages of ONNX are not installed.
        BundleError: if the exporter gives nothing.
    """
    sources = recognizer.layer.sources
    batch = torch.export.Dim("batch")  # one for all sources
    return onnx_export.exported(
        recognizer.train(False),
        [source.example for source in sources.values()],
        (tuple({**source.sizes, 0: batch} for source in sources.values()),),
        inputs=[*sources],
        output=recognizer.output,
        name=name,
    )


def parsed(model: bytes) -> Any:
    """Read what `to_bytes` gave."""
    import onnx

    return onnx.load_model_from_string(model)


def _behind(file: Path, name: str, model: Any) -> Any:
    """Put a network behind the file that computes one of its sources; both hear one waveform."""
    import onnx

    before = onnx.load(file, load_external_data=False)
    onnx_transform.replace(before)
    before.ir_version = model.ir_version
    model = onnx.compose.add_prefix(model, PREFIX, rename_outputs=False)
    joined = onnx.compose.merge_models(
        before, model, io_map=[(small_encoder.OUTPUT, f"{PREFIX}{name}")]
    )
    _hear_once(joined.graph)
    return joined


def _hear_once(graph: Any) -> None:
    """Let a network that hears the waveform itself hear the input of the file before it."""
    waveform = next((each for each in graph.input if each.name == f"{PREFIX}{WAVEFORM}"), None)
    if waveform is None:
        return
    for node in graph.node:
        node.input[:] = [WAVEFORM if n == waveform.name else n for n in node.input]
    first = next(each for each in graph.input if each.name == small_encoder.INPUT)
    first.type.CopyFrom(waveform.type)  # its length may be fixed, as that of every int8 network
    graph.input.remove(waveform)


def network_alone(run: Run, folder: Path, threads: int) -> Callable[[], object] | None:
    """Give what runs the network alone, as it is exported, to be timed.

    Args:
        run: its network.
        folder: of the run, where its int8 network is kept as a file.
        threads: that onnxruntime may take.

    Returns:
        Answers one window of features; None where the run is not int8.
    """
    if not (folder / layout.INT8).is_file():
        return None
    session = OnnxSession(to_bytes(run, network_alone=True), run.config.model.name, threads=threads)
    [name], features = session.inputs, networks.window(run.config).numpy()
    return lambda: session.run(OUTPUT, {name: features})


export = exporter(to_bytes, MODEL_FILE)

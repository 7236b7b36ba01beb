"""Networks of int8 weights and activations: one graph that trains, converts and is stored.

A prepared network computes in floats, rounded where the device rounds; its state holds float
weights and the scales of activations, so it is stored, loaded strictly and trained like any other.
Converted, it is the integer arithmetic that ONNX, LiteRT, ExecuTorch and the C code share:
activations int8 with one scale and zero point a tensor, weights symmetric with a scale a channel,
biases int32. Batch norms are folded; what `SpeechModel.standardize` does stays in floats.
"""

import copy
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.fx import GraphModule
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.models.contract import SpeechModel
from lightspeech.quiet import muted


@config
class Int8:
    """How a network becomes int8."""

    ranges: Literal["histogram", "minmax"] = "histogram"
    """What an activation's scale spans: the range of least squared error, or all that was seen."""
    qat_epochs: bounds.Epochs = 0
    """Epochs of training with rounding, under the run's own loss; 0: after training alone."""
    learning_rate: bounds.Rate = 1e-5
    """Peak, falling along a cosine. Folded weights are small: 1e-4 moves them far in 5 epochs."""
    keep_float: tuple[str, ...] = ()
    """Layers left in floats, named as in ``sensitivity.json``; device code in C takes none."""
    sensitivity: bool = False
    """Also measure what each layer alone costs; written to ``sensitivity.json``."""
    calibration_windows: bounds.Count = 1024
    """Windows of the training speakers that ranges are taken from."""


class Int8Network(nn.Module):
    """A prepared network: standardization in floats, then a graph that rounds."""

    def __init__(self, network: nn.Module, example: Tensor, cfg: Int8) -> None:
        """Prepare a network in evaluation mode, its batch norms folded.

        Args:
            network: with ``standardize`` and ``classify``, see `SpeechModel`.
            example: one example of its input, shape ``(1, frames, n_features)``.
            cfg: how.

        Raises:
            ConfigError: see `refuse`, or if ``cfg.keep_float`` names no layer of it.
            MissingExtra: if torchao is not installed.
        """
        super().__init__()
        refuse(network)
        inner, self.outer = copy.deepcopy(network), network
        for name, _ in list(network.named_children()):  # each keeps what the other does not need
            delattr(inner if name == "norm" else self.outer, name)
        self.graph = _prepare(_Classify(inner), torch.zeros(2, *example.shape[1:]), cfg)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of features.

        Args:
            features: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        logits: Tensor = self.graph(self.standardize(features))
        return logits

    def standardize(self, features: Tensor) -> Tensor:
        """Standardize in floats, see `SpeechModel.standardize`.

        Args:
            features: shape ``(batch, frames, n_features)``.

        Returns:
            The same shape.
        """
        return cast(SpeechModel, self.outer).standardize(features)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Int8Network":
        """Copy without what torch has to say of copied graphs."""
        network = Int8Network.__new__(Int8Network)
        memo[id(self)] = network
        with muted():
            network.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return network

    def train(self, mode: bool = True) -> "Int8Network":
        """Change nothing: statistics are frozen, and an exported graph has no modes."""
        return self


def refuse(network: nn.Module) -> None:
    """Refuse a network that has no int8 form.

    Raises:
        ConfigError: if it has a recurrent layer that no device has a kernel for.
    """
    for name, layer in network.named_modules():
        if isinstance(layer, nn.RNNBase) and (why := _unfit(layer)):
            raise ConfigError(
                f"{name} has no int8 form: {why}; quantize a network of nn.LSTM layers of one "
                "direction, batch first, or a convolutional one, such as micro"
            )


def _unfit(layer: nn.RNNBase) -> str | None:
    """Say what of a recurrent layer UNIDIRECTIONAL_SEQUENCE_LSTM does not compute."""
    if not isinstance(layer, nn.LSTM):
        return f"it is a {type(layer).__name__}"
    wrong = {
        "bidirectional": layer.bidirectional,
        f"of {layer.num_layers} layers": layer.num_layers > 1,
        "not batch first": not layer.batch_first,
        "without a bias": not layer.bias,
        "projected": layer.proj_size > 0,
    }
    return next((f"it is {what}" for what, is_so in wrong.items() if is_so), None)


class _Classify(nn.Module):
    """The part that becomes int8."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, standardized: Tensor) -> Tensor:
        return cast(SpeechModel, self.network).classify(standardized)


def fold(network: nn.Module) -> nn.Module:
    """Give a copy whose batch norms after convolutions are folded into them."""
    folded = copy.deepcopy(network).eval()
    for part in list(folded.modules()):
        if isinstance(part, nn.Sequential):
            for place, (layer, after) in enumerate(zip(list(part), list(part)[1:], strict=False)):
                if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                    part[place], part[place + 1] = fuse_conv_bn_eval(layer, after), nn.Identity()
    return folded.requires_grad_()  # a bias that folding made is trained too


def _prepare(classify: nn.Module, example: Tensor, cfg: Int8) -> GraphModule:
    """Export a graph and put a rounding at every tensor that is int8 on a device."""
    with muted():
        try:
            from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e

            from lightspeech.models import lstm_graph
            from lightspeech.models._rounding import Roundings
        except ModuleNotFoundError:
            raise MissingExtra("quantization", "compress") from None
        sizes = ({0: torch.export.Dim("batch")},)
        program = torch.export.export(classify.eval(), (example,), dynamic_shapes=sizes)
        graph = program.module(check_guards=False)
        prepared: GraphModule = prepare_pt2e(graph, Roundings(cfg.ranges, cfg.keep_float))
        lstm_graph.put_in(prepared)
    return prepared


def convert(network: Int8Network, *, fold_weights: bool) -> GraphModule:
    """Turn a prepared network's graph into integer arithmetic: standardized features to logits.

    Args:
        network: with its ranges; it stays as it is.
        fold_weights: store int8 weights (for ONNX); else floats and how to round them (for LiteRT).
    """
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e

    from lightspeech.models import lstm_graph
    from lightspeech.models.lstm_integers import IntegerLSTM, StandIn

    with muted():
        graph = copy.deepcopy(network.graph)
        [features] = graph.graph.find_nodes(op="placeholder")
        # The scales of weights follow the weights, and a network just read has not seen them yet.
        graph(torch.zeros(2, *features.meta["val"].shape[1:]))
        lstm_graph.make_whole(graph, IntegerLSTM if fold_weights else StandIn)
        converted: GraphModule = convert_pt2e(graph, fold_quantize=fold_weights)
    return converted

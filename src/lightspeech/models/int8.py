"""Networks of int8 weights and activations: one graph that trains, converts and is stored.

A prepared network computes in floats, rounded where the device rounds; its state holds float
weights and the scales of activations, so it is stored, loaded strictly and trained like any other.
Converted, it is the integer arithmetic that ONNX, LiteRT, ExecuTorch and the C code share:
activations int8 with one scale and zero point a tensor, weights symmetric with a scale a channel,
biases int32. Batch norms are folded; what `SpeechModel.standardize` does stays in floats.
"""

import copy
from collections.abc import Collection, Iterable
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.fx import GraphModule
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lightspeech import bounds
from lightspeech.config import config
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.frontends.inputs import Inputs
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


def layers(network: Int8Network) -> dict[str, list[str]]:
    """Find the roundings of each int8 layer: of its input, its weights and its result.

    Returns:
        Names of modules of the graph by name of the layer, in order, as ``keep_float`` takes them.
    """
    from lightspeech.models._rounding import WEIGHTED, layer_name
    from lightspeech.models.lstm import RoundedLSTM

    roundings: dict[str, list[str]] = {}
    modules = dict(network.graph.named_modules())
    for node in network.graph.graph.nodes:
        if isinstance(modules.get(str(node.target)), RoundedLSTM):
            near = [node, node.all_input_nodes[0], *node.users]
            roundings[node.target.removeprefix("network.")] = [str(n.target) for n in near]
            continue
        weight = node.all_input_nodes[1] if node.target in WEIGHTED else node
        if node.target in WEIGHTED and weight.op == "call_module":  # else it stays in floats
            users = [*node.users, *(after for user in node.users for after in user.users)]
            near = [n for n in (*node.all_input_nodes[:2], *users) if n.op == "call_module"]
            roundings[layer_name(weight)] = [str(n.target) for n in near]
    return roundings


class Values:
    """Numbers of what a graph computes: the same, of the same values, has the same number."""

    def __init__(self) -> None:
        """Begin with none."""
        self._numbers: dict[tuple[str, tuple[int, ...]], int] = {}
        self._rounded: set[int] = set()

    def number(self, what: str, sources: Iterable[int] = ()) -> int:
        """Give the number of a value.

        Args:
            what: is computed, such as ``relu``, or the name of a layer; what is rounded again,
                which is to its own scale, is the value it was.
            sources: numbers of what it is computed of.
        """
        numbers = tuple(sources)
        if what == ROUNDING and numbers[0] in self._rounded:
            return numbers[0]
        number = self._numbers.setdefault((what, numbers), len(self._numbers))
        if what == ROUNDING:
            self._rounded.add(number)
        return number


ROUNDING = "rounding"
COMPUTES = ("add", "mul", "relu", "mean", "amax", "cat", "avg_pool2d")
"""Operations whose result is another value; what moves numbers leaves a value what it was."""


def roundings(network: Int8Network, values: Values) -> list[tuple[int, nn.Module]]:
    """List what rounds activations, each with the number of what it gives.

    Args:
        network: prepared.
        values: that are numbered.

    Returns:
        Number and module of each; a module may come several times.
    """
    from lightspeech.models._rounding import WEIGHTED, Activation

    modules = dict(network.graph.named_modules(remove_duplicate=False))
    numbers: dict[Any, int] = {}
    found = []
    for node in network.graph.graph.nodes:
        sources = [numbers[each] for each in node.all_input_nodes]
        if node.target in WEIGHTED:
            name = node.all_input_nodes[2].target.removesuffix(".bias")
            numbers[node] = values.number(name, sources[:1])
            continue
        what = str(node.target).split(".")[1:2]
        if isinstance(modules.get(str(node.target)), Activation):
            numbers[node] = values.number(ROUNDING, sources)
            found.append((numbers[node], modules[str(node.target)]))
        elif what and what[0] in COMPUTES:
            numbers[node] = values.number(what[0], sources)
        else:
            numbers[node] = sources[0] if sources else values.number("")
    return found


def round_only(network: Int8Network, roundings: Collection[str] | None) -> None:
    """Round at some places alone; the others let their tensors pass.

    Args:
        network: in place.
        roundings: names of modules, as `layers` gives them; None: everywhere.
    """
    from lightspeech.models._rounding import Activation, PerChannelWeight
    from lightspeech.models.lstm import RoundedLSTM

    modules = dict(network.graph.named_modules(remove_duplicate=False))
    chosen = {id(modules[name]) for name in (modules if roundings is None else roundings)}
    for module in modules.values():
        if isinstance(module, Activation | PerChannelWeight | RoundedLSTM):
            module.off = id(module) not in chosen


@torch.no_grad()
def take_ranges(network: Int8Network, windows: Iterable[Inputs]) -> None:
    """Take the ranges of all activations from what a network is given, in place.

    Args:
        network: it rounds by these ranges from now on.
        windows: batches of features, each of shape ``(batch, frames, n_features)``.
    """
    from lightspeech.models._rounding import Activation
    from lightspeech.models.lstm import RoundedLSTM

    kinds = Activation | RoundedLSTM
    places = [module for module in network.graph.modules() if isinstance(module, kinds)]
    for place in places:
        place.begin()
    for batch in windows:
        network(batch)
    for place in places:
        place.settle()

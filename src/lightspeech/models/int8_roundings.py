"""Where a prepared network rounds: which layers, which values, and by which ranges."""

from collections.abc import Collection, Iterable
from typing import Any

import torch
from torch import nn

from lightspeech.frontends.inputs import Inputs
from lightspeech.models.int8 import Int8Network


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

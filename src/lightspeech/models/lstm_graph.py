"""LSTM layers of a graph: rounded ones are put in where int8 is wanted, and made whole numbers."""

from typing import Any

from torch.fx import GraphModule

from lightspeech.errors import ConfigError
from lightspeech.models._rounding import RECURRENT, Activation, layer_name
from lightspeech.models.lstm import RoundedLSTM
from lightspeech.models.lstm_integers import IntegerLSTM, KernelArguments, StandIn


def put_in(graph: GraphModule) -> None:
    """Put rounded layers, in place, where a prepared graph has LSTM layers that are to be int8.

    Raises:
        ConfigError: if such a layer begins with a state, or its last states are asked for.
    """
    nodes = [node for node in graph.graph.nodes if node.target is RECURRENT]
    layers = [_put_in(graph, node) for node in nodes if "quantization_annotation" in node.meta]
    graph.graph.eliminate_dead_code()  # which looks for the weights where they were
    for path, layer in layers:
        graph.add_submodule(path, layer)
    graph.recompile()


def _put_in(graph: GraphModule, node: Any) -> tuple[str, RoundedLSTM]:
    """Call a layer in place of a node; it is still to be put at its path."""
    source, states, weights = node.args[:3]
    name = layer_name(node)
    parts = [user for user in node.users if user.users]
    if any("zeros" not in str(state.target) for state in states) or len(parts) != 1:
        raise ConfigError(
            f"{name} begins with a state or gives its last: in int8 it is asked for all hidden "
            "states, from zero; take x, _ = lstm(x), and x[:, -1] for the last"
        )
    ih, hh, *biases = (graph.get_parameter(weight.target).detach() for weight in weights)
    path = weights[0].target.rpartition(".")[0]
    layer = RoundedLSTM(ih.clone(), hh.clone(), biases[0] + biases[1])
    [hidden] = parts[0].users
    layer.join(_rounding_of(graph, hidden))
    with graph.graph.inserting_before(node):
        parts[0].replace_all_uses_with(graph.graph.call_module(path, (source,)))
    for unread in (*node.users, node):
        graph.graph.erase_node(unread)
    return path, layer


def make_whole(graph: GraphModule, kind: type[IntegerLSTM] | type[StandIn]) -> None:
    """Turn the rounded layers of a prepared graph, in place, into another kind."""
    modules = dict(graph.named_modules())
    for node in graph.graph.nodes:
        layer = modules.get(str(node.target))
        if isinstance(layer, RoundedLSTM):
            source = _rounding_of(graph, node.all_input_nodes[0])
            graph.add_submodule(str(node.target), kind(KernelArguments(layer, source)))


def _rounding_of(graph: GraphModule, node: Any) -> Activation:
    rounding = graph.get_submodule(node.target)
    assert isinstance(rounding, Activation)  # as `Roundings` marked it
    return rounding

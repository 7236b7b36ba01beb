"""What a run costs on a device, read from the graph of its network: no clock, the same everywhere.

Multiplications are those of convolutions, matrix products, attention and recurrent layers; batch
norms fold into the layer before them. Memory is that of an interpreter that does one operation
after the other, overwrites an operand nobody needs again, and frees the rest.
"""

import copy
import operator
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch._ops import OpOverload
from torch.fx import Node
from torch.utils.flop_counter import FlopCounterMode

from lightspeech.frontends.inputs import Inputs, apply
from lightspeech.training.networks import build_float, n_params
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

IN_PLACE = {"batch_norm", "dropout", "layer_norm", "softmax"}
"""Operations that may overwrite their operand, beside all that work value by value."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one window costs in a network; what stands before it is apart.

    Attributes:
        n_params: as `networks.n_params` counts them.
        macs: multiply-accumulates.
        peak_activation_bytes: of the values alive at once at the worst moment, input and output
            included: one byte each in what is int8, else four.
    """

    n_params: int
    macs: int
    peak_activation_bytes: int


def of(run: Run) -> Cost:
    """Count what a finished run costs, one window at a time.

    Args:
        run: its architecture counts, not its weights.
    """
    return of_config(run.config, len(run.labels))


def of_config(cfg: RunConfig, n_classes: int, *, all_int8: bool = False) -> Cost:
    """Count what a run will cost, see `of`.

    Args:
        cfg: what makes the run.
        n_classes: logits.
        all_int8: count as if every value were int8 already.
    """
    network, example = build_float(cfg, n_classes).eval(), cfg.front.example()
    int8 = ("",) if all_int8 else cfg.architecture.int8_parts
    return Cost(
        n_params=n_params(network),
        macs=macs(network, example),
        peak_activation_bytes=peak_activation_bytes(network, example, int8),
    )


def macs(network: nn.Module, example: Inputs) -> int:
    """Count the multiply-accumulates that one example takes.

    Args:
        network: in evaluation mode.
        example: a batch of one, shapes ``(1, …)``.
    """
    # On the meta device nothing is computed, and a recurrent layer falls into its products.
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        copy.deepcopy(network).to("meta")(apply(lambda x: x.to("meta"), example))
    return int(counter.get_total_flops()) // 2


def peak_activation_bytes(
    network: nn.Module, example: Inputs, int8_parts: Sequence[str] = ()
) -> int:
    """Add up the values alive at the worst moment, in bytes.

    Args:
        network: in evaluation mode, in floats.
        example: a batch of one, shapes ``(1, …)``.
        int8_parts: paths of modules whose values take one byte, not four; the empty one is all.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The tensor attribute")  # flat weights of an LSTM
        program = torch.export.export(network, (example,))
    inputs = program.graph_signature.user_inputs
    nodes = [n for n in program.graph.nodes if n.op == "call_function" or n.name in inputs]
    return _peak(nodes, {node: _size(node) * _bytes(node, int8_parts) for node in nodes})


def _bytes(node: Node, int8_parts: Sequence[str]) -> int:
    """Bytes of a value: of its module, of an input that of the module that reads it."""
    reader = node if node.op == "call_function" else next(iter(node.users), node)
    stack = [path for path, _ in reader.meta.get("nn_module_stack", {}).values()]
    path = stack[-1] if stack else ""
    inside = any(part in ("", path) or path.startswith(f"{part}.") for part in int8_parts)
    return 1 if inside else 4


def _peak(nodes: list[Node], sizes: dict[Node, int]) -> int:
    """Do a graph in order and give the largest sum of live values."""
    owner: dict[Node, Node] = {}  # a view has no values of its own
    for node in nodes:  # one of a weight owns itself, and is nothing that is computed
        owner[node] = owner.get(node.all_input_nodes[0], node) if _is_view(node) else node
    last = {owner[user]: index for index, user in enumerate(nodes)}  # an answer lives to its end
    for index, node in enumerate(nodes):
        last |= {owner[operand]: index for operand in node.all_input_nodes if operand in owner}
    live: dict[Node, int] = {}
    peak = 0
    for index, node in enumerate(nodes):
        if owner[node] is node:
            dying = [n for n, s in live.items() if last[n] == index and s == sizes[node]]
            if dying and _overwrites(node):
                del live[dying[0]]
            live[node] = 0 if _is_view(node) else sizes[node]
        peak = max(peak, sum(live.values()))
        live = {n: size for n, size in live.items() if last[n] > index}
    return peak


def _name(node: Node) -> str:
    """Name of an operation without its library and variant, such as ``conv2d``."""
    target = node.target
    return str(target).split(".")[1] if isinstance(target, OpOverload) else ""


def _is_view(node: Node) -> bool:
    target = node.target
    return target.is_view if isinstance(target, OpOverload) else target is operator.getitem


def _overwrites(node: Node) -> bool:
    target = node.target
    value_by_value = isinstance(target, OpOverload) and torch.Tag.pointwise in target.tags
    return value_by_value or _name(node) in IN_PLACE


def _size(node: Node) -> int:
    """Values of an operation's result, all parts of it together; a mere check has none."""
    value = node.meta["val"]
    parts = value if isinstance(value, tuple | list) else [value]
    return sum(part.numel() for part in parts if part is not None)

"""What a run costs on a device, read from the graph of its network: no clock, the same everywhere.

Multiplications are those of convolutions, matrix products, attention and recurrent layers; batch
norms fold into the layer before them. Memory is that of an interpreter that does one operation
after the other, overwrites an operand nobody needs again, and frees the rest.
"""

import copy
import math
import operator
import warnings
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.fx import Node
from torch.utils.flop_counter import FlopCounterMode

from lightspeech.models.fusion import side_by_side
from lightspeech.training.networks import build_float, frames, n_params
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

IN_PLACE = {"batch_norm", "dropout", "layer_norm", "softmax"}
"""Operations that may overwrite their operand, beside all that work value by value."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one window costs.

    Attributes:
        n_params: as `networks.n_params` counts them.
        macs: multiply-accumulates.
        peak_activations: values alive at once at the worst moment, input and output included.
        peak_activation_bytes: the same in bytes of the number format asked for.
    """

    n_params: int
    macs: int
    peak_activations: int
    peak_activation_bytes: int


def of(done: Run, *, bytes_per_value: int = 4) -> Cost:
    """Count what a finished run costs, one window at a time; of an encoder's run, its head.

    Args:
        done: the run; its architecture counts, not its weights.
        bytes_per_value: of an activation: 4 for fp32, 1 for int8.
    """
    network = build_float(done.config, len(done.labels)).eval()
    features = example(done.config)
    peak = peak_activations(network, features)
    return Cost(
        n_params=n_params(network),
        macs=macs(network, features),
        peak_activations=peak,
        peak_activation_bytes=peak * bytes_per_value,
    )


def example(cfg: RunConfig) -> Tensor:
    """Features of one silent window, shape ``(1, frames, n_features)``; an encoder comes apart.

    Those of two networks side by side: ``(1, numbers)``.
    """
    if cfg.beside is not None:
        return side_by_side(example(replace(cfg, beside=None)), example(cfg.beside))
    if cfg.encoder is not None:
        n_frames = math.ceil(cfg.windows.window_s / cfg.encoder.pool_s)
        return torch.zeros(1, n_frames, cfg.encoder.n_features)
    return torch.zeros(1, frames(cfg), cfg.n_features)


def macs(network: nn.Module, features: Tensor) -> int:
    """Count the multiply-accumulates that one example takes.

    Args:
        network: in evaluation mode.
        features: one example of its input.
    """
    # On the meta device nothing is computed, and a recurrent layer falls into its products.
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        copy.deepcopy(network).to("meta")(features.to("meta"))
    return int(counter.get_total_flops()) // 2


def peak_activations(network: nn.Module, features: Tensor) -> int:
    """Count the values alive at the worst moment, see `macs` for the arguments."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The tensor attribute")  # flat weights of an LSTM
        program = torch.export.export(network, (features,))
    inputs = program.graph_signature.user_inputs
    return _peak([n for n in program.graph.nodes if n.op == "call_function" or n.name in inputs])


def _peak(nodes: list[Node]) -> int:
    """Do a graph in order and give the largest sum of live values."""
    owner: dict[Node, Node] = {}  # a view has no values of its own
    for node in nodes:
        owner[node] = owner[node.all_input_nodes[0]] if _is_view(node) else node
    last = {owner[user]: index for index, user in enumerate(nodes)}  # an answer lives to its end
    for index, node in enumerate(nodes):
        last |= {owner[operand]: index for operand in node.all_input_nodes if operand in owner}
    live: dict[Node, int] = {}
    peak = 0
    for index, node in enumerate(nodes):
        if owner[node] is node:
            dying = [n for n, size in live.items() if last[n] == index and size == _size(node)]
            if dying and _overwrites(node):
                del live[dying[0]]
            live[node] = _size(node)
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
    made = node.meta["val"]
    parts = made if isinstance(made, tuple | list) else [made]
    return sum(part.numel() for part in parts if part is not None)

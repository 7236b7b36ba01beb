"""A run made again of a bundle: what of an int8 ONNX file is the run, so that any format holds it.

Int8 weights times their scales are the floats that training left, as far as anything exported from
them can tell: rounded again by the same scales they are the same integers.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from lightspeech import config
from lightspeech.bundle import MEL, Bundle
from lightspeech.errors import BundleError, ConfigError
from lightspeech.export import checks, onnx_weights
from lightspeech.models import int8_graph, int8_roundings, onnx_standardization
from lightspeech.models.int8 import Int8Network
from lightspeech.models.int8_roundings import Values
from lightspeech.training import networks
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

SUFFIX = ".onnx"
"""Of the model files that hold enough."""
ADDED = ("n_params", "mean", "deviation", "prefix")
"""What a bundle says of a network beside its configuration."""
LAYERS = ("Conv", "Gemm")
LAYER_WITH_STATE = "Scan"
COMPUTES = {
    "Add": ("add", 2), "Mul": ("mul", 2), "Relu": ("relu", 1), "ReduceMean": ("mean", 1),
    "ReduceMax": ("amax", 1), "Concat": ("cat", None), "AveragePool": ("avg_pool2d", 1),
}  # fmt: skip
"""What ONNX calls the operations of `int8_roundings.COMPUTES`, and how many values they take."""

Arrays = dict[str, npt.NDArray[Any]]


def recover(bundle: Bundle) -> Run:
    """Make the run of a bundle again: network, front end, temperature.

    Args:
        bundle: int8, as ONNX, as read by `bundle.read`.

    Raises:
        BundleError: if its model is not int8 ONNX, asks for more than a network may, or is not the
            network that it describes.
        MissingExtra: if the packages that read ONNX or know int8 are not installed.
    """
    again = f"{bundle.path}: {{}}; export the format from its run, runs/NAME/fold0-seed0"
    if not bundle.model_file.endswith(SUFFIX):
        raise BundleError(again.format(f"{bundle.model_file} holds no run"))
    _require_mel(bundle)
    try:
        graph = onnx_weights.parsed((bundle.path / bundle.model_file).read_bytes()).graph
    except BundleError as error:
        raise BundleError(again.format(str(error))) from None
    if any(node.op_type == LAYER_WITH_STATE for node in graph.node):
        raise BundleError(again.format("it holds an LSTM layer, too little of it"))
    if not any(node.op_type == "QuantizeLinear" for node in graph.node):
        raise BundleError(again.format("its model is not one that is int8 throughout"))
    try:
        cfg = config_of(bundle, quantize={})
        network = networks.build_network(cfg, len(bundle.labels))
        assert isinstance(network, Int8Network)
        arrays = onnx_weights.Graph(graph).tables
        _fill(network, graph, arrays)
    except (ConfigError, LookupError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise BundleError(again.format(f"its model is another network ({reason})")) from None
    return run_of(bundle, cfg, network)


def _require_mel(bundle: Bundle) -> None:
    """Refuse a network that is given anything else, and name what holds it."""
    given = bundle.frontend.get("name", MEL)
    if given != MEL:
        able = " or ".join(checks.able_formats(config_of(bundle)))
        raise BundleError(
            f"{bundle.path}: no run is made again of a model that is given {given}; export it, or "
            f"its run, with --format {able}"
        )


def run_of(bundle: Bundle, cfg: RunConfig, network: nn.Module) -> Run:
    """Put a run together of what its bundle says.

    Args:
        bundle: that was made of it.
        cfg: what makes the run.
        network: with its weights.
    """
    return Run(
        config=cfg,
        labels=bundle.labels,
        fold=bundle.provenance.get("fold", 0),
        seed=bundle.provenance.get("seed", 0),
        temperature=bundle.temperature,
        thresholds=bundle.thresholds,
        network=network.eval(),
    )


def config_of(bundle: Bundle, **more: Any) -> RunConfig:
    """What makes the run; a null of an older version is what is left out today.

    Args:
        bundle: that was made of it.
        more: keys of the configuration that no bundle says.

    Raises:
        ConfigError: if the bundle describes no run.
    """
    model = {k: v for k, v in bundle.model.items() if k not in ADDED and v is not None}
    values = {
        "model": model,
        "frontend": {"name": MEL, **bundle.frontend},
        "windows": config.as_dict(bundle.windows),
        "normalisation": bundle.normalisation,
        **more,
    }
    return config.build(RunConfig, values, source=str(bundle.path))


@torch.no_grad()
def _fill(network: Int8Network, graph: Any, arrays: Arrays) -> None:
    """Set weights, biases, statistics and scales, each of which must be there and fit."""
    found = onnx_standardization.statistics(graph)
    if found is None:
        raise ValueError("no standardization of features")
    mean, variance, standardized = found
    state: Arrays = {
        "outer.norm.running_mean": arrays[mean],
        "outer.norm.running_var": arrays[variance],
    }
    makers = {node.output[0]: node for node in graph.node}
    for node in graph.node:
        if node.op_type in LAYERS:
            weights = makers[node.input[1]]
            integers, by = (arrays[each] for each in weights.input[:2])
            state[f"graph.{_layer(node)}.weight"] = _floats(int8_graph.signed(integers), by)
            state[f"graph.{_layer(node)}.bias"] = _bias(node.input[2], makers, arrays)
    tensors = {name: torch.from_numpy(value.copy()) for name, value in state.items()}
    missing, unknown = network.load_state_dict(tensors, strict=False)
    if unknown or any(name.endswith(("weight", "bias")) for name in missing):
        raise ValueError(f"other layers: {[*unknown, *missing][:3]}")
    values = Values()
    scales = _scales(graph, values, standardized)
    for number, rounding in int8_roundings.roundings(network, values):
        scale, zero = (arrays[each] for each in scales[number])
        for name, value in (
            ("scale", scale.astype("f8")),
            ("zero_point", int8_graph.signed(zero).astype("f8")),
        ):
            rounding.get_buffer(name).copy_(torch.from_numpy(np.asarray(value)))


def _scales(graph: Any, values: Values, standardized: str) -> dict[int, list[str]]:
    """Names of scale and zero point by the number of the value that they round.

    The network begins behind what is ``standardized``.
    """
    numbers: dict[str, int] = {}
    scales: dict[int, list[str]] = {}
    for node in graph.node:
        sources = [numbers.get(each, values.number("")) for each in node.input]
        if standardized in node.output:
            number = values.number("")
        elif node.op_type in LAYERS:
            number = values.number(_layer(node), sources[:1])
        elif node.op_type == "QuantizeLinear":
            number = values.number(int8_roundings.ROUNDING, sources[:1])
            if scales.setdefault(number, list(node.input[1:3])) != list(node.input[1:3]):
                raise ValueError(f"{node.input[0]} is rounded to two scales")
        elif node.op_type in COMPUTES:
            name, n_sources = COMPUTES[node.op_type]
            number = values.number(name, sources[:n_sources])
        else:
            number = sources[0]
        numbers[node.output[0]] = number
    return scales


def _layer(node: Any) -> str:
    """Name a layer as the network does, by its bias."""
    name: str = node.input[2]
    return name.partition("converted.")[2].removesuffix(".bias")


def _bias(name: str, makers: dict[str, Any], arrays: Arrays) -> npt.NDArray[np.float32]:
    """A bias in floats, or as whole numbers of a scale."""
    if name not in makers:
        return arrays[name]
    integers, scale = (arrays[each] for each in makers[name].input[:2])
    return integers * scale


def _floats(values: npt.NDArray[Any], scales: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Weights of integers; the largest of a channel over 127 is its scale again, to the bit.

    That holds of every float that is the quotient of another by 127, as these are.
    """
    return values * scales.reshape(-1, *[1] * (values.ndim - 1))

"""Weights that a run begins with: those of a bundle, its head too where the classes are the same.

An int8 bundle holds convolutions with their batch norms folded in. What is trained has batch norms,
so each is taken apart again: the new speech says the mean and deviation of a convolution, and scale
and shift of its norm are set so that both together give what they gave in the bundle.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.config import Choice
from lightspeech.errors import BundleError, ConfigError, MissingExtra
from lightspeech.frontends.inputs import Inputs
from lightspeech.models import onnx_standardization
from lightspeech.models.int8_graph import signed
from lightspeech.training.task import RunConfig

INTEGERS = "network.converted.network."
"""Before the names of layers in the file of an int8 bundle; so is the next before statistics."""
STATISTICS = "network.outer."


def check(cfg: RunConfig) -> None:
    """Refuse a bundle that is of another kind than the network of a run; none is fine.

    Args:
        cfg: of the run; ``cfg.init`` names the bundle.

    Raises:
        BundleError: if the bundle is not there, or damaged.
        ConfigError: naming what model, front end or normalisation differ in.
    """
    if cfg.init is None:
        return
    bundle = bundles.read(cfg.init)
    differ = [
        f"{what}: the bundle has {theirs}, the recipe {ours}"
        for what, theirs, ours in _pairs(bundle, cfg)
        if theirs != ours
    ]
    if differ:
        raise ConfigError(
            f"init: {cfg.init} cannot begin this recipe; {'; '.join(differ)}; write what the "
            "bundle has, or leave init out"
        )


def _pairs(bundle: Bundle, cfg: RunConfig) -> list[tuple[str, Any, Any]]:
    """What must be the same of both, by its name in a recipe."""
    front = {"name": bundles.MEL, **bundle.frontend}
    return [
        *_options("frontend", front, cfg.frontend),
        *_options("model", bundle.model, cfg.model),
        ("normalisation", bundle.normalisation, cfg.normalisation),
    ]


def _options(part: str, said: dict[str, Any], choice: Choice) -> Iterator[tuple[str, Any, Any]]:
    """Options as a bundle says them and as a recipe does; those newer than it had their default."""
    defaults = {field.name: field.default for field in dataclasses.fields(choice.config)}
    for key, value in choice.as_dict().items():
        yield f"{part}.{key}", said.get(key, defaults.get(key)), value


def load(
    network: nn.Module, cfg: RunConfig, labels: Sequence[str], windows: Iterable[Inputs]
) -> None:
    """Give a network the weights of a bundle, in place; its head stays where classes differ.

    Args:
        network: built for the run, in floats.
        cfg: of the run; ``cfg.init`` names the bundle, which `check` took.
        labels: classes of the run, in the order of the logits.
        windows: of the speech to be learnt from, such as of shape ``(batch, frames, n_features)``.

    Raises:
        BundleError: if the bundle holds no weights of this network.
        MissingExtra: if the package of ONNX is not installed.
    """
    assert cfg.init is not None
    bundle = bundles.read(cfg.init)
    weights = _read_layers(bundle.path / bundle.model_file)
    if bundle.labels != tuple(labels):
        weights = {name: each for name, each in weights.items() if not name.startswith("head.")}
    norms = _norms(network)
    with torch.no_grad():
        for name, layer in network.named_modules():
            if isinstance(layer, nn.Conv2d | nn.Linear) and name in weights:
                weight, bias = weights.pop(name)
                if weight.shape != layer.weight.shape:
                    raise BundleError(
                        f"{bundle.path}: {name} was pruned to {tuple(weight.shape)} of "
                        f"{tuple(layer.weight.shape)}; take one of {bundles.shipped()}, export the "
                        "step before pruning, or leave init out"
                    )
                _fill(layer, norms.get(name), weight, bias)
        statistics = weights.pop("norm", None)
        if weights or statistics is None:
            raise BundleError(
                f"{bundle.path}: holds no weights that a training can begin with; take one of "
                f"{bundles.shipped()}, or leave init out"
            )
        norm: Any = network.norm
        norm.running_mean.copy_(statistics[0])
        norm.running_var.copy_(statistics[1])
        _take_apart(network, norms, windows)


def _read_layers(file: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """Weights in floats and bias of each int8 layer, by name; of ``norm`` mean and variance."""
    try:
        import onnx
        from onnx.numpy_helper import to_array
    except ModuleNotFoundError:
        raise MissingExtra("init", "export") from None
    graph = onnx.load(file).graph
    values = {each.name: to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in values:
            integers, scale = signed(values[node.input[0]]), values[node.input[1]]
            values[node.output[0]] = integers * scale.reshape(-1, *[1] * (integers.ndim - 1))
    given = {each.name for each in graph.initializer}
    layers = {}
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm") and node.input[1] in values.keys() - given:
            name = node.input[2].removeprefix(INTEGERS).removesuffix(".bias")
            layers[name] = _tensors(*(values[name] for name in node.input[1:3]))
    found = onnx_standardization.statistics(graph)
    if found is not None and found[0].startswith(STATISTICS):
        layers["norm"] = _tensors(*(values[name] for name in found[:2]))
    return layers


def _tensors(*arrays: Any) -> tuple[Tensor, Tensor]:
    first, second = (torch.from_numpy(np.array(array, np.float32)) for array in arrays)
    return first, second


def _norms(network: nn.Module) -> dict[str, nn.BatchNorm2d]:
    """Batch norm behind each convolution, by the name of the convolution."""
    return {
        f"{path}.{place}": after
        for path, part in network.named_modules()
        if isinstance(part, nn.Sequential)
        for place, (layer, after) in enumerate(zip(list(part), list(part)[1:], strict=False))
        if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d)
    }


def _fill(layer: Any, norm: nn.BatchNorm2d | None, weight: Tensor, bias: Tensor) -> None:
    """Take weights over; the norm behind them adds the bias, and does no more."""
    layer.weight.copy_(weight)
    if norm is None:
        layer.bias.copy_(bias)
        return
    norm.reset_parameters()
    norm.bias.copy_(bias)
    _running(norm).sub_(norm.eps)  # so that its deviation is 1


def _running(norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_var is not None
    return norm.running_var


def _take_apart(
    network: nn.Module, norms: dict[str, nn.BatchNorm2d], windows: Iterable[Inputs]
) -> None:
    """Set the statistics of all norms to those of some speech; the network answers as before."""
    sums = {name: torch.zeros(3, norm.num_features).double() for name, norm in norms.items()}
    modules = dict(network.named_modules())
    watches = [modules[name].register_forward_hook(_adds_to(each)) for name, each in sums.items()]
    network.eval()
    for batch in windows:
        network(batch)
    for watch in watches:
        watch.remove()
    for name, norm in norms.items():
        n, total, squares = sums[name]
        mean, variance = total / n, (squares / n - (total / n) ** 2).clamp(min=0)
        assert norm.running_mean is not None
        norm.running_mean.copy_(mean)
        _running(norm).copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(norm.running_mean)


def _adds_to(sums: Tensor) -> Any:
    """Make a hook that adds to count, sum and squares of each channel."""

    def add(_layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        z = output.double()  # (batch, channels, frames, 1)
        sums[0] += z[:, 0].numel()
        sums[1] += z.sum((0, 2, 3))
        sums[2] += (z**2).sum((0, 2, 3))

    return add

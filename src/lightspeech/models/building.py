"""A network from what says all about it: its model, what pruning left of it, how it is int8."""

from dataclasses import field, replace
from typing import Annotated, Any

import torch
from torch import nn

from lightspeech.config import Choice, config, plugin
from lightspeech.errors import ConfigError
from lightspeech.frontends.contract import Frontend
from lightspeech.models.contract import FAILURES, speech_model
from lightspeech.models.int8 import Int8, Int8Network, fold


@config
class Architecture:
    """All that makes a network, but for its front end and its classes."""

    model: Annotated[Choice, plugin("lightspeech.models")]
    blocks: tuple[int, ...] | None = None
    """Which of its residual blocks pruning left; null: all."""
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Of the weights that pruning made narrower, by name."""
    quantize: Int8 | None = None
    """How it is int8; null: it is not."""

    @property
    def parts(self) -> "dict[str, Architecture]":
        """Networks that it is made of, by name, where its model puts several together."""
        values = vars(self.model.config)
        return {name: each for name, each in values.items() if isinstance(each, Architecture)}

    @property
    def in_floats(self) -> "Architecture":
        """The same with nothing rounded."""
        parts = {name: each.in_floats for name, each in self.parts.items()}
        model = replace(self.model, config=replace(self.model.config, **parts))
        return replace(self, model=model, quantize=None)

    @property
    def int8_parts(self) -> tuple[str, ...]:
        """Paths of the modules that are int8 within it; the empty one is all of it."""
        if self.quantize is not None:
            return ("",)
        return tuple(
            f"{name}.{inner}".rstrip(".")
            for name, part in self.parts.items()
            for inner in part.int8_parts
        )


def unpruned(cfg: Architecture, frontend: Frontend) -> nn.Module:
    """Build the network that a model's module states, to see of what kind it is.

    Args:
        cfg: of a run; what pruning left of it does not count.
        frontend: of it.

    Raises:
        ConfigError: if model and front end do not fit each other.
    """
    return build(Architecture(model=cfg.model), frontend, 2)


def build(architecture: Architecture, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build a network with fresh weights, checked, ready for those of its file.

    Args:
        architecture: what to build.
        frontend: that the network is given.
        n_classes: logits.

    Raises:
        ConfigError: if model and front end do not fit each other, or it has no int8 form.
    """
    model = architecture.model
    network = _built(model, frontend, n_classes)
    if architecture.blocks is not None:
        _keep(network, architecture.blocks)
    network = speech_model(network, frontend, n_classes, name=model.name)
    if architecture.shapes:
        resize(network, architecture.shapes)
        network = speech_model(network, frontend, n_classes, name=f"{model.name}, pruned,")
    if architecture.quantize is None:
        return network
    return to_int8(network, frontend, architecture.quantize)


def _keep(network: Any, blocks: tuple[int, ...]) -> None:
    """Leave of the residual blocks those that are named."""
    there = range(len(getattr(network, "blocks", ())))
    if not set(blocks) <= set(there) or len(set(blocks)) < len(blocks):
        raise ConfigError(f"blocks {blocks} are not all among the {len(there)} of the network")
    network.blocks = nn.Sequential(*(network.blocks[n] for n in blocks))


def _built(model: Choice, frontend: Frontend, n_classes: int) -> Any:
    """Call the ``build`` of a model's module, whose faults are told in one line."""
    try:
        return model.module.build(model.config, frontend=frontend, n_classes=n_classes)
    except ConfigError:
        raise
    except FAILURES as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(
            f"{model.name} cannot be built: {reason}; look at its build(cfg, *, frontend, "
            "n_classes)"
        ) from error


def to_int8(network: nn.Module, frontend: Frontend, cfg: Int8) -> Int8Network:
    """Fold a network's batch norms and prepare it for int8; ranges are not known yet.

    Args:
        network: in floats.
        frontend: that it is given.
        cfg: how.

    Raises:
        ConfigError: if this kind of network has no int8 form.
    """
    example = frontend.example()
    if not isinstance(example, torch.Tensor):
        raise ConfigError(
            "a network of several inputs has no int8 form here; quantize each before they are put "
            "side by side"
        )
    return Int8Network(fold(network), example, cfg)


def shapes_of(network: nn.Module, built: nn.Module) -> dict[str, tuple[int, ...]]:
    """Say what shapes weights and statistics of a network have that were built otherwise, by name.

    Args:
        network: with layers made narrower.
        built: the same before.
    """
    before = built.state_dict()
    return {
        name: tuple(value.shape)
        for name, value in network.state_dict().items()
        if value.shape != before[name].shape
    }


def resize(network: nn.Module, shapes: dict[str, tuple[int, ...]]) -> None:
    """Give layers other widths, in place, with fresh zeros for weights.

    Args:
        network: as it was built.
        shapes: of weights and statistics, by name; layers without one stay.

    Raises:
        ConfigError: if one is no narrower form of what it was.
    """
    for path, layer in network.named_modules():
        full = {name: f"{path}.{name}".lstrip(".") for name in _tensors(layer)}
        resized = {name: shapes[each] for name, each in full.items() if each in shapes}
        for name, shape in resized.items():
            old = getattr(layer, name)
            if len(shape) != old.ndim or not all(map(_narrower, shape, old.shape)):
                raise ConfigError(f"shapes: {shape} is not within {tuple(old.shape)}, of {name}")
            value = torch.zeros(shape, dtype=old.dtype)
            if isinstance(old, nn.Parameter):
                value = nn.Parameter(value, requires_grad=old.requires_grad)
            setattr(layer, name, value)
        if resized:
            _say_widths(layer)


def _narrower(size: int, full: int) -> bool:
    return 1 <= size <= full


def _tensors(layer: nn.Module) -> list[str]:
    named = (*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False))
    return [name for name, _ in named]


def _say_widths(layer: Any) -> None:
    """Let a layer say the widths that its weights have."""
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = layer.weight.shape
    elif isinstance(layer, nn.modules.conv._ConvNd):
        layer.groups = len(layer.weight) if layer.groups > 1 else 1  # of ours: all, or depthwise
        layer.out_channels = len(layer.weight)
        layer.in_channels = layer.weight.shape[1] * layer.groups
    elif isinstance(layer, nn.modules.batchnorm._BatchNorm):
        layer.num_features = len(layer.running_mean)  # type: ignore[arg-type]

"""The network of a run: built, drawn, made int8, counted."""

import copy
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.frontends import pretrained, small_encoder
from lightspeech.frontends.encoder import Encoder
from lightspeech.models import int8_onnx, whisper_blocks
from lightspeech.models.fusion import Fusion
from lightspeech.models.int8 import Int8, Int8Network, fold
from lightspeech.training.task import RunConfig, Task


def fresh_network(task: Task) -> nn.Module:
    """Build the network of a task; its weights are drawn from seed and fold."""
    torch.manual_seed(int(np.random.default_rng([task.seed, task.fold, 3]).integers(2**63)))
    return build_network(task.config, len(task.labels))


def build_network(cfg: RunConfig, n_classes: int) -> nn.Module:
    """Build the network of a run with fresh weights, ready for those of its file."""
    if cfg.beside is not None:
        return _fusion(build_network, cfg, cfg.beside, n_classes)
    network = build_float(cfg, n_classes)
    return network if cfg.quantize is None else to_int8(network, cfg, cfg.quantize)


def build_float(cfg: RunConfig, n_classes: int) -> nn.Module:
    """Build the network of a run with fresh weights, in floats also where the run is int8."""
    if cfg.beside is not None:
        return _fusion(build_float, cfg, cfg.beside, n_classes)
    heard: dict[str, Any] = {"n_features": cfg.n_features}
    if cfg.encoder is not None:
        heard = {"encoder": cfg.encoder}
        if cfg.encoder.tuned:
            heard["blocks"] = blocks_to_tune(cfg.encoder)
    network: nn.Module = cfg.model.module.build(cfg.model.config, n_classes=n_classes, **heard)
    return network


def _fusion(
    build: Callable[[RunConfig, int], nn.Module], cfg: RunConfig, beside: RunConfig, n_classes: int
) -> nn.Module:
    alone = dataclasses.replace(cfg, beside=None)
    return fused(cfg, beside, build(alone, n_classes), build(beside, n_classes))


def fused(
    cfg: RunConfig,
    beside: RunConfig,
    first: nn.Module,
    second: nn.Module,
    temperatures: Sequence[float] = (1.0, 1.0),
) -> Fusion:
    """Put two networks side by side.

    Args:
        cfg: what made the first.
        beside: what made the second.
        first: on an encoder.
        second: on a front end.
        temperatures: of their runs.
    """
    shape = (frames(beside), beside.n_features)
    return Fusion(
        first, second, n_first=cfg.n_features, second_shape=shape, temperatures=temperatures
    )


def frames(cfg: RunConfig) -> int:
    """Count the frames that a front end makes of a window."""
    samples, _ = cfg.windows.samples(cfg.frontend.sample_rate)
    return cfg.frontend.n_frames(samples)


def blocks_to_tune(cfg: Encoder) -> nn.ModuleList:
    """Load the blocks above the last hidden state that is kept, to be trained.

    Raises:
        ConfigError: if the encoder has no such blocks.
        MissingExtra: if transformers is not installed.
    """
    folder = pretrained.own(cfg)
    if folder is None:
        return pretrained.blocks_to_tune(cfg)
    file = folder / small_encoder.BLOCKS
    left = whisper_blocks.read(file) if file.is_file() else nn.ModuleList()
    if len(left) != cfg.tuned:
        raise ConfigError(
            f"encoder {cfg.source!r} has {len(left)} blocks to train, the recipe says "
            f"encoder.tuned={cfg.tuned}; make it with: lightspeech shrink {cfg.source} "
            f"--blocks {cfg.last} --tuned {cfg.tuned} --speech FOLDER"
        )
    return left


def answering(cfg: RunConfig, network: nn.Module) -> nn.Module:
    """Give what answers instead of a network in a bundle: int8, where blocks were trained on ours.

    Raises:
        MissingExtra: if the packages of ONNX are not installed.
    """
    heard = cfg.encoder
    if heard is None or not heard.tuned or pretrained.own(heard) is None:
        return network
    alone = copy.deepcopy(network).cpu().eval()
    return int8_onnx.OnnxNetwork(int8_onnx.head_to_bytes(alone, heard.n_features))


def to_int8(network: nn.Module, cfg: RunConfig, how: Int8) -> Int8Network:
    """Fold a network's batch norms and prepare it for int8; ranges are not known yet.

    Raises:
        ConfigError: if this kind of network has no int8 form.
    """
    return Int8Network(fold(network), frames(cfg), cfg.n_features, how)


def n_params(network: nn.Module) -> int:
    """Count what is learnt: weights and batch-norm statistics, as the field does."""
    weights = sum(p.numel() for p in network.parameters())
    statistics = [b for n, b in network.named_buffers() if n.endswith(("_mean", "_var"))]
    return weights + sum(b.numel() for b in statistics)

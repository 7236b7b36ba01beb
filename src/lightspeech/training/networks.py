"""The network of a run: drawn, read back, rounded as a bundle rounds it, counted."""

import copy

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech.models import building, int8_onnx
from lightspeech.training.task import RunConfig, Task


def fresh_network(task: Task) -> nn.Module:
    """Build the network of a task; its weights are drawn from seed and fold."""
    torch.manual_seed(int(np.random.default_rng([task.seed, task.fold, 3]).integers(2**63)))
    return build_network(task.config, len(task.labels))


def build_network(cfg: RunConfig, n_classes: int) -> nn.Module:
    """Build the network of a run with fresh weights, ready for those of its file.

    Args:
        cfg: what makes the run.
        n_classes: logits.

    Raises:
        ConfigError: if model and front end do not fit each other.
    """
    return building.build(cfg.architecture, cfg.front, n_classes)


def build_float(cfg: RunConfig, n_classes: int) -> nn.Module:
    """Build the network of a run in floats also where the run is int8, see `build_network`.

    Args:
        cfg: what makes the run.
        n_classes: logits.

    Raises:
        ConfigError: if model and front end do not fit each other.
    """
    return building.build(cfg.architecture.in_floats, cfg.front, n_classes)


def answering(cfg: RunConfig, network: nn.Module) -> nn.Module:
    """Give what answers instead of a network in a bundle.

    That is int8 where a bundle holds the front end and blocks of it were trained with the network.

    Args:
        cfg: what makes the run.
        network: in floats, trained.

    Raises:
        MissingExtra: if the packages of ONNX are not installed.
    """
    if not (cfg.front.in_bundle and cfg.front.tuned):
        return network
    alone = copy.deepcopy(network).cpu().eval()
    return int8_onnx.OnnxNetwork(int8_onnx.head_to_bytes(alone, cfg.front.n_features))


def window(cfg: RunConfig) -> Tensor:
    """Give the features of one silent window, shape ``(1, frames, n_features)``.

    Args:
        cfg: of a network that is given one tensor; steps and exporters refuse all others before.
    """
    example = cfg.front.example()
    assert isinstance(example, Tensor)
    return example


def n_params(network: nn.Module) -> int:
    """Count what is learnt: weights and batch-norm statistics, as the field does."""
    weights = sum(p.numel() for p in network.parameters())
    statistics = [b for n, b in network.named_buffers() if n.endswith(("_mean", "_var"))]
    return weights + sum(b.numel() for b in statistics)

"""Checkpoints: all that a training resumes from, one file, replaced atomically each epoch."""

import hashlib
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.optim import Optimizer

from lightspeech.errors import StudyError
from lightspeech.files import parse_json, write_text
from lightspeech.training.layout import CHECKPOINT, HISTORY
from lightspeech.training.tensor_file import write_tensors

SHARE = 0.02
"""Of the time of a training, that checkpoints may take: a large network is not saved each epoch."""
History = list[dict[str, float]]


@dataclass(eq=False)
class State:
    """What changes while training.

    Attributes:
        network: the weights being trained.
        average: their exponential average.
        optimizer: its moments.
        objective: what is minimized; it may have weights of its own.
        history: a line for each epoch done.
        best: weights of the epoch with the best selection UAR, where one is looked for.
    """

    network: nn.Module
    average: nn.Module
    optimizer: Optimizer
    objective: nn.Module = field(default_factory=nn.Module)
    history: History = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)


def save(state: State, folder: Path) -> None:
    """Write the state; the history is in the same file, so the two cannot disagree.

    ``history.jsonl`` is a copy for people. It comes first: cut off between the two, it is some
    lines ahead, which the epochs done again write once more.

    Args:
        state: what changed.
        folder: of the run.

    Raises:
        OutputError: if the folder cannot be written.
    """
    tensors = {
        **_prefixed("network", state.network.state_dict()),
        **_prefixed("average", state.average.state_dict()),
        **_prefixed("best", state.best),
        **_prefixed("objective", state.objective.state_dict()),
    }
    for index, moments in state.optimizer.state_dict()["state"].items():
        tensors |= _prefixed(f"optimizer.{index}", moments)
    _tell(state, folder)
    history = json.dumps(state.history)
    metadata = {"history": history, "sha256": digest(tensors, history)}
    write_tensors(folder / CHECKPOINT, tensors, metadata)


def _tell(state: State, folder: Path) -> None:
    write_text(folder / HISTORY, "".join(f"{json.dumps(h)}\n" for h in state.history))


class Keeper:
    """Saves after an epoch, unless saving would then take more than a share of the time."""

    def __init__(self, folder: Path) -> None:
        """Save to a folder."""
        self.folder, self.took_s, self.saved = folder, 0.0, -math.inf

    def __call__(self, state: State, *, last: bool) -> None:
        """Save, or tell the history alone.

        Args:
            state: what changed.
            last: whether the training is over, so that it is saved in any case.

        Raises:
            OutputError: if the folder cannot be written.
        """
        began = time.monotonic()
        if not last and began - self.saved < self.took_s * (1 / SHARE - 1):
            _tell(state, self.folder)
            return
        save(state, self.folder)
        self.saved = time.monotonic()
        self.took_s = self.saved - began


def digest(tensors: dict[str, Tensor], history: str) -> str:
    """Hash all that a checkpoint holds: a flipped bit is still a number, and trains on unseen.

    Args:
        tensors: by name, on the processor.
        history: as JSON.

    Returns:
        SHA-256, hexadecimal.
    """
    content = hashlib.sha256(history.encode())
    for name in sorted(tensors):
        content.update(name.encode())
        content.update(tensors[name].numpy().tobytes())
    return content.hexdigest()


def restore(state: State, folder: Path) -> None:
    """Bring back the state last saved in a folder; without one nothing changes.

    Raises:
        StudyError: if the checkpoint is damaged.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return
    try:
        _restore(state, path)
    except (SafetensorError, RuntimeError, TypeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise StudyError(
            f"{path}: damaged checkpoint ({reason}); delete it to train this run from its beginning"
        ) from None


def _restore(state: State, path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        metadata = file.metadata()
    if digest(tensors, metadata["history"]) != metadata["sha256"]:
        raise ValueError("its content is not what was saved (SHA-256)")
    state.history[:] = parse_json(metadata["history"])
    state.network.load_state_dict(_under("network", tensors))
    state.average.load_state_dict(_under("average", tensors))
    state.objective.load_state_dict(_under("objective", tensors))
    state.best = _under("best", tensors)
    values = state.optimizer.state_dict()
    kept = _under("optimizer", tensors)
    learnt = [weights for group in state.optimizer.param_groups for weights in group["params"]]
    values["state"] = {
        int(place): _laid_out(_under(place, kept), learnt[int(place)])
        for place in {name.split(".")[0] for name in kept}
    }
    state.optimizer.load_state_dict(values)


def _laid_out(moments: dict[str, Tensor], weights: Tensor) -> dict[str, Tensor]:
    """Lay moments out in memory as their weights are, which a file of tensors does not tell.

    The fused AdamW of torch 2.13.0 goes through all of them by their places in memory, and without
    a word gives a weight the moments of another where these differ.
    """
    return {
        name: torch.empty_like(weights).copy_(moment) if moment.shape == weights.shape else moment
        for name, moment in moments.items()
    }


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        f"{prefix}.{name}": t.detach().cpu().contiguous().clone() for name, t in tensors.items()
    }


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): t for name, t in tensors.items() if name.startswith(start)}

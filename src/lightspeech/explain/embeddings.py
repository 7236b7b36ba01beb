"""Embeddings of recordings, as the head of a trained run reads them, kept."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.fx import GraphModule

from lightspeech.corpora.base import Utterance
from lightspeech.errors import StudyError
from lightspeech.explain import kept
from lightspeech.explain.trained import as_spoken
from lightspeech.frontends import cache as arrays
from lightspeech.frontends.inputs import Inputs
from lightspeech.metrics import Floats
from lightspeech.models.contract import head_of
from lightspeech.training import run as runs

CODE = ("audio", "frontends", "models", "explain/embeddings.py")
"""What they are computed by."""
FOLDER = "explain"


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Recordings, and the run whose embeddings of them are asked for.

    Attributes:
        run: its folder.
        utterances: with paths and hashes.
        cache: folder of all cached features.
    """

    run: Path
    utterances: tuple[Utterance, ...]
    cache: Path

    @property
    def file(self) -> Path:
        """Where they are kept."""
        hashes = [u.audio_hash for u in self.utterances]
        name = kept.name(CODE, kept.of_systems([self.run]), hashes)
        return self.cache / FOLDER / f"embeddings-{name}.npy"

    def read(self) -> Floats:
        """Read them, shape ``(recordings, width)``.

        Raises:
            StudyError: if the file is damaged.
        """
        found = arrays.find(self.file, axes=2)
        if found is None:
            raise StudyError(f"{self.file}: damaged; type the command again")
        return np.asarray(found, np.float64)


def fill(embedded: Embedded) -> None:
    """Compute embeddings, means over the windows of a recording, unless that was done before.

    Raises:
        ConfigError: if the network shows none.
        LightspeechError: see `contract.Frontend.open`.
    """
    if arrays.find(embedded.file, axes=2) is not None:
        return
    run = runs.read_run(embedded.run)
    inputs = as_spoken(run.config).front.open(embedded.utterances, embedded.cache)
    offsets = inputs.window_offsets
    reader = Reader(run.network)
    batches = inputs.measure(np.arange(len(embedded.utterances)))
    of_windows = torch.cat([reader(batch) for batch in batches]).double().numpy()
    means = np.add.reduceat(of_windows, offsets[:-1]) / np.diff(offsets)[:, None]
    arrays.keep(means.astype(np.float32), embedded.file)


class Reader:
    """Reads what the head of a network is given; of an int8 network what its last product is."""

    def __init__(self, network: nn.Module) -> None:
        """Watch a ``network``.

        Raises:
            ConfigError: if it has no head.
        """
        self.network, self.read = network.eval(), torch.zeros(0)
        graph = next((part for part in network.modules() if isinstance(part, GraphModule)), None)
        if graph is None:
            head_of(network).register_forward_pre_hook(lambda _, given: self._take(given[0]))
        else:
            _before_last_product(graph).register_forward_hook(lambda _, __, out: self._take(out))

    def _take(self, embedding: Tensor) -> None:
        self.read = embedding

    @torch.no_grad()
    def __call__(self, batch: Inputs) -> Tensor:
        """Give the embeddings of a ``batch`` of inputs, shape ``(batch, width)``."""
        self.network(batch)
        return self.read


def _before_last_product(graph: GraphModule) -> nn.Module:
    """Find what rounds the input of the last linear layer of a prepared network."""
    products = [node for node in graph.graph.nodes if "linear" in str(node.target)]
    given = products[-1].args[0]
    return graph.get_submodule(given.target)

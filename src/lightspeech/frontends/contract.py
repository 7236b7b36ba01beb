"""What every front end is: it says what a network is given, finds it in a corpus, and exports.

A front end is a plug-in of `lightspeech.frontends`: its ``Config`` is what a recipe says under
``frontend:``, and ``build`` makes it a `Frontend` that answers for itself, so that nobody has to
ask what kind it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from lightspeech.corpora.base import Utterance
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Batches, Index, Order
from lightspeech.frontends.inputs import Inputs

Step = Callable[[], None]
"""Called after each utterance that is ready."""


def no_step() -> None:
    """Tell nobody."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Whose work a front end brings along.

    Attributes:
        name: of a pretrained encoder.
        licence: of its weights.
        citation: what to cite.
        recordings: hashes of recordings that it was made with, as far as it is known.
    """

    name: str
    licence: str
    citation: str
    recordings: Callable[[], frozenset[str]] = frozenset


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What stands before a network and is no part of it.

    Attributes:
        n_params: parameters of it.
        macs: multiply-accumulates for one window; None where nobody counted.
    """

    n_params: int = 0
    macs: int | None = 0


@dataclass(frozen=True, kw_only=True)
class Source:
    """One input of an exported graph.

    Attributes:
        example: a batch of two to trace the graph with, such as of shape ``(2, samples)``.
        sizes: axes that stay open, ``torch.export.Dim`` by number of the axis.
        model: ONNX file that computes it from the waveform; None: it is what the bundle is given.
    """

    example: Tensor
    sizes: dict[int, Any]
    model: Path | None = None


class Layer(nn.Module):
    """A front end inside an exported graph: ``forward(*sources)`` gives the network's inputs."""

    def __init__(self, sources: dict[str, Source], compute: nn.Module) -> None:
        """Take what the graph is given, and what computes the network's inputs from it.

        Args:
            sources: inputs of the graph, by name and in order.
            compute: called with a tensor for each source; an identity where nothing is computed.
        """
        super().__init__()
        self.sources, self.compute = sources, compute

    def forward(self, *sources: Tensor) -> Inputs:
        """Compute the inputs of the network.

        Args:
            sources: a tensor for each source, in order; shape as of its example but for open axes.

        Returns:
            Batch first, such as shape ``(batch, frames, n_features)``.
        """
        inputs: Inputs = self.compute(*sources)
        return inputs


class CorpusInputs(Protocol):
    """What a network is given of each utterance of a corpus, which are numbered from 0.

    Evaluation goes through windows, as a device would (`measure`); training cuts and bends examples
    of its own (`train`).
    """

    @property
    def window_offsets(self) -> Index:
        """First window of each utterance and the end, shape ``(n + 1,)``."""

    def read(self, row: int) -> Tensor:
        """Give all features of one utterance, shape ``(frames, n_features)``."""

    def measure(self, rows: Index) -> Iterator[Inputs]:
        """Give the windows of some utterances, in order, in batches, as a device would.

        Args:
            rows: utterances by their place in the corpus, shape ``(n_rows,)``.

        Yields:
            Batch first, such as shape ``(batch, frames, n_features)``; as many examples in all as
            ``window_offsets`` says of these utterances.
        """

    def train(self, order: Order, targets: Tensor, augment: Augment) -> Batches:
        """Give batches to train on.

        Args:
            order: in which the utterances to train on come; its ``bends`` seed all bends.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            augment: how far examples are bent.
        """


class Frontend(Protocol):
    """What stands between a recording and a network.

    A module of `lightspeech.frontends` gives one by
    ``build(cfg, *, windows, augment=PLAIN) -> Frontend``: ``cfg`` is its own ``Config`` as the
    recipe has it, ``windows`` how recordings are cut, ``augment`` that of the recipe, whose
    ``speeds`` and ``bends`` are to be refused where the front end cannot give them. Building one
    reads no file; `open`, `layer` and `cost` may.

    Training and evaluation use `open`, `missing` and `example`; export uses `layer`, and
    `network_alone` for a network without its front end, which pruning and int8 need too; tables
    and model cards use `scheme`, `cost` and `origins`. An exporter takes runs with a front end
    once its ``HOLDS`` names the module.
    """

    @property
    def n_features(self) -> int:
        """Numbers that a network is given of each frame."""

    @property
    def sample_rate(self) -> int:
        """Of the waveforms it takes, Hz."""

    @property
    def scheme(self) -> str:
        """Number format of what stands before the network, such as ``fp32``."""

    @property
    def in_bundle(self) -> bool:
        """Whether a bundle is made of every run with it.

        Then `layer` gives one, which may need files. Where it is too large for that, `layer` may
        still give one to who asks for a bundle.
        """

    @property
    def tuned(self) -> int:
        """Blocks of an encoder that are trained with the network; 0 where it has none."""

    def open(
        self, utterances: Sequence[Utterance], cache: Path, step: Step = no_step
    ) -> CorpusInputs:
        """Find what is cached of a corpus and compute the rest, in flat memory.

        Args:
            utterances: the corpus, with paths and hashes.
            cache: folder of all cached features.
            step: called after each utterance.

        Raises:
            AudioError: if a recording cannot be decoded.
            ConfigError: if an encoder is not there, or not as the recipe says.
            MissingExtra: if a package that computes it is not installed.
            OutputError: if the cache cannot be written.
        """

    def missing(self, utterances: Sequence[Utterance], cache: Path) -> list[Utterance]:
        """List what `open` would have to compute, where several may do that side by side.

        The list is split among processes, each of which opens its part with the same cache.

        Args:
            utterances: the corpus.
            cache: folder of all cached features.

        Returns:
            Utterances of the corpus; none also where computing is quick, or makes one file for all.
        """

    def example(self) -> Inputs:
        """Give what a network is given of one silent window.

        Returns:
            A batch of one, such as shape ``(1, frames, n_features)``; networks are built, counted
            and checked with it.
        """

    def layer(self, *, any_length: bool) -> Layer | None:
        """Give what computes the network's inputs inside an exported graph.

        Args:
            any_length: the network takes windows of any length: the axis of time stays open.

        Returns:
            The layer, with what the graph is then given; None where no bundle can hold it.
        """

    def files(self) -> dict[str, str]:
        """Give what a device needs beside the model: texts of files by name, mostly none.

        Raises:
            ConfigError: if one is not there.
        """

    def network_alone(self, *, any_length: bool) -> Layer | None:
        """Give a layer whose source is the features as they are, for a graph without the front end.

        Args:
            any_length: as of `layer`.

        Returns:
            The layer; None where features are not to be had outside, as those of an encoder.
        """

    def cost(self) -> Cost:
        """Count parameters and multiply-accumulates of what stands before the network."""

    def origins(self) -> tuple[Origin, ...]:
        """Say whose work it brings along; empty where it is all ours."""

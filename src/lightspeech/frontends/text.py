"""Words as the tokens of a text encoder: what is said beside how it is said.

An utterance has one text, however many windows its sound is cut into; it stands beside each of
them. A token is two numbers: its place in the vocabulary, and 1; rows of zeros stand behind the
shorter texts of a batch and do not count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.frontends import augment, text_encoder
from lightspeech.frontends.augment import PLAIN, Augment
from lightspeech.frontends.batches import Batch, Index, Order
from lightspeech.frontends.cache import find, keep
from lightspeech.frontends.contract import Cost, Layer, Origin, Source, Step, no_step
from lightspeech.frontends.encoded import digest
from lightspeech.tokenizer import FILE, IDS, MASK, Tokens

BATCH = 64
"""Texts measured at once."""


@config
class Config:
    """Whose tokens, and how many."""

    source: str = "google-bert/bert-base-uncased"
    """Encoder that reads them: a folder, one below ``$LIGHTSPEECH_ENCODERS``, or a hub name."""
    longest: Annotated[int, Field(ge=2, le=512)] = 64
    """Tokens of a text, the marks at its ends included; a longer one is refused, not cut."""
    needed: bool = True
    """Refuse utterances whose words nobody wrote down; false: nothing is read of them."""
    sample_rate: Annotated[int, Field(ge=1_000, le=48_000)] = 16_000
    """Of the sound beside it, Hz."""


@dataclass(frozen=True)
class Text:
    """The front end, see `contract.Frontend`."""

    cfg: Config
    n_features = 2
    scheme = "fp32"
    in_bundle = True
    tuned = 0

    @property
    def sample_rate(self) -> int:
        """Of the sound beside it, Hz."""
        return self.cfg.sample_rate

    def open(
        self, utterances: Sequence[Utterance], cache: Path, step: Step = no_step
    ) -> "TextInputs":
        """Cut the transcripts of a corpus into tokens, see `contract.Frontend.open`.

        Args:
            utterances: the corpus, with transcripts.
            cache: folder of all cached features.
            step: called after each utterance.

        Raises:
            ConfigError: if the encoder is not there, or has no tokenizer.
            CorpusError: if a transcript is missing, or longer than the encoder is given.
            MissingExtra: if transformers is not installed.
            OutputError: if the cache cannot be written.
        """
        if self.cfg.needed:
            _refuse_missing(utterances)
        folder = cache / digest(
            [
                text_encoder.key(self.cfg.source),
                self.cfg.longest,
                [u.transcript for u in utterances],
            ]
        )
        files = {folder / "tokens.npy": 2, folder / "offsets.npy": 1}
        arrays = [find(file, axes=axes) for file, axes in files.items()]
        if any(array is None for array in arrays):
            arrays = [*_tokens(utterances, self.cfg, step)]
            for file, array in zip(files, arrays, strict=True):
                keep(array, file)  # type: ignore[arg-type]
        tokens, offsets = (torch.from_numpy(np.array(array)) for array in arrays)
        return TextInputs(tokens, offsets, np.arange(len(utterances) + 1))

    def missing(self, utterances: Sequence[Utterance], cache: Path) -> list[Utterance]:
        """Nothing: tokens of all ``utterances`` are one file in ``cache``, and soon there."""
        return []

    def example(self) -> Tensor:
        """No token at all, shape ``(1, longest, 2)``."""
        return torch.zeros(1, self.cfg.longest, 2, dtype=torch.int64)

    def layer(self, *, any_length: bool) -> Layer:
        """Numbers and mask side by side inside a graph; a text has any length up to the longest."""
        shape = (2, self.cfg.longest)
        tokens = torch.export.Dim("tokens", min=1, max=self.cfg.longest)
        sizes = {0: torch.export.Dim("batch"), 1: tokens}
        sources = {  # an example each: inputs that are one tensor become one input of the graph
            name: Source(example=torch.ones(shape, dtype=torch.int64), sizes=sizes)
            for name in (IDS, MASK)
        }
        return Layer(sources, SideBySide())

    def files(self) -> dict[str, str]:
        """The tokenizer."""
        return {FILE: text_encoder.description(self.cfg.source)}

    def network_alone(self, *, any_length: bool) -> None:
        """None: tokens are given to a graph as they are anyway."""

    def cost(self) -> Cost:
        """Nothing but a table."""
        return Cost()

    def origins(self) -> tuple[Origin, ...]:
        """Whose encoder reads the tokens."""
        return (text_encoder.origin(self.cfg.source),)


class SideBySide(nn.Module):
    """Numbers and mask of tokens as one tensor."""

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Stack both.

        Args:
            ids: numbers of the tokens, shape ``(batch, tokens)``.
            mask: 1 of a token, 0 of none, shape ``(batch, tokens)``.

        Returns:
            Shape ``(batch, tokens, 2)``.
        """
        return torch.stack([ids, mask], 2)


def _refuse_missing(utterances: Sequence[Utterance]) -> None:
    missing = [u.id for u in utterances if not u.transcript]
    if missing:
        raise CorpusError(
            f"{len(missing)} of {len(utterances)} utterances have no transcript, first "
            f"{missing[0]}; fill the column 'transcript', or write needed: false below the front "
            "end text, which then reads nothing of them"
        )


def _tokens(utterances: Sequence[Utterance], cfg: Config, step: Step) -> tuple[Tokens, Index]:
    """Cut all transcripts: tokens one text after the other, and the first of each and the end."""
    tokenize = text_encoder.tokenizer(cfg.source, cfg.longest)
    cut = []
    for utterance in utterances:
        try:
            cut.append(tokenize(utterance.transcript))
        except ConfigError as error:
            raise CorpusError(f"{utterance.id}: {error}") from None
        step()
    return np.concatenate(cut), np.cumsum([0, *map(len, cut)], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class TextInputs:
    """The tokens of every utterance of a corpus.

    Attributes:
        tokens: of all texts one after the other, shape ``(total_tokens, 2)``.
        offsets: first token of each text and the end, shape ``(n + 1,)``.
        window_offsets: first window of each utterance and the end, shape ``(n + 1,)``: one each,
            or those of the sound beside it.
    """

    tokens: Tensor
    offsets: Tensor
    window_offsets: Index

    def in_windows(self, window_offsets: Index) -> "TextInputs":
        """Give each text in every window of its utterance.

        Args:
            window_offsets: of the sound beside it, shape ``(n + 1,)``.
        """
        return replace(self, window_offsets=window_offsets)

    def read(self, row: int) -> Tensor:
        """Refuse to give tokens, shape ``(tokens, 2)``: a voice is taken of sound.

        Args:
            row: of the corpus.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            "a speaker's voice is taken of sound, not of words; set normalisation to training"
        )

    def measure(self, rows: Index) -> Iterator[Tensor]:
        """Give the texts of some utterances, as often as each has windows.

        Args:
            rows: of the corpus, shape ``(n_rows,)``.

        Yields:
            Shape ``(batch, tokens, 2)``.
        """
        repeated = np.repeat(rows, np.diff(self.window_offsets)[rows])
        for start in range(0, len(repeated), BATCH):
            yield self.stack(torch.from_numpy(repeated[start : start + BATCH]))

    def stack(self, rows: Tensor) -> Tensor:
        """Stack texts, zeros behind the shorter ones.

        Args:
            rows: of the corpus, shape ``(batch,)``.

        Returns:
            Shape ``(batch, tokens, 2)``.
        """
        texts = [self.tokens[self.offsets[row] : self.offsets[row + 1]] for row in rows]
        return nn.utils.rnn.pad_sequence(texts, batch_first=True)

    def train(self, order: Order, targets: Tensor, augment: Augment) -> "TextBatches":
        """Give batches to train on, see `CorpusInputs.train`; words are not bent.

        Args:
            order: in which the utterances to train on come.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            augment: how far the sound beside them is bent.
        """
        return TextBatches(self, order, targets, augment)


class TextBatches:
    """All training texts, every epoch in a new order."""

    def __init__(self, inputs: TextInputs, order: Order, targets: Tensor, bending: Augment) -> None:
        """Hold what an epoch is made of.

        Args:
            inputs: tokens of the whole corpus.
            order: in which the utterances to train on come.
            targets: class of every utterance of the corpus, shape ``(n,)``.
            bending: of the sound beside them, which draws alike.
        """
        self.inputs, self.order, self.bending = inputs, order, bending
        self.rows, self.targets = order.rows, targets

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self.order)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Go once through the training utterances."""
        drawn = augment.draw(len(self.targets), self.bending, self.order.bends, number)
        for batch, numbers in self.order.epoch(number):
            mix = drawn[numbers][:, augment.MIX]
            yield Batch(self.inputs.stack(batch), self.targets[batch], batch, mix)


def build(cfg: Config, *, windows: Windows, augment: Augment = PLAIN) -> Text:
    """Make the front end.

    Args:
        cfg: whose tokens.
        windows: of the sound beside it.
        augment: of the sound beside it, which changes no word.
    """
    return Text(cfg)

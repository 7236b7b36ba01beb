"""Hidden states of a pretrained encoder of ``transformers``, or of two side by side.

An utterance is measured whole. Such an encoder is too large for a bundle of every run; one that is
asked for holds it in its graph, where it is a Whisper, and hears windows as any bundle does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import encoder_places, pretrained, whisper_blocks
from lightspeech.frontends.augment import PLAIN, SURROUNDINGS_ARE_OF_SOUND, Augment
from lightspeech.frontends.contract import Layer, Origin, Source
from lightspeech.frontends.encoded import EncoderFrontend, digest
from lightspeech.frontends.encoder_folder import SHORTEST
from lightspeech.frontends.listen import Listen
from lightspeech.frontends.states import SAMPLE_RATE, Pool, States
from lightspeech.frontends.versions import Copies
from lightspeech.frontends.whisper_log_mel import mel_matrix

WAVEFORM = "waveform"
WHISPER = {"licence": "MIT", "citation": "Radford et al. (2023), ICML, arXiv:2212.04356"}
UNKNOWN = {"licence": "not known here; ask where it comes from", "citation": ""}


@config
class Config(States):
    """A frozen encoder, and what of its hidden states is kept."""

    source: str = "whisper-base"
    """A folder, one below ``$LIGHTSPEECH_ENCODERS``, or a hub name as openai/whisper-base."""
    width: bounds.Width = 512
    """Of its hidden states; said here so that a run is read without the encoder."""
    first: bounds.Place = 1
    """First hidden state kept; 0 is what the first block reads."""
    last: bounds.Place = 4
    """Last one kept; later blocks are not computed."""
    second: "Config | None" = None
    """Another encoder: its hidden states stand behind those of the first in every frame."""

    def __post_init__(self) -> None:
        """Refuse frames that do not go together, and blocks to tune of two encoders."""
        super().__post_init__()
        if self.second is None:
            return
        if self.tuned or self.second.tuned or self.second.second is not None:
            raise ConfigError(
                "frontend.second goes with one encoder whose blocks are all frozen; leave tuned "
                "and second.second out"
            )
        if self.second.pool_s != self.pool_s:
            raise ConfigError(
                f"encoders side by side need one pool_s, found {self.pool_s:g} and "
                f"{self.second.pool_s:g}; write frontend.second.pool_s={self.pool_s:g}"
            )


def origin(source: str, recordings: Callable[[], frozenset[str]] = frozenset) -> Origin:
    """Say whose work an encoder is, by its name.

    Args:
        source: of the encoder, as in a recipe; the last part of a path counts.
        recordings: gives the hashes of recordings that it was made with.
    """
    name = Path(source).name
    return Origin(name=name, recordings=recordings, **(WHISPER if "whisper" in name else UNKNOWN))


@dataclass(frozen=True)
class Pretrained:
    """One or two encoders of ``transformers``, see `extraction.Encoder`."""

    cfg: Config
    windows = None
    in_bundle = False

    @property
    def states(self) -> tuple[States, ...]:
        """What is kept of each encoder, in the order of the features."""
        return (self.cfg,) if self.cfg.second is None else (self.cfg, self.cfg.second)

    @property
    def scheme(self) -> str:
        """Its weights are floats; ``tuned`` where some are trained."""
        return "tuned" if self.cfg.tuned else "fp32"

    @cached_property
    def key(self) -> str:
        """Names what is heard: by the weights in a folder, by the name on the hub.

        Raises:
            ConfigError: if there is no such encoder.
        """
        hashes = [[_weights(each.source), *_kept(each)] for each in self.states]
        first, *others = hashes
        return digest([*first, *(digest(other) for other in others)])

    @cached_property
    def listen(self) -> Listen:
        """The encoders, loaded strictly, see `pretrained.load`."""
        first, *others = [pretrained.load(each) for each in self.states]
        return replace(first, second=others[0]) if others else first

    def blocks(self) -> nn.ModuleList:
        """Load the blocks that are trained, see `pretrained.blocks_to_tune`."""
        return pretrained.blocks_to_tune(self.cfg) if self.cfg.tuned else nn.ModuleList()

    def macs(self, seconds: float) -> int | None:
        """Nobody counted."""
        return None

    def layer(self) -> Layer | None:
        """Waveform to features, the encoder in the graph; None where it is no Whisper."""
        parts = [part for each in self.states if (part := whisper(each)) is not None]
        if len(parts) < len(self.states):
            return None
        samples = torch.export.Dim("samples", min=SHORTEST)
        sizes = {0: torch.export.Dim("batch"), 1: samples}
        source = Source(example=torch.zeros(2, 3 * SAMPLE_RATE), sizes=sizes)
        return Layer({WAVEFORM: source}, SideBySide(parts))

    def origins(self) -> tuple[Origin, ...]:
        """Whose encoders these are."""
        return tuple(origin(each.source) for each in self.states)


class SideBySide(nn.Module):
    """Features of encoders that hear the same waveform, one behind the other in every frame."""

    def __init__(self, parts: Sequence[nn.Module]) -> None:
        """Take what computes the features of each."""
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute features.

        Args:
            waveform: 16 kHz, shape ``(batch, samples)``.

        Returns:
            Shape ``(batch, frames, n_features)``.
        """
        return torch.cat([part(waveform) for part in self.parts], 2)


def whisper(states: States) -> nn.Module | None:
    """Load a Whisper as a graph: waveform to pooled hidden states; None of another kind.

    Args:
        states: which of its hidden states are kept.

    Raises:
        ConfigError: if it is not there, not whole, or not as the recipe says.
        MissingExtra: if transformers is not installed.
    """
    about, model, extractor = pretrained.checked(states)
    if about.model_type != "whisper":
        return None
    blocks = whisper_blocks.of_model(
        model, mel_matrix(extractor), first=states.first, last=states.last
    )
    return nn.Sequential(blocks.eval().requires_grad_(False), Pool(states.pool_s))


def _weights(source: str) -> str | list[str]:
    folder = encoder_places.find(source)
    if folder is None:
        return source
    return encoder_places.hashes([folder / "config.json", *folder.glob("*.safetensors")])


def _kept(states: States) -> list[float]:
    return [states.width, states.first, states.last, states.pool_s]


def build(cfg: Config, *, windows: Windows, augment: Augment = PLAIN) -> EncoderFrontend:
    """Make the front end.

    Args:
        cfg: the encoder.
        windows: of the recipe; an utterance is measured whole.
        augment: at whose speeds, and how bent, recordings are heard too in training.

    Raises:
        ConfigError: if surroundings or windows as they are measured are asked for.
    """
    augment.refuse("surroundings", SURROUNDINGS_ARE_OF_SOUND)
    augment.refuse(
        "as_measured", "is of small encoders, which hear windows; this one measures whole "
        "recordings: leave it out",
    )  # fmt: skip
    return EncoderFrontend(Pretrained(cfg), windows, Copies.of(augment))

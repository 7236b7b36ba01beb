"""Hidden states of an encoder that `lightspeech shrink` made: an ONNX file that a bundle can hold.

It is heard through the very file that a bundle holds, int8 and all, so that what is trained on top
of it has met its rounding; and an utterance is measured in windows, as a device hears it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.windows import Waveform, Windows
from lightspeech.config import build as build_config
from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.files import read_json
from lightspeech.frontends import encoder_places, pretrained, whisper_block
from lightspeech.frontends.augment import PLAIN, SURROUNDINGS_ARE_OF_SOUND, Augment
from lightspeech.frontends.contract import Layer, Origin, Source
from lightspeech.frontends.encoded import EncoderFrontend, digest
from lightspeech.frontends.encoder import origin
from lightspeech.frontends.listen import Listen
from lightspeech.frontends.states import Pool, States
from lightspeech.frontends.versions import Copies
from lightspeech.runtime.onnx_session import OnnxSession

MODEL = pretrained.SHRUNK
BLOCKS = "blocks.safetensors"
"""Blocks above those of the file, in floats, where some are left to be trained."""
ABOUT = "config.json"
"""What `About` holds."""
INPUT, OUTPUT = "waveform", "states"


@config
class Config(States):
    """A small encoder, and what of its hidden states is kept: all that its file gives."""

    source: str = "base"
    """A folder, or one below ``$LIGHTSPEECH_ENCODERS``."""
    width: bounds.Width = 384
    """Of its hidden states; said here so that a run is read without the encoder."""
    first: bounds.Place = 0
    """First hidden state of its file."""
    last: bounds.Place = 2
    """Last one."""


@config
class About:
    """What is said of a small encoder beside its file."""

    model_type: Literal["lightspeech"]
    hidden_size: bounds.Width
    """Width of its hidden states."""
    first: bounds.Place
    """First hidden state of its file."""
    last: bounds.Place
    """Last one."""
    n_params: PositiveInt
    macs: PositiveInt | None = None
    """Multiply-accumulates of 3 s."""
    macs_1s: PositiveInt | None = None
    """Of one; older versions did not count them."""
    made_of: dict[str, Any]
    """The configuration of `lightspeech shrink`."""
    heard: tuple[str, ...]
    """Hashes of the recordings that it was made by."""


def read_about(folder: Path) -> About:
    """Read what is said of a small encoder.

    Raises:
        ConfigError: if it is damaged.
    """
    path = folder / ABOUT
    values = read_json(path, error=ConfigError, remedy="make it again with lightspeech shrink")
    return build_config(About, values, source=str(path))


@dataclass(frozen=True)
class Small:
    """A small encoder, see `extraction.Encoder`."""

    cfg: Config
    windows: Windows
    in_bundle = True

    @property
    def states(self) -> tuple[States, ...]:
        """What its file gives."""
        return (self.cfg,)

    @property
    def scheme(self) -> str:
        """Its products are int8; ``tuned`` where blocks above it are trained."""
        return "tuned-int8" if self.cfg.tuned else "int8"

    @cached_property
    def key(self) -> str:
        """Names what is heard, by its file; blocks that are trained above it are not heard here."""
        folder = self._folder()
        files = encoder_places.hashes([folder / ABOUT, folder / MODEL])
        cfg = self.cfg
        return digest([files, cfg.width, cfg.first, cfg.last, cfg.pool_s])

    @cached_property
    def listen(self) -> Listen:
        """The file, opened on one thread.

        Raises:
            ConfigError: if there is none, or the recipe asks for another width or other states.
        """
        folder, about = self._folder(), self._about()
        gives = {"width": about.hidden_size, "first": about.first, "last": about.last}
        if any(getattr(self.cfg, name) != value for name, value in gives.items()):
            keys = ", ".join(f"{name}: {value}" for name, value in gives.items())
            source, asks = self.cfg.source, {name: getattr(self.cfg, name) for name in gives}
            raise ConfigError(
                f"encoder {source!r} gives {gives}, the recipe asks for {asks}; write frontend: "
                f"{{name: small_encoder, source: {source}, {keys}}}"
            )
        return Listen(self.cfg.pool_s, _hidden_states(folder / MODEL), about.n_params)

    def blocks(self) -> nn.ModuleList:
        """Load the blocks that are trained, which `lightspeech shrink --tuned` left in floats.

        Raises:
            ConfigError: if the folder has others.
        """
        if not self.cfg.tuned:
            return nn.ModuleList()
        file = self._folder() / BLOCKS
        blocks = whisper_block.read(file) if file.is_file() else nn.ModuleList()
        if len(blocks) != self.cfg.tuned:
            raise ConfigError(
                f"encoder {self.cfg.source!r} has {len(blocks)} blocks to train, the recipe says "
                f"frontend.tuned={self.cfg.tuned}; make it with: lightspeech shrink "
                f"{self.cfg.source} --blocks {self.cfg.last} --tuned {self.cfg.tuned} "
                "--speech FOLDER"
            )
        return blocks

    def macs(self, seconds: float) -> int | None:
        """Multiply-accumulates for some seconds, from those of one second and of three.

        Attention grows with the square of the length, all else with the length.
        """
        about = self._about()
        if about.macs is None or about.macs_1s is None:
            return about.macs if seconds == 3 else None
        square = (about.macs / 3 - about.macs_1s) / 2
        linear = about.macs_1s - square
        return round(linear * seconds + square * seconds**2)

    def layer(self) -> Layer:
        """States, which the file computes, to features."""
        example = torch.zeros(2, self.cfg.n_layers, 150, self.cfg.width)
        sizes = {0: torch.export.Dim("batch"), 2: torch.export.Dim("states", min=2)}
        source = Source(example=example, sizes=sizes, model=self._folder() / MODEL)
        return Layer({OUTPUT: source}, Pool(self.cfg.pool_s))

    def origins(self) -> tuple[Origin, ...]:
        """Whose encoder it was before it was made small, as far as it is here to say so."""
        here = encoder_places.folder_of(self.cfg.source) is not None
        whole = self._about().made_of.get("source") if here else None
        own = origin(self.cfg.source, lambda: frozenset(self._about().heard))
        if whole is None:
            return (own,)
        of_whole = origin(whole)
        return (
            replace(
                of_whole, name=f"{own.name}, made of {of_whole.name}", recordings=own.recordings
            ),
        )

    def _folder(self) -> Path:
        folder = encoder_places.folder_of(self.cfg.source)
        if folder is None:
            raise ConfigError(
                f"encoder {self.cfg.source!r}: no such folder; set {encoder_places.PLACE} to the "
                "folder that holds it, or make it as the head of its recipe says: lightspeech "
                f"shrink {self.cfg.source} --speech FOLDER …"
            )
        if not (folder / MODEL).is_file():
            raise ConfigError(
                f"encoder {self.cfg.source!r} was not made by `lightspeech shrink`; write "
                "frontend.name=encoder"
            )
        return folder

    def _about(self) -> About:
        return read_about(self._folder())


def _hidden_states(file: Path) -> Any:
    """Open an encoder's file: a waveform, ``(samples,)``, to ``(layers, states, width)``."""
    session = OnnxSession(file.read_bytes(), str(file))

    def hidden_states(waveform: Waveform) -> Tensor:
        return torch.from_numpy(session.run(OUTPUT, {INPUT: waveform[None]})[0])

    return hidden_states


def build(cfg: Config, *, windows: Windows, augment: Augment = PLAIN) -> EncoderFrontend:
    """Make the front end.

    Args:
        cfg: the encoder.
        windows: that an utterance is measured in.
        augment: at whose speeds, and how bent, recordings are heard too in training.

    Raises:
        ConfigError: if surroundings are asked for.
    """
    augment.refuse("surroundings", SURROUNDINGS_ARE_OF_SOUND)
    return EncoderFrontend(Small(cfg, windows), windows, Copies.of(augment))

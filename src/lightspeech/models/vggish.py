"""VGGish (Hershey et al. 2017, arXiv 1609.09430, sec. 3): a VGG over patches of 0.96 s of log-mel.

72,141,184 parameters below the head, for which no package has weights: ``weights`` is a file of
yours, such as that of the port to torch, whose names it has; without one they are drawn. Differs:
the Fourier transform is as long as its window of 25 ms, not 512; a last patch is filled with
silence, not left out; no PCA behind it.
"""

import math
from pathlib import Path
from pickle import UnpicklingError
from typing import Annotated

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech import bounds
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import NamedPath, config
from lightspeech.errors import ConfigError
from lightspeech.frontends.contract import Frontend
from lightspeech.models._bands import of_bands
from lightspeech.models.contract import Unstandardized

FRONTEND = MelConfig(
    n_fft=400, hop_length=160, n_mels=64, f_min=125.0, f_max=7500.0, mel_scale="htk", power=1,
    floor=0.01,
)  # fmt: skip
WINDOWS = Windows(window_s=4.8, hop_s=None)
"""Five patches from the middle of an utterance."""
PATCH = 96
"""Frames of a patch: 0.96 s."""
ODD = (AttributeError, EOFError, KeyError, RuntimeError, ValueError)
"""What torch raises of a file that is none of its own."""
Channels = Annotated[int, Field(ge=1, le=512)]
MAX_BANDS = 128
"""Twice those published; each 16 of them ask for 12 million weights."""
CONVOLUTIONS = (1, 1, 2, 2)
"""Of each stage, which a pooling of 2 x 2 ends."""


@config
class Config:
    """As published, 128 numbers a patch."""

    weights: NamedPath | None = None
    """File of trained weights, ``.safetensors`` or ``.pth``; null: they are drawn."""
    channels: Annotated[tuple[Channels, ...], Field(min_length=4, max_length=4)] = (
        64, 128, 256, 512,
    )  # fmt: skip
    units: Annotated[int, Field(ge=1, le=4096)] = 4096
    """Of both hidden layers; wider than published would ask for gigabytes."""
    width: bounds.Width = 128
    """Of what is said of a patch."""
    dropout: bounds.Dropout = 0.5


class Vggish(Unstandardized, nn.Module):
    """Patches to 128 numbers each; their mean, then classes."""

    def __init__(self, cfg: Config, n_features: int, n_classes: int) -> None:
        """Build the layers, named as in the port to torch.

        Args:
            cfg: widths.
            n_features: mel bands, a multiple of 16.
            n_classes: logits.
        """
        super().__init__()
        layers: list[nn.Module] = []
        n_in = 1
        for n_out, count in zip(cfg.channels, CONVOLUTIONS, strict=True):
            for _ in range(count):
                layers += [nn.Conv2d(n_in, n_out, 3, padding=1), nn.ReLU()]
                n_in = n_out
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        flat = n_in * (PATCH // 16) * (n_features // 16)
        units = ((flat, cfg.units), (cfg.units, cfg.units), (cfg.units, cfg.width))
        dense = [part for each in units for part in (nn.Linear(*each), nn.ReLU())]
        self.embeddings = nn.Sequential(*dense)
        for part in (*self.features, *self.embeddings):
            if isinstance(part, nn.Conv2d | nn.Linear):  # else nine layers leave nothing of a sound
                nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
                nn.init.zeros_(part.bias)  # type: ignore[arg-type]
        self.head = nn.Sequential(nn.Dropout(cfg.dropout), nn.Linear(cfg.width, n_classes))

    def states(self, log_mel: Tensor) -> Tensor:
        """Describe each patch.

        Args:
            log_mel: shape ``(batch, frames, bands)``.

        Returns:
            Shape ``(batch, patches, width)``.
        """
        silence = math.log(FRONTEND.floor)
        padded = F.pad(log_mel, (0, 0, 0, -log_mel.shape[1] % PATCH), value=silence)
        patches = padded.reshape(-1, 1, PATCH, log_mel.shape[2])  # (B * N, 1, 96, F)
        x = self.features(patches).permute(0, 2, 3, 1)  # channels last, as the weights have it
        states: Tensor = self.embeddings(x.flatten(1))
        return states.reshape(len(log_mel), -1, states.shape[1])

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: log-mel, shape ``(batch, frames, bands)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        logits: Tensor = self.head(self.states(standardized).mean(1))
        return logits


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the network, with the weights of a file where one is named.

    Args:
        cfg: widths, and the file.
        frontend: of mel bands.
        n_classes: logits.

    Raises:
        ConfigError: if the front end gives no bands, they are no multiple of 16 up to 128, or the
            file does not hold these weights.
    """
    of_bands(frontend)
    if frontend.n_features % 16 or frontend.n_features > MAX_BANDS:
        raise ConfigError(
            f"vggish halves its bands four times, {frontend.n_features} are no multiple of 16 up "
            f"to {MAX_BANDS}; write frontend.n_mels=64"
        )
    network = Vggish(cfg, frontend.n_features, n_classes)
    if cfg.weights is not None:
        _load(network, cfg.weights)
    return network


def _load(network: Vggish, file: Path) -> None:
    """Load all weights but those of the head; the file must hold exactly these."""
    own = {name: x for name, x in network.state_dict().items() if not name.startswith("head.")}
    weights = _read(file)
    shapes = {name: tuple(x.shape) for name, x in weights.items()}
    for name, x in own.items():
        if shapes.get(name) != tuple(x.shape):
            there = shapes.get(name, "nothing")
            raise ConfigError(
                f"{file}: {name} is {there}, VGGish has {tuple(x.shape)}; name a file of the port "
                "to torch, such as vggish-10086976.pth, or leave weights out"
            )
    network.load_state_dict({name: weights[name] for name in own}, strict=False)


def _read(file: Path) -> dict[str, Tensor]:
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        loaded = torch.load(file, map_location="cpu", weights_only=True)
        return {str(name): x for name, x in loaded.items() if isinstance(x, Tensor)}
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file; name one of VGGish's weights") from None
    except UnpicklingError:
        raise ConfigError(f"{file}: no weights alone; save its state_dict") from None
    except (OSError, SafetensorError, *ODD) as error:
        reason = (str(error).splitlines() or ["empty"])[0][:80]
        raise ConfigError(f"{file}: no weights ({reason}); name a .pth or .safetensors") from None

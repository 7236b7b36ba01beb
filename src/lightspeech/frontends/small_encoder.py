"""An encoder of our own making: an ONNX file in a folder, waveform to hidden states.

`lightspeech shrink` writes it. It is heard through the very file that a bundle holds, int8 and all,
so that what is trained on top of it has met its rounding.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from torch import Tensor

from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError
from lightspeech.frontends.encoder import Encoder

MODEL = "encoder.onnx"
BLOCKS = "blocks.safetensors"
"""Blocks above those of the file, in floats, where some are left to be trained."""
ABOUT = "config.json"
"""``hidden_size``, ``first``, ``last``, ``n_params``, ``macs`` of 3 s, what it was made of, and
hashes of the recordings it ``heard`` then."""
INPUT, OUTPUT = "waveform", "states"


def load(cfg: Encoder, folder: Path) -> tuple[Callable[[Waveform], Tensor], int, int | None]:
    """Open an encoder on one thread.

    Args:
        cfg: the encoder, whose width and hidden states must be those of the file.
        folder: holds ``encoder.onnx`` and ``config.json``.

    Returns:
        What turns a waveform, shape ``(samples,)``, into ``(layers, states, width)``, its number of
        parameters, and its multiplications for 3 s, where its folder says them.

    Raises:
        ConfigError: if the recipe asks for another width or other hidden states.
    """
    about = _about(folder)
    gives = {"width": about["hidden_size"], "first": about["first"], "last": about["last"]}
    asked = {name: getattr(cfg, name) for name in gives}
    if asked != gives:
        raise ConfigError(
            f"encoder {cfg.source!r} gives {gives}, the recipe asks for {asked}; write encoder: "
            f"{{source: {cfg.source}, {', '.join(f'{k}: {v}' for k, v in gives.items())}}}"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / MODEL, options, ["CPUExecutionProvider"])

    def hidden_states(waveform: Waveform) -> Tensor:
        [states] = session.run([OUTPUT], {INPUT: waveform[None]})
        return torch.from_numpy(states[0])

    return hidden_states, about["n_params"], about.get("macs")


def made_with(folder: Path) -> frozenset[str]:
    """Hashes of the recordings that an encoder was shrunk by, and recovered by."""
    return frozenset(_about(folder)["heard"])


def _about(folder: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return about

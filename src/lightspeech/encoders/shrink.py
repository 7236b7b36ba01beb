"""A Whisper encoder made small: first blocks, fewer heads and units, int8, one ONNX file.

Blocks that are to be trained with a head later stay in floats beside it. Weights are int8 per
output channel; what a product reads is int8 by a scale of the moment (``DynamicQuantizeLinear``).
The mel product stays in floats: energies span ten decades.
"""

import copy
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from lightspeech import bounds
from lightspeech.audio import folders, io
from lightspeech.config import as_dict, config
from lightspeech.encoders import blocks as _blocks
from lightspeech.encoders import recovery
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.files import replacing, write_json
from lightspeech.frontends import pretrained, whisper_blocks
from lightspeech.frontends.encoder_folder import SHORTEST
from lightspeech.frontends.listen import LONGEST_S
from lightspeech.frontends.small_encoder import ABOUT, BLOCKS, INPUT, MODEL, OUTPUT, read_about
from lightspeech.frontends.states import SAMPLE_RATE
from lightspeech.frontends.whisper_blocks import WhisperBlocks
from lightspeech.frontends.whisper_log_mel import Level
from lightspeech.models import onnx_export, onnx_transform
from lightspeech.models.int8_onnx import dynamic
from lightspeech.training import layout
from lightspeech.training.loop import Training
from lightspeech.training.tensor_file import write_tensors

RECORDINGS = 48
"""Heard to judge heads and units by, where nobody says how many."""
RECOVERY = Training(
    batch_size=16, learning_rate=3e-4, weight_decay=0.01, precision="bf16-mixed", epochs=1,
    device="cpu",  # where recordings are decoded and the large encoder listens
)  # fmt: skip


@config
class Shrink:
    """What is left of an encoder."""

    source: str = "whisper-tiny.en"
    """A Whisper encoder, named as in ``frontend.source``."""
    first: bounds.Place = 0
    """First hidden state that is given."""
    last: bounds.Place = 2
    """Last one; so many blocks are left in its file."""
    tuned: bounds.Place = 0
    """Blocks above these that are left beside it in floats, for ``frontend.tuned``."""
    heads: bounds.Few = 6
    """Left in each block."""
    units: Annotated[int, Field(ge=1, le=1 << 15)] = 1152
    """Of the feed-forward part, left in each block."""
    level: Level = "kept"
    """``loudest``: gain is no cue. What is left then hears what the whole one was not trained on:
    no louder and no fainter than near full scale."""
    int8: bool = True
    epochs: bounds.Epochs = 0
    """Of recovery, over all recordings; what is left learns again what the whole one says."""
    deep: bounds.Place = 3
    """Hidden state of the whole one that the last state learns to tell in recovery."""

    def __post_init__(self) -> None:
        """Refuse to leave nothing, and to tell a state that is less deep than what is left."""
        if not 0 < self.blocks <= self.deep:
            raise ConfigError(
                f"of 1 to deep={self.deep} blocks are left, found last={self.last} and "
                f"tuned={self.tuned}; keep fewer blocks, or one at least"
            )

    @property
    def blocks(self) -> int:
        """All that are left."""
        return self.last + self.tuned


def recordings_of(speech: Path) -> list[Path]:
    """List the recordings below a folder by name.

    Raises:
        CorpusError: if there is none.
    """
    recordings = folders.listing(speech).recordings if os.path.isdir(speech) else []
    if not recordings:
        raise CorpusError(f"{speech}: no audio below it; name a folder of recordings")
    return recordings


def some_of(recordings: Sequence[Path], n: int = RECORDINGS) -> Sequence[Path]:
    """Choose some recordings, evenly spread over all.

    Args:
        recordings: all.
        n: how many at most.
    """
    return recordings[:: -(-len(recordings) // n)]


def shrink(cfg: Shrink, recordings: Sequence[Path], to: Path, *, judged: int = RECORDINGS) -> int:
    """Write a small encoder as a folder that ``frontend.source`` may name.

    Args:
        cfg: what is left.
        recordings: speech, no test speaker's.
        to: the folder.
        judged: recordings that heads and units are judged by, evenly spread over all.

    Returns:
        Size of its file in bytes.

    Raises:
        ConfigError: if another encoder lies in the folder; if the source is no Whisper, or has
            fewer blocks, heads or units.
        MissingExtra: if transformers is not installed.
        OutputError: if the folder cannot be written.
    """
    _check_folder(to)
    network, used = open_blocks(cfg), some_of(recordings, judged)
    _blocks.lessen(network, _waveforms(used), heads=cfg.heads, units=cfg.units)
    if cfg.epochs:
        whole, used = open_blocks(replace(cfg, last=cfg.deep, tuned=0)), recordings
        network = recovery.recover(network, whole, used, replace(RECOVERY, epochs=cfg.epochs), to)
    tuned, network.blocks = network.blocks[cfg.last :], network.blocks[: cfg.last]
    (to / BLOCKS).unlink(missing_ok=True)  # of an encoder made here before
    if cfg.tuned:
        write_tensors(to / BLOCKS, tuned.half().state_dict(), {"heads": str(cfg.heads)})
    model = to_onnx(network)
    data = quantized(model) if cfg.int8 else model.SerializeToString()
    with replacing(to / MODEL) as temporary:
        temporary.write_bytes(data)
    about = {
        "model_type": "lightspeech",
        "hidden_size": 2 * len(network.rates),
        "first": cfg.first,
        "last": cfg.last,
        "n_params": sum(p.numel() for p in network.parameters()),
        "macs": macs(network, 3),
        "macs_1s": macs(network, 1),
        "made_of": as_dict(cfg),
        "heard": [io.inspect(path).audio_hash for path in used],
    }
    write_json(to / ABOUT, about)
    (to / layout.CHECKPOINT).unlink(missing_ok=True)
    return len(data)


def _check_folder(to: Path) -> None:
    """Refuse a folder that holds another encoder, whose description would be written over."""
    if not (to / ABOUT).exists():
        return
    try:
        read_about(to)
    except ConfigError:
        raise ConfigError(
            f"{to}: holds another encoder; the folder is where the small one goes, --source {to} "
            "makes it of that one"
        ) from None


def macs(network: WhisperBlocks, seconds: int) -> int:
    """Count the multiply-accumulates of an encoder; those of its FFT are left out.

    Args:
        network: the blocks.
        seconds: of waveform.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, seconds * SAMPLE_RATE))
    return int(counter.get_total_flops()) // 2


def width(folder: Path) -> int:
    """Numbers of each hidden state of a small encoder."""
    return read_about(folder).hidden_size


def open_blocks(cfg: Shrink) -> WhisperBlocks:
    """Load the blocks that are kept.

    Raises:
        ConfigError: if the source is no Whisper, or has fewer blocks, heads or units.
    """
    about, model, extractor = pretrained.pretrained(cfg.source)
    if about.model_type != "whisper":
        raise ConfigError(f"{cfg.source} is a {about.model_type}; only Whisper can be made small")
    has = (about.encoder_layers - 1, about.encoder_attention_heads, about.encoder_ffn_dim)
    if any(left > n for left, n in zip((cfg.blocks, cfg.heads, cfg.units), has, strict=True)):
        raise ConfigError(
            f"{cfg.source} has blocks, heads and units of at most {has}, "
            f"found {(cfg.blocks, cfg.heads, cfg.units)}"
        )
    mel = torch.from_numpy(np.array(extractor.mel_filters, np.float32))
    blocks = whisper_blocks.of_model(
        copy.deepcopy(model), mel, first=cfg.first, last=cfg.blocks, level=cfg.level
    )
    return blocks.eval().requires_grad_(False)


def _waveforms(recordings: Sequence[Path]) -> Iterator[Tensor]:
    for path in recordings:
        yield torch.from_numpy(io.load(path, SAMPLE_RATE)[None, : LONGEST_S * SAMPLE_RATE])


def to_onnx(network: WhisperBlocks) -> Any:
    """Export blocks; batch and length stay open."""
    sizes = {
        0: torch.export.Dim("batch"),
        1: torch.export.Dim("samples", min=SHORTEST),
    }
    example = torch.zeros(2, 3 * SAMPLE_RATE)
    model = onnx_export.exported(
        network, [example], (sizes,), inputs=[INPUT], output=OUTPUT, name="a small encoder"
    )
    onnx_transform.replace(model)
    return model


def quantized(model: Any) -> bytes:
    """Make the weights of all products int8, but for the mel matrix."""
    return dynamic(model, [node.name for node in model.graph.node if "log_mel.mel" in node.input])

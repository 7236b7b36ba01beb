"""Pretrained encoders of ``transformers``, frozen: waveform to pooled hidden states.

Whisper runs without its padding to 30 s (positions are sliced) and no encoder runs further than the
last hidden state that is kept. wav2vec2, HuBERT and WavLM are read by the same code.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.frontends import encoder_folder
from lightspeech.frontends.encoder_folder import SHORTEST as SHORTEST
from lightspeech.frontends.states import SAMPLE_RATE, States, pool
from lightspeech.quiet import muted

PLACE = "LIGHTSPEECH_ENCODERS"
SHRUNK = "encoder.onnx"
"""In the folder of an encoder that is none of ``transformers`` any more."""
LONGEST_S = 30
"""Whisper has positions for no more; longer audio is heard in pieces of this."""
LEFT_OUT = (
    "model.decoder.", "decoder.", "proj_out.", "lm_head.", "quantizer.", "project_hid.",
    "project_q.", "projector.", "classifier.",
)  # fmt: skip
"""Tensors of whole models that are no part of their encoder."""
HALF = npt.NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Listen:
    """An encoder, ready to run, or two side by side.

    Attributes:
        pool_s: seconds that are averaged into one frame.
        hidden_states: turns a waveform, at most 30 s, into ``(layers, frames, width)``.
        own_params: parameters of the part that is computed.
        second: another one that hears the same; its features stand behind.
    """

    pool_s: float
    hidden_states: Callable[[Waveform], Tensor]
    own_params: int
    second: "Listen | None" = None

    @property
    def n_params(self) -> int:
        """Parameters of all that is computed."""
        return self.own_params + (self.second.n_params if self.second is not None else 0)

    def __call__(self, waveform: Waveform) -> HALF:
        """Hear a waveform of any length.

        Args:
            waveform: float32, 16 kHz, shape ``(samples,)``.

        Returns:
            Kept hidden states, averaged over time, shape ``(frames, n_features)``.
        """
        longest = LONGEST_S * SAMPLE_RATE
        starts = range(0, max(len(waveform) - SHORTEST, 0) + 1, longest)
        pieces = [waveform[start : start + longest] for start in starts]
        with torch.no_grad():
            kept = [self._frames(_lengthened(piece)) for piece in pieces]
        return torch.cat(kept).half().numpy()

    def _frames(self, piece: Waveform) -> Tensor:
        features = pool(self.hidden_states(piece), self.pool_s)
        if self.second is None:
            return features
        others = self.second._frames(piece)
        n = min(len(features), len(others))  # kinds differ by a state at the end
        return torch.cat([features[:n], others[:n]], 1)


def _lengthened(waveform: Waveform) -> Waveform:
    return np.pad(waveform, (0, max(SHORTEST - len(waveform), 0)))


def find(source: str) -> Path | None:
    """Find the folder of an encoder; None for a hub name.

    Raises:
        ConfigError: if it is neither.
    """
    if (folder := folder_of(source)) is not None:
        return folder
    if source.count("/") == 1 and not source.startswith(("/", ".")):
        return None
    raise ConfigError(remedies(source, "no such folder"))


def folder_of(source: str) -> Path | None:
    """Find the folder of an encoder below ``$LIGHTSPEECH_ENCODERS`` or here; None without one."""
    places = (Path(os.environ.get(PLACE, "")).expanduser() / source, Path(source))
    return next((folder for folder in places if os.path.isfile(folder / "config.json")), None)


def hashes(files: Iterable[Path]) -> list[str]:
    """Hash files in the order of their paths, SHA-256."""
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files)]


def remedies(source: str, why: str) -> str:
    """Say what to do where an encoder is not to be had.

    Args:
        source: of the encoder, as in a recipe.
        why: it is not to be had.
    """
    return (
        f"encoder {source!r}: {why}; set {PLACE} to the folder that holds it, name its folder "
        "(frontend.source=PATH), or connect to the network and name it as on the hub "
        "(frontend.source=openai/whisper-base)"
    )


def load(states: States) -> Listen:
    """Load an encoder, strictly.

    Args:
        states: which of its hidden states are kept.

    Raises:
        ConfigError: if it is not there, not whole, of another kind, or not as the recipe says.
        MissingExtra: if transformers is not installed.
    """
    about, model, extractor = checked(states)
    prepare = _whisper if about.model_type == "whisper" else _raw
    hidden_states = prepare(states, model, extractor)  # which leaves out what is not computed
    n_params = sum(p.numel() for p in model.parameters())
    return Listen(states.pool_s, hidden_states, n_params)


def checked(states: States) -> tuple[Any, Any, Any]:
    """Load an encoder, see `pretrained`, that has the hidden states which are kept.

    Args:
        states: which these are.

    Raises:
        ConfigError: if it is not there, not whole, of another kind, or not as the recipe says.
        MissingExtra: if transformers is not installed.
    """
    about, model, extractor = pretrained(states.source)
    _check(states, about)
    return about, model, extractor


def pretrained(name: str) -> tuple[Any, Any, Any]:
    """Load an encoder of ``transformers``, strictly: its configuration, itself, its extractor.

    Raises:
        ConfigError: if it is not there, not whole, or of another kind.
        MissingExtra: if transformers is not installed.
    """
    transformers = library()
    source = find(name) or name
    if isinstance(source, Path) and (source / SHRUNK).is_file():
        raise ConfigError(
            f"encoder {name!r} was made by `lightspeech shrink`; write frontend.name=small_encoder"
        )
    if isinstance(source, Path):
        return _of_folder(transformers, name, source)
    try:
        about = transformers.AutoConfig.from_pretrained(name)
        extractor = transformers.AutoFeatureExtractor.from_pretrained(name)
        model = _model(name, _class_of(transformers, about.model_type), name)
    except ConfigError:
        raise
    except (OSError, ValueError):  # a name that is none of the hub is a ValueError
        raise ConfigError(remedies(name, "not to be had here or on the hub")) from None
    return about, model, extractor


def _of_folder(transformers: Any, name: str, folder: Path) -> tuple[Any, Any, Any]:
    kind = encoder_folder.kind(folder)
    model_class, is_whisper = _class_of(transformers, kind), kind == "whisper"
    values, of_extractor = encoder_folder.read(folder, is_whisper=is_whisper)
    about = model_class.config_class(**values)
    weights = encoder_folder.tensors(folder, LEFT_OUT)
    with torch.device("meta"):
        n_params = sum(p.numel() for p in model_class(about).parameters())
    if n_params > 2 * sum(tensor.numel() for tensor in weights.values()):
        # Those that are not there would be made up, whatever memory the configuration asks for.
        raise ConfigError(f"encoder {name!r} is not whole, half of it is missing; fetch it anew")
    model = _model(name, model_class, None, config=about, state_dict=weights)
    if is_whisper:
        return about, model, transformers.WhisperFeatureExtractor(**of_extractor)
    return about, model, transformers.Wav2Vec2FeatureExtractor(**of_extractor)


def blocks_to_tune(cfg: States) -> nn.ModuleList:
    """Load the blocks of a Whisper above the last hidden state that is kept, to be trained.

    Raises:
        ConfigError: if the encoder is not there, is no Whisper, or has no such blocks.
        MissingExtra: if transformers is not installed.
    """
    about, model, _ = pretrained(cfg.source)
    if about.model_type != "whisper":
        raise ConfigError(
            f"frontend.tuned needs a Whisper, {cfg.source!r} is a {about.model_type}; leave it out"
        )
    _check(replace(cfg, last=cfg.last + cfg.tuned), about)
    blocks: nn.ModuleList = model.layers[cfg.last : cfg.last + cfg.tuned]
    return blocks.requires_grad_(True)


def library() -> Any:
    """Give ``transformers``, told to be quiet.

    Raises:
        MissingExtra: if it is not installed.
    """
    try:
        import transformers
    except ModuleNotFoundError:
        raise MissingExtra("a pretrained encoder", "teacher") from None
    package: Any = transformers
    package.logging.set_verbosity_error()
    package.logging.disable_progress_bar()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells every try
    return package


def _check(cfg: States, about: Any) -> None:
    n_blocks = getattr(about, "encoder_layers", None) or about.num_hidden_layers
    if cfg.width != about.hidden_size or cfg.last > n_blocks:
        raise ConfigError(
            f"encoder {cfg.source!r} has width {about.hidden_size} and {n_blocks} blocks, the "
            f"recipe says width {cfg.width} and last {cfg.last}; write frontend.width="
            f"{about.hidden_size} and frontend.last={min(cfg.last, n_blocks)}"
        )


def _class_of(transformers: Any, kind: object) -> Any:
    with muted():  # quantizers come along, where they are installed
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        classes = {
            "whisper": WhisperEncoder,
            "wav2vec2": transformers.Wav2Vec2Model,
            "hubert": transformers.HubertModel,
            "wavlm": transformers.WavLMModel,
            "data2vec-audio": transformers.Data2VecAudioModel,
        }
    if not isinstance(kind, str) or kind not in classes:
        raise ConfigError(f"an encoder of kind {kind!r}; choose one of {sorted(classes)}")
    return classes[kind]


def _model(name: str, kind: Any, source: str | None, **given: Any) -> nn.Module:
    """Load float32 weights; without the check a missing tensor would be filled at random."""
    mapping = {r"^(model\.)?encoder\.": ""} if kind.__name__ == "WhisperEncoder" else None
    model, report = kind.from_pretrained(
        source,
        key_mapping=mapping,
        dtype=torch.float32,
        output_loading_info=True,
        ignore_mismatched_sizes=True,
        **given,
    )
    foreign = {key for key in report["unexpected_keys"] if not key.startswith(LEFT_OUT)}
    if odd := sorted(map(str, {*report["missing_keys"], *report["mismatched_keys"], *foreign})):
        raise ConfigError(
            f"encoder {name!r} is not whole, first odd tensor {odd[0]}; fetch it anew"
        )
    encoder: nn.Module = model.eval().requires_grad_(False)
    return encoder


def _whisper(cfg: States, model: Any, extractor: Any) -> Callable[[Waveform], Tensor]:
    n_blocks = len(model.layers)
    model.layers = model.layers[: cfg.last]

    def hidden_states(waveform: Waveform) -> Tensor:
        # Multiples of 320 samples: an even number of mel frames, one state for two of them.
        mel = extractor(
            waveform,
            sampling_rate=SAMPLE_RATE,
            padding="longest",
            pad_to_multiple_of=320,
            return_tensors="pt",
        ).input_features
        x = F.gelu(model.conv2(F.gelu(model.conv1(mel)))).transpose(1, 2)  # (1, T, D)
        x = x + model.embed_positions.weight[: x.shape[1]]
        states = [x]
        for block in model.layers:
            states.append(block(states[-1], None))
        if cfg.last == n_blocks:
            states[-1] = model.layer_norm(states[-1])
        return torch.cat(states[cfg.first :])

    return hidden_states


def _raw(cfg: States, model: Any, extractor: Any) -> Callable[[Waveform], Tensor]:
    # One block more than is kept: some classes normalize what the last one gives.
    model.encoder.layers = model.encoder.layers[: cfg.last + 1]

    def hidden_states(waveform: Waveform) -> Tensor:
        values = extractor(waveform, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_values
        states = model(values, output_hidden_states=True).hidden_states
        return torch.cat(states[cfg.first : cfg.last + 1])

    return hidden_states

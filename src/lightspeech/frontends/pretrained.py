"""Pretrained encoders of ``transformers``, frozen: waveform to pooled hidden states.

Whisper runs without its padding to 30 s (positions are sliced) and no encoder runs further than the
last hidden state that is kept. wav2vec2, HuBERT and WavLM are read by the same code.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lightspeech.audio.windows import Waveform
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.frontends import encoder_folder
from lightspeech.frontends.encoder_places import find, remedies
from lightspeech.frontends.listen import Listen
from lightspeech.frontends.states import SAMPLE_RATE, States
from lightspeech.quiet import muted

SHRUNK = "encoder.onnx"
"""In the folder of an encoder that is none of ``transformers`` any more."""
LEFT_OUT = (
    "model.decoder.", "decoder.", "proj_out.", "lm_head.", "quantizer.", "project_hid.",
    "project_q.", "projector.", "classifier.",
)  # fmt: skip
"""Tensors of whole models that are no part of their encoder."""


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

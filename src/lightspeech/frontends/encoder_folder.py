"""A folder with a pretrained encoder, which anybody may have made: read with nothing on trust.

Of ``config.json`` and ``preprocessor_config.json`` only what is named here is read, each value in
its range; of the weights only what the safetensors format can hold. ``transformers`` is given
values and tensors, never the folder: it would also follow references to other models.
"""

import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lightspeech import bounds
from lightspeech.config import T, build, config
from lightspeech.errors import ConfigError
from lightspeech.files import read_json

CONFIG, EXTRACTOR = "config.json", "preprocessor_config.json"
WEIGHTS, PARTS = "model.safetensors", "model-*-of-*.safetensors"
STATE = 320
"""Samples from state to state: 20 ms, as all of these encoders have it."""
SHORTEST = 640
"""Samples that are heard at least; the convolutions of wav2vec2 need 400."""
Activation = Literal["gelu", "gelu_new", "quick_gelu", "relu", "silu", "swish"]
Units = Annotated[int, Field(ge=1, le=16_384)]
Depth = Annotated[int, Field(ge=1, le=256)]
Frames = Annotated[int, Field(ge=0, le=10_000)]
Few = Annotated[int, Field(ge=1, le=16)]
Stem = Annotated[tuple[bounds.Channels, ...], Field(min_length=1, max_length=16)]
Sizes = Annotated[tuple[Few, ...], Field(min_length=1, max_length=16)]


@config
class Whisper:
    """What is read of the configuration of a Whisper (Radford et al. 2022)."""

    d_model: bounds.Width
    encoder_layers: Depth
    encoder_attention_heads: bounds.Few
    encoder_ffn_dim: Units
    num_mel_bins: Literal[80, 128] = 80
    max_source_positions: Annotated[int, Field(ge=1_500, le=6_000)] = 1_500
    """At least those of 30 s."""
    activation_function: Activation = "gelu"
    dropout: bounds.Dropout = 0.0
    attention_dropout: bounds.Dropout = 0.0
    activation_dropout: bounds.Dropout = 0.0
    encoder_layerdrop: bounds.Share = 0.0

    def __post_init__(self) -> None:
        """Refuse a width that heads cannot share, or that positions cannot have."""
        _check_heads(self.d_model, self.encoder_attention_heads)
        if self.d_model % 2 or self.d_model < 4:
            raise ConfigError(f"d_model must be even and at least 4, found {self.d_model}")


@config
class Raw:
    """What is read of wav2vec2 (Baevski et al. 2020) and its like; what is None, they know."""

    hidden_size: bounds.Width
    num_hidden_layers: Depth
    num_attention_heads: bounds.Few
    intermediate_size: Units
    conv_dim: Stem
    conv_stride: Sizes
    conv_kernel: Sizes
    conv_bias: bool | None = None
    hidden_act: Activation = "gelu"
    feat_extract_activation: Activation = "gelu"
    feat_extract_norm: Literal["group", "layer"] | None = None
    feat_proj_layer_norm: bool | None = None
    layer_norm_eps: Annotated[float, Field(ge=1e-12, le=0.1)] = 1e-5
    do_stable_layer_norm: bool | None = None
    num_conv_pos_embeddings: Annotated[int, Field(ge=1, le=512)] | None = None
    num_conv_pos_embedding_groups: Annotated[int, Field(ge=1, le=512)] | None = None
    conv_pos_kernel_size: Annotated[int, Field(ge=1, le=512)] | None = None
    """Of a convolution over positions, in frames."""
    conv_pos_batch_norm: bool | None = None
    num_buckets: Annotated[int, Field(ge=4, le=4_096)] | None = None
    max_bucket_distance: Annotated[int, Field(ge=1, le=65_536)] | None = None
    hidden_dropout: bounds.Dropout | None = None
    attention_dropout: bounds.Dropout | None = None
    activation_dropout: bounds.Dropout | None = None
    feat_proj_dropout: bounds.Dropout | None = None
    final_dropout: bounds.Dropout | None = None
    layerdrop: bounds.Share | None = None
    apply_spec_augment: bool | None = None
    mask_time_prob: bounds.Share | None = None
    mask_time_length: Frames | None = None
    mask_time_min_masks: Frames | None = None
    mask_feature_prob: bounds.Share | None = None
    mask_feature_length: Frames | None = None
    mask_feature_min_masks: Frames | None = None

    def __post_init__(self) -> None:
        """Refuse a width that cannot be shared, and a stem that does not give a state each 20 ms.

        Raises:
            ConfigError: naming the fault.
        """
        _check_heads(self.hidden_size, self.num_attention_heads)
        if self.hidden_size % (self.num_conv_pos_embedding_groups or 1):
            raise ConfigError("num_conv_pos_embedding_groups must divide hidden_size")
        if self.num_buckets and self.max_bucket_distance:
            if self.num_buckets % 4 or self.max_bucket_distance <= self.num_buckets // 4:
                raise ConfigError("num_buckets and max_bucket_distance do not go together")
        if not len(self.conv_dim) == len(self.conv_stride) == len(self.conv_kernel):
            raise ConfigError("conv_dim, conv_stride and conv_kernel differ in length")
        reach = 1
        for kernel, stride in zip(self.conv_kernel[::-1], self.conv_stride[::-1], strict=True):
            reach = (reach - 1) * stride + kernel
        if math.prod(self.conv_stride) != STATE or reach > SHORTEST:
            raise ConfigError(
                f"its convolutions give a state each {math.prod(self.conv_stride)} samples, of "
                f"{reach}; {STATE} and at most {SHORTEST} are expected"
            )


@config
class WhisperExtractor:
    """What must be so of the log-mel of a Whisper."""

    feature_extractor_type: Literal["WhisperFeatureExtractor"] = "WhisperFeatureExtractor"
    feature_size: Literal[80, 128] = 80
    sampling_rate: Literal[16_000] = 16_000
    hop_length: Literal[160] = 160
    n_fft: Literal[400] = 400
    dither: Annotated[float, Field(ge=0, le=0)] = 0.0
    do_normalize: Literal[False] = False


@config
class RawExtractor:
    """What is done to a waveform before wav2vec2 and its like."""

    feature_extractor_type: Literal["Wav2Vec2FeatureExtractor"] = "Wav2Vec2FeatureExtractor"
    feature_size: Literal[1] = 1
    sampling_rate: Literal[16_000] = 16_000
    do_normalize: bool = True
    return_attention_mask: bool = False


def kind(folder: Path) -> object:
    """Tell what kind of encoder a folder says that it holds; any value of JSON.

    Raises:
        ConfigError: if it says nothing.
    """
    return _read(folder / CONFIG).get("model_type")


def read(folder: Path, *, is_whisper: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what an encoder and its extractor are made with.

    Args:
        folder: of the encoder.
        is_whisper: else it is one of those that hear a waveform.

    Returns:
        Arguments of the configuration and of the extractor of ``transformers``.

    Raises:
        ConfigError: if anything is missing or out of its range.
    """
    about = _known(Whisper if is_whisper else Raw, folder / CONFIG)
    extractor = _known(WhisperExtractor if is_whisper else RawExtractor, folder / EXTRACTOR)
    del extractor["feature_extractor_type"]
    if is_whisper and about["num_mel_bins"] != extractor["feature_size"]:
        raise ConfigError(
            f"{folder}: {about['num_mel_bins']} bands in {CONFIG}, {extractor['feature_size']} in "
            f"{EXTRACTOR}; fetch the encoder anew"
        )
    return about, extractor


def tensors(folder: Path, left_out: tuple[str, ...]) -> dict[str, Tensor]:
    """Read weights.

    Args:
        folder: of the encoder.
        left_out: how names begin of tensors that are not read.

    Raises:
        ConfigError: if a file is missing or damaged, or a weight is not finite.
    """
    files = [folder / WEIGHTS] if (folder / WEIGHTS).is_file() else sorted(folder.glob(PARTS))
    if not files:
        raise ConfigError(f"{folder}: no {WEIGHTS}; fetch the encoder anew, as safetensors")
    weights: dict[str, Tensor] = {}
    for file in files:
        try:
            with safe_open(file, framework="pt") as opened:
                names = [name for name in opened.keys() if not name.startswith(left_out)]
                weights |= {name: opened.get_tensor(name) for name in names}
        except (OSError, SafetensorError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(f"{file}: damaged ({reason}); fetch the encoder anew") from None
    for name, tensor in weights.items():
        if not tensor.is_floating_point() or not bool(tensor.isfinite().all()):
            raise ConfigError(f"{folder}: {name} holds no finite numbers; fetch the encoder anew")
    return weights


def _known(cls: type[T], path: Path) -> dict[str, Any]:
    """Read of a JSON file the fields of a class, and check them; those that are None are left."""
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    values = {name: value for name, value in _read(path).items() if name in names}
    checked = build(cls, values, source=str(path))
    found = {name: getattr(checked, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _read(path: Path) -> Mapping[str, Any]:
    return read_json(path, error=ConfigError, remedy="fetch the encoder anew")


def _check_heads(width: int, heads: int) -> None:
    if width % heads:
        raise ConfigError(f"{heads} attention heads cannot share a width of {width}")

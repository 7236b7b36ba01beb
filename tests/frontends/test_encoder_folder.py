"""Folders of encoders that somebody changed: an error of ours that names the fault."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from lightspeech.errors import ConfigError
from lightspeech.frontends import pretrained
from lightspeech.frontends.states import States

pytestmark = pytest.mark.usefixtures("one_thread")

CFG = States(source="", width=16, first=0, last=2)


def change(file, **values):
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def load(folder):
    return pretrained.load(replace(CFG, source=str(folder)))


@pytest.mark.parametrize(
    ("kind", "values", "fault"),
    [
        ("whisper", {"encoder_layers": 10**9}, "encoder_layers: .* less than or equal to 256"),
        ("whisper", {"encoder_ffn_dim": -1}, "encoder_ffn_dim: "),
        ("whisper", {"encoder_attention_heads": 3}, "3 attention heads cannot share a width of 16"),
        ("whisper", {"activation_function": "os.system"}, "activation_function: "),
        ("whisper", {"max_source_positions": 10}, "max_source_positions: "),
        ("whisper", {"model_type": ["whisper"]}, "of kind .*choose one of"),
        ("wav2vec2", {"conv_stride": [5] * 7}, "a state each 78125 samples, of"),
        ("wav2vec2", {"conv_dim": [8]}, "differ in length"),
        ("wav2vec2", {"layer_norm_eps": float("nan")}, "NaN is no number"),
        ("wav2vec2", {"num_conv_pos_embedding_groups": 3}, "must divide hidden_size"),
        ("wavlm", {"num_buckets": 6}, "do not go together"),
    ],
)
def test_what_a_configuration_says_is_bounded(make_encoder, kind, values, fault):
    folder, _ = make_encoder(kind)
    change(folder / "config.json", **values)
    with pytest.raises(ConfigError, match=fault):
        load(folder)


@pytest.mark.parametrize(
    "values", [{"feature_size": 96}, {"hop_length": 0}, {"n_fft": 10**9}, {"sampling_rate": 8_000}]
)
def test_a_log_mel_of_another_kind_is_refused(make_encoder, values):
    folder, _ = make_encoder()
    change(folder / "preprocessor_config.json", **values)
    with pytest.raises(ConfigError, match=f"preprocessor_config.json: {next(iter(values))}: "):
        load(folder)


def test_a_configuration_that_asks_for_more_weights_than_there_are_is_refused(make_encoder):
    folder, _ = make_encoder()
    change(folder / "config.json", encoder_layers=256, encoder_ffn_dim=16_384)
    with pytest.raises(ConfigError, match="half of it is missing"):
        load(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(make_encoder, value):
    folder, _ = make_encoder("wav2vec2")
    weights = load_file(folder / "model.safetensors")
    name = sorted(weights)[3]
    weights[name].view(-1)[0] = value
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(ConfigError, match=f"{name} holds no finite numbers"):
        load(folder)


def test_a_weight_of_another_shape_is_named(make_encoder):
    folder, _ = make_encoder()
    weights = load_file(folder / "model.safetensors")
    weights["model.encoder.layers.1.fc1.weight"] = torch.zeros(3, 3)
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(ConfigError, match=r"first odd tensor .*layers\.1\.fc1\.weight"):
        load(folder)


def test_only_safetensors_are_read(make_encoder):
    folder, _ = make_encoder()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"no model\.safetensors"):
        load(folder)


def test_a_reference_to_another_model_is_not_followed(make_encoder):
    folder, _ = make_encoder()
    reference = {"base_model_name_or_path": "somebody/else", "peft_type": "LORA"}
    (folder / "adapter_config.json").write_text(json.dumps(reference))
    change(folder / "config.json", auto_map={"AutoModel": "somebody/else--model.Model"})
    assert load(folder).n_params > 0

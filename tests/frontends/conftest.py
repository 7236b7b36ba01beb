import json
import sys

import pytest
import torch

WIDTH, BLOCKS = 16, 2
RAW = {
    "do_normalize": True, "feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1,
    "padding_side": "right", "padding_value": 0.0, "return_attention_mask": False,
    "sampling_rate": 16_000,
}  # fmt: skip


def whisper(transformers):
    cfg = transformers.WhisperConfig(
        d_model=WIDTH, encoder_layers=BLOCKS, encoder_attention_heads=2, encoder_ffn_dim=24,
        decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=24, vocab_size=20,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    return transformers.WhisperForConditionalGeneration(cfg)


def raw(transformers, kind, **changes):
    cfg = getattr(transformers, f"{kind}Config")(
        hidden_size=WIDTH, num_hidden_layers=BLOCKS, num_attention_heads=2, intermediate_size=24,
        conv_dim=(8,) * 7, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2, **changes,
    )  # fmt: skip
    return getattr(transformers, f"{kind}Model")(cfg)


KINDS = {
    "whisper": whisper,
    "wav2vec2": lambda t: raw(t, "Wav2Vec2"),
    "wav2vec2-stable": lambda t: raw(t, "Wav2Vec2", do_stable_layer_norm=True),
    "hubert": lambda t: raw(t, "Hubert"),
    "wavlm": lambda t: raw(t, "WavLM"),
    "data2vec": lambda t: raw(t, "Data2VecAudio"),
}


@pytest.fixture
def offline(monkeypatch):
    """No network, whatever the machine has."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if (hub := sys.modules.get("huggingface_hub.constants")) is not None:
        monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)  # it reads its environment once
    monkeypatch.delenv("LIGHTSPEECH_ENCODERS", raising=False)


@pytest.fixture
def make_encoder(tmp_path, offline):
    """Save a random encoder of two blocks, as `transformers` saves it; give folder and model."""
    transformers = pytest.importorskip("transformers", reason="needs the extra 'teacher'")

    def make(kind="whisper"):
        torch.manual_seed(0)
        folder = tmp_path / f"random-{kind}"
        model = KINDS[kind](transformers).eval()
        model.save_pretrained(folder)
        if kind == "whisper":
            transformers.WhisperFeatureExtractor().save_pretrained(folder)
        else:
            (folder / "preprocessor_config.json").write_text(json.dumps(RAW))
        return folder, model

    return make

"""Folders of pretrained encoders, of each kind that is built in its own way."""

import json
from pathlib import Path
from random import Random

import numpy as np
from mutations import as_json, as_safetensors

from doors import Door, all_of, one_of

WIDTH = 16
TRANSFORMERS = ("lightspeech.frontends.pretrained", "transformers.models.whisper.modeling_whisper",
                "transformers.models.wav2vec2.modeling_wav2vec2",
                "transformers.models.wavlm.modeling_wavlm")  # fmt: skip
SPOILT = one_of(json=as_json, safetensors=as_safetensors)
RAW = {
    "feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1, "do_normalize": True,
    "sampling_rate": 16_000, "padding_value": 0.0, "return_attention_mask": False,
}  # fmt: skip


def _make(folder: Path) -> None:
    import transformers

    cfg = transformers.WhisperConfig(
        d_model=WIDTH, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=24,
        decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=8, vocab_size=20,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    transformers.WhisperForConditionalGeneration(cfg).save_pretrained(folder / "whisper")
    transformers.WhisperFeatureExtractor().save_pretrained(folder / "whisper")
    for kind in ("Wav2Vec2", "WavLM"):
        shape = getattr(transformers, f"{kind}Config")(
            hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
            conv_dim=(8,) * 7, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
        )  # fmt: skip
        getattr(transformers, f"{kind}Model")(shape).save_pretrained(folder / kind)
        (folder / kind / "preprocessor_config.json").write_text(json.dumps(RAW))


def _spoil(rng: Random, good: Path, to: Path) -> None:
    """Spoil one file of one encoder, and leave the others out."""
    kind = rng.choice(sorted(good.iterdir()))
    (to / kind.name).mkdir()
    SPOILT(rng, kind, to / kind.name)


def _listen(folder: Path) -> None:
    all_of(*(lambda kind=kind: _listen_by(kind) for kind in sorted(folder.iterdir())))


def _listen_by(folder: Path) -> None:
    from lightspeech.frontends import pretrained
    from lightspeech.frontends.states import States

    listen = pretrained.load(States(source=str(folder), width=WIDTH, first=0, last=2))
    listen(np.zeros(16_000, np.float32))


DOORS = [
    Door(name="encoder", share=2, make=_make, spoil=_spoil, enter=_listen, imports=TRANSFORMERS),
]

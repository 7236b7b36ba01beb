"""Folders of pretrained encoders, and of small ones."""

from pathlib import Path

import numpy as np
from mutations import as_json, as_safetensors

from doors import Door, one_of

WIDTH = 16
TRANSFORMERS = ("lightspeech.frontends.pretrained", "transformers.models.whisper.modeling_whisper")


def _make(folder: Path) -> None:
    import transformers

    cfg = transformers.WhisperConfig(
        d_model=WIDTH, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=24,
        decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=8, vocab_size=20,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    transformers.WhisperForConditionalGeneration(cfg).save_pretrained(folder / "whisper")
    transformers.WhisperFeatureExtractor().save_pretrained(folder / "whisper")


def _listen(folder: Path) -> None:
    from lightspeech.frontends import pretrained
    from lightspeech.frontends.states import States

    listen = pretrained.load(States(source=str(folder / "whisper"), width=WIDTH, first=0, last=2))
    listen(np.zeros(16_000, np.float32))


DOORS = [
    Door(name="encoder", share=0.6, make=_make,
         spoil=one_of(json=as_json, safetensors=as_safetensors), enter=_listen,
         imports=TRANSFORMERS),
]  # fmt: skip

import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.frontends.mel_products import MelProducts
from lightspeech.frontends.whisper_log_mel import LogMel
from lightspeech.frontends.whisper_products import LogMelProducts


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"n_fft": 400, "hop_length": 160, "n_mels": 40, "f_min": 80.0},
        {"n_fft": 2048, "hop_length": 512, "kind": "mfcc", "n_mfcc": 13},
        {"kind": "spectrogram", "power": 1},
        {"level": "loudest"},
        {"level": "recent", "floor": 1e-18},
        {"level": "recent", "floor": 1e-18, "range_db": 30},
        {"n_fft": 1022, "hop_length": 511, "mel_scale": "htk"},
    ],
)
def test_products_give_the_features_of_the_transform(changes):
    cfg = MelConfig(**changes)
    waveform = torch.randn(2, 8_000, generator=torch.Generator().manual_seed(0)) * 0.1
    found, expected = MelProducts(cfg)(waveform), MelLayer(cfg)(waveform)
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-4)


def test_the_level_is_that_of_the_sorted_waveform_without_sorting():
    cfg = MelConfig(level="percentile")
    noise = torch.randn(4, 8_001, generator=torch.Generator().manual_seed(0))
    waveforms = noise * torch.tensor([[1.0], [0.01], [1e-6], [0.0]])
    found, expected = (layer(cfg).leveled(waveforms) for layer in (MelProducts, MelLayer))
    torch.testing.assert_close(found, expected, atol=5e-6, rtol=1e-5)


@pytest.mark.parametrize("level", ["kept", "loudest"])
@pytest.mark.parametrize("gain", [1.0, 1e-3, 0.0])
def test_products_give_the_log_mel_of_whisper(level, gain):
    mel = torch.rand(201, 20, generator=torch.Generator().manual_seed(1))
    layer = LogMel(mel, level)
    noise = torch.randn(2, 3_200, generator=torch.Generator().manual_seed(0)) * 0.1
    found, expected = LogMelProducts(layer)(noise * gain), layer(noise * gain)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_its_tables_are_small():
    made = MelProducts(MelConfig())
    size = sum(table.numel() for name, table in made.named_buffers() if "layer" not in name)
    assert size <= 40_000  # a convolution with the whole basis has a million

"""The same speech louder or quieter has the same features, in every form that hears floats.

What C hears of 16 bits is in ``test_c99_frontend.py``, the NumPy reference in ``tests/audio``.
"""

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.corpora.synthetic_voice import Cues, Speaker, say, sentence
from lightspeech.export import onnx_mel
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.frontends.mel_products import MelProducts
from lightspeech.models import onnx_export
from lightspeech.quiet import muted

N = 48_000


def speech(seed):
    """Three seconds of somebody, at most half of full scale, shape ``(1, N)``, in doubles."""
    rng = np.random.default_rng(seed)
    f0_hz = rng.uniform(90, 240)
    who = Speaker(f0_hz=f0_hz, tract=1.0, loudness_db=0, rate=1.3, expression=1.0)
    how = Cues(pitch_st=0, range_st=2, loudness_db=8, rate=1, tilt_db=0, jitter=0.01)
    said = np.concatenate([say(sentence(rng), who, how, rng) for _ in range(4)])
    return said[None, :N] * min(1, 0.5 / np.abs(said).max())


def in_torch(cfg):
    layer = MelLayer(cfg)
    return lambda waveform: layer(torch.from_numpy(waveform)).numpy()


def in_onnx(cfg):
    """As a bundle holds it: the transform as products."""
    batch, samples = torch.export.Dim("batch"), torch.export.Dim("samples", min=cfg.n_fft)
    model = onnx_export.exported(
        MelLayer(cfg).eval(), [torch.zeros(2, N)], ({0: batch, 1: samples},),
        inputs=["waveform"], output="features", name="mel",
    )  # fmt: skip
    onnx_mel.replace(model, cfg)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return lambda waveform: session.run(None, {"waveform": waveform})[0]


def in_litert(cfg):
    """As a bundle holds it: what TensorFlow Lite computes of the products."""
    litert_torch = pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    with muted():
        return litert_torch.convert(MelProducts(cfg).eval(), (torch.zeros(1, N),))


FORMS = {
    "torch": (in_torch, 52),
    "torch, 30 dB deep": (in_torch, 30),
    "onnx": (in_onnx, 52),  # 30 dB of the same numbers would be one more export of seconds
    "litert": (in_litert, 52),
}


@pytest.fixture(scope="module", params=FORMS.values(), ids=FORMS)
def form(request):
    """A front end, and what hears by it."""
    make, range_db = request.param
    cfg = MelConfig(level="recent", floor=1e-18, range_db=range_db)
    return cfg, make(cfg)


@settings(max_examples=20)
@given(db=st.floats(-60, 6), seed=st.integers(0, 99))
def test_gain_is_no_cue(form, db, seed):
    cfg, hear = form
    voice = speech(seed)
    expected = frontend.features(voice[0].astype(np.float32), cfg)
    [found] = hear((voice * 10 ** (db / 20)).astype(np.float32))
    np.testing.assert_allclose(found, expected, atol=1e-3)

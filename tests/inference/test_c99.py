"""A bundle of C that is cut, empty, hostile or changed: refused before anything is compiled."""

import subprocess
from dataclasses import replace

import pytest

from lightspeech import bundle, config
from lightspeech.audio.frontend import MelConfig
from lightspeech.errors import LightspeechError
from lightspeech.inference.backends import c99

SAID = {"name": "toy", "n_params": 3, "mean": [0.0] * 64, "deviation": [1.0] * 64}


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch):
    """The compiler is there, but must not be asked."""
    monkeypatch.setattr(c99.shutil, "which", lambda _: "/usr/bin/gcc")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("compiled"))


@pytest.fixture
def make(make_bundle):
    """Write a bundle that says it is one of C, around any bytes."""

    def write(model=b"", *, frontend=None, **said):
        heard = config.as_dict(MelConfig()) | (frontend or {})
        made = make_bundle(model, model_file="model.tflite", frontend=heard)
        return bundle.write(replace(made, model=SAID | said), model)

    return write


@pytest.mark.parametrize("model", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(64), b"RIFF" * 100])
def test_what_is_no_model_is_refused(make, model):
    with pytest.raises(LightspeechError, match="tflite file.*export the model again"):
        c99.open(make(model))


@pytest.mark.parametrize(
    ("frontend", "message"),
    [
        ({"n_fft": 1 << 30}, "n_fft must be even, 2 to 32768"),
        ({"n_mels": 1 << 30}, "n_mels must be 1 to"),
        ({"hop_length": 0}, "hop_length"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_hostile_front_end_is_refused_before_memory_is_taken(make, frontend, message):
    with pytest.raises(LightspeechError, match=message):
        c99.open(make(frontend=frontend))


@pytest.mark.parametrize("mean", [None, "x", [0.0] * 63, [], [[0.0]] * 64])
def test_statistics_of_other_features_are_refused(make, mean):
    with pytest.raises(LightspeechError, match=r"no bundle of C|standardizes"):
        c99.open(make(mean=mean))


def test_a_bundle_of_another_back_end_is_refused(make_bundle):
    made = make_bundle()
    with pytest.raises(LightspeechError, match="no bundle of C; export with --format c99"):
        c99.open(made)

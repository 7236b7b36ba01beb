"""Generated C in this process: the bits of the device's program, compiled once."""

import subprocess

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.audio.gate import Gate
from lightspeech.corpora.synthetic_voice import Cues, Speaker, say, sentence
from lightspeech.errors import BundleError, ConfigError, MissingTool
from lightspeech.files import CACHE
from lightspeech.inference import dispatch
from lightspeech.inference.backends import c99
from lightspeech.inference.recognize import utterance
from lightspeech.runtime import shared_library

RATE = 16_000


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def kept_here(cache, monkeypatch):
    monkeypatch.setenv(CACHE, str(cache))


@pytest.fixture
def predictor(kept_here):
    """That of a shipped model, compiled by whatever test comes first."""
    if shared_library.compiler() is None:
        pytest.skip("needs a C compiler: install gcc")
    return dispatch.open(bundle.read("nano"), backend="native")


@pytest.fixture(scope="module")
def voice():
    """Somebody speaks for ten seconds, and pauses."""
    rng = np.random.default_rng(0)
    who = Speaker(f0_hz=120, tract=1.0, loudness_db=0, rate=1.3, expression=1.0)
    how = Cues(pitch_st=0, range_st=2, loudness_db=10, rate=1, tilt_db=0, jitter=0.01)
    said = [np.pad(say(sentence(rng), who, how, rng), (0, RATE // 2)) for _ in range(7)]
    return np.concatenate(said)[: 10 * RATE].astype(np.float32)


def test_answers_are_those_of_the_device_to_the_bit(predictor, voice):
    [network] = bundle.parts(predictor.bundle)
    rows = predictor.bundle.windows.cut(voice, RATE)
    np.testing.assert_array_equal(predictor.predict(rows), c99.open(network).predict(rows))


@pytest.mark.parametrize("n_samples", [6_400, 47_999, 48_000, 63_360, 99_000])
def test_an_utterance_heard_whole_is_its_windows_and_its_gate(predictor, voice, n_samples):
    waveform, seconds = voice[:n_samples], n_samples / RATE
    rows, sounding = predictor.listen(waveform)
    windows = predictor.bundle.windows.cut(waveform, RATE)
    np.testing.assert_array_equal(rows, predictor.predict(windows))
    gate = Gate(RATE)
    gate.feed(waveform)
    gate.flush()
    assert gate.speech(0, seconds) > 0
    assert Gate.knowing(sounding).speech(0, seconds) == gate.speech(0, seconds)
    assert utterance(predictor, waveform).speech == gate.speech(0, seconds)


def test_what_was_compiled_is_kept(predictor, cache, monkeypatch):
    monkeypatch.setattr(shared_library, "write_text", lambda *_: pytest.fail("compiled again"))
    dispatch.open(bundle.read("nano"), backend="native")
    assert [file.suffix for file in cache.iterdir()] == [".so"]


def test_windows_of_another_length_are_refused(predictor):
    with pytest.raises(BundleError, match=r"hears windows of 48000 samples, found \(1, 100\)"):
        predictor.predict(np.zeros((1, 100), np.float32))


def test_without_a_compiler_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(shared_library.shutil, "which", lambda _: None)
    with pytest.raises(MissingTool, match="a C compiler is not installed; type: apt install gcc"):
        dispatch.open(bundle.read("nano"), backend="native")


def test_what_does_not_compile_is_told_in_one_line(cache):
    with pytest.raises(BundleError, match="error.*--backend native needs gcc"):
        shared_library.load({"a.c": "int a = b;"})
    assert not list(cache.glob("*.tmp"))


def test_a_compiler_that_takes_no_flags_of_ours_is_told(monkeypatch):
    def run(command, **_):
        return subprocess.CompletedProcess(command, 1, b"", b"bad value 'native'\n")

    monkeypatch.setattr(shared_library.subprocess, "run", run)
    with pytest.raises(BundleError, match="bad value 'native'"):
        shared_library.load({"a.c": ""})


def test_a_bundle_without_the_network_is_told_what_opens_it(make_bundle):
    with pytest.raises(BundleError, match="native does not open .*model.onnx'; onnx does"):
        dispatch.open(make_bundle(), backend="native")


def test_another_back_end_is_refused_with_those_there_are(make_bundle):
    with pytest.raises(
        ConfigError, match=r"unknown name 'fast' in backends; choose one of .*native"
    ):
        dispatch.open(make_bundle(), backend="fast")

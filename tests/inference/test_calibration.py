import json
from dataclasses import replace

import numpy as np
import pytest

from lightspeech import bundle, config
from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import MelConfig
from lightspeech.errors import AudioError, BundleError, ConfigError
from lightspeech.export import c99
from lightspeech.inference import calibration, dispatch

FRONT = MelConfig()


@pytest.fixture
def unknown(make_bundle):
    return make_bundle(normalisation="speaker", frontend=config.as_dict(FRONT))


def test_a_bundle_for_strangers_is_left_alone(make_bundle, write_tone, tmp_path):
    with pytest.raises(ConfigError, match="hears strangers"):
        calibration.calibrate(make_bundle(), [write_tone(tmp_path / "me.wav")], tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_what_is_no_speech_is_refused(unknown, tmp_path):
    (tmp_path / "me.wav").write_bytes(b"RIFF")
    for recordings in ([], [tmp_path / "me.wav"], [tmp_path / "none.wav"]):
        with pytest.raises(AudioError):
            calibration.calibrate(unknown, recordings, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_another_user_takes_the_place_of_the_first(unknown, write_tone, tmp_path):
    first, second = (write_tone(tmp_path / f"{hz}.wav", hertz=hz, seconds=1.0) for hz in (220, 880))
    mine = calibration.calibrate(unknown, [first], tmp_path / "mine")
    yours = calibration.calibrate(mine, [second], tmp_path / "yours")
    assert yours.voice == calibration.calibrate(unknown, [second], tmp_path / "again").voice
    assert yours.voice != mine.voice
    assert bundle.read(tmp_path / "yours").voice == yours.voice


@pytest.mark.parametrize(
    "damage",
    [
        {"mean": [0.0] * 63},
        {"deviation": [1.0] * 65},
        {"deviation": [0.0] * 64},
        {"mean": [float("nan")] * 64},
        {"mean": None},
        {"surprise": 1},
    ],
)
def test_a_damaged_voice_is_refused(unknown, write_tone, tmp_path, damage):
    tone = write_tone(tmp_path / "me.wav", seconds=1.0)
    file = calibration.calibrate(unknown, [tone], tmp_path / "mine").path / bundle.DESCRIPTION
    values = json.loads(file.read_text())
    file.write_text(json.dumps({**values, "voice": {**values["voice"], **damage}}))
    with pytest.raises(BundleError, match=r"again"):
        bundle.read(file.parent)


@pytest.fixture
def in_c(export_nano, tmp_path):
    """The bundle of C of a network that must know its speaker."""
    made = export_nano("c99", integers=True)
    model = (made.path / made.model_file).read_bytes()
    made = replace(made, path=tmp_path / "c", normalisation="speaker")
    for name, text in c99.files_of(made, model).items():
        (tmp_path / "c").mkdir(exist_ok=True)
        (tmp_path / "c" / name).write_text(text)
    return bundle.write(made, model)


def test_in_c_the_voice_is_part_of_the_standardization(in_c, write_tone, tmp_path):
    tone = write_tone(tmp_path / "me.wav", seconds=1.5)
    known = calibration.calibrate(in_c, [tone], tmp_path / "mine")
    model = (known.path / known.model_file).read_bytes()
    features = frontend.features(io.load(tone, 16_000), FRONT)
    (_, strangers), (_, own) = c99.hears(in_c, model), c99.hears(known, model)
    expected = strangers.quantize(known.voice.standardize(features))
    assert np.abs(own.quantize(features) - expected).max() <= 1
    assert np.abs(strangers.quantize(features) - expected).mean() > 3
    assert "must know its speaker" in (in_c.path / "ls_model.h").read_text()
    assert "#define LS_LEARNS 1u" in (in_c.path / "ls_frontend_config.h").read_text()
    assert "#define LS_LEARNS 0u" in (known.path / "ls_frontend_config.h").read_text()
    assert "must know its speaker" not in (known.path / "ls_model.h").read_text()


def test_in_c_it_is_compiled_for_its_user_alone(in_c, write_tone, tmp_path):
    if not dispatch.plugins.load(dispatch.BACK_ENDS, "c99").shutil.which("gcc"):
        pytest.skip("needs gcc")
    with pytest.raises(BundleError, match="must know who speaks"):
        dispatch.open(in_c)
    tone = write_tone(tmp_path / "me.wav", seconds=1.0)
    known = calibration.calibrate(in_c, [tone], tmp_path / "mine")
    [answer] = dispatch.open(bundle.read(known.path)).predict(io.load(tone, 16_000)[None])
    assert answer.sum() == pytest.approx(1, abs=1e-3)

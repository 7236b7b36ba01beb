import json

import pytest

from lightspeech import config
from lightspeech.audio.frontend import MelConfig


@pytest.fixture
def unknown(make_bundle):
    return make_bundle(normalisation="speaker", frontend=config.as_dict(MelConfig()))


def test_a_folder_of_speech_makes_the_bundle_of_a_user(lightspeech, unknown, write_tone, tmp_path):
    write_tone(tmp_path / "me" / "one.wav", seconds=12.0)
    write_tone(tmp_path / "me" / "two.wav", seconds=9.5, hertz=300.0)
    mine = tmp_path / "mine"
    ended = lightspeech("calibrate", tmp_path / "me", "--bundle", unknown.path, "--output", mine)
    assert (ended.code, ended.err) == (0, "")
    assert "knows its user by 21.5 s of speech" in ended.out
    assert json.loads((mine / "bundle.json").read_text())["voice"]["seconds"] == 21.5
    assert "21.5 s of speech, without labels" in (mine / "README.md").read_text()


def test_little_speech_is_taken_with_a_warning(lightspeech, unknown, write_tone, tmp_path):
    tone = write_tone(tmp_path / "me.wav", seconds=1.0)
    ended = lightspeech("calibrate", tone, "--bundle", unknown.path, "--output", tmp_path / "mine")
    assert ended.code == 0
    assert "20 s or more" in ended.err


def test_predict_says_what_to_type_first(lightspeech, unknown, write_tone, tmp_path):
    ended = lightspeech("predict", write_tone(tmp_path / "me.wav"), "--bundle", unknown.path)
    assert ended.code == 1
    assert f"lightspeech calibrate RECORDINGS --bundle {unknown.path}" in ended.err

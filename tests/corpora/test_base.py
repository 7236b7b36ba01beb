import pytest

from lightspeech.corpora import emodb, tess
from lightspeech.errors import CorpusError


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".WAV", ".ogg"])
def test_recordings_are_found_at_any_depth_in_any_format(tmp_path, suffix):
    path = tmp_path / "a" / "b" / f"03a01Fa{suffix}"
    path.parent.mkdir(parents=True)
    path.touch()
    assert [u.path for u in emodb.read(emodb.Config(root=tmp_path)).utterances] == [path]


def test_each_file_is_an_utterance_or_rejected_with_its_reason(tmp_path):
    for name in ("03a01Fa.wav", "noise.wav", ".hidden.wav", "readme.txt"):
        (tmp_path / name).touch()
    reading = emodb.read(emodb.Config(root=tmp_path))
    assert [u.id for u in reading.utterances] == ["emodb/03a01Fa"]
    assert [r.path.name for r in reading.rejected] == ["noise.wav"]


def test_a_nested_second_copy_is_rejected_and_names_the_first(tmp_path):
    for folder in ("OAF_angry", "copy/OAF_angry"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "OAF_back_angry.wav").touch()
    reading = tess.read(tess.Config(root=tmp_path))
    assert len(reading.utterances) == 1
    assert "same name as OAF_angry/OAF_back_angry.wav" in reading.rejected[0].reason


def test_untouched_originals_beside_a_conversion_are_rejected(tmp_path):
    for folder, name in (("original-samples", "03a01Fa.wav"), ("wav", "03a01Fa.flac")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()
    reading = emodb.read(emodb.Config(root=tmp_path))
    assert reading.utterances[0].path.suffix == ".flac"
    assert len(reading.rejected) == 1


def test_a_folder_of_other_recordings_names_the_first(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(CorpusError, match=r"no recording of 'emodb' among 1 .* a\.wav"):
        emodb.read(emodb.Config(root=tmp_path))


def test_the_data_folder_of_the_environment_is_the_default_root(tmp_path, monkeypatch):
    (tmp_path / "emodb").mkdir()
    (tmp_path / "emodb" / "03a01Fa.wav").touch()
    monkeypatch.setenv("LIGHTSPEECH_DATA", str(tmp_path))
    assert len(emodb.read(emodb.Config()).utterances) == 1

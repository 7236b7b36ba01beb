import pytest

from lightspeech import config
from lightspeech.corpora import emodb, preparing
from lightspeech.errors import CorpusError


def test_prepare_measures_each_file_and_finds_duplicates_across_containers(choice):
    prepared = preparing.prepare(choice)
    assert [(u.duration_s, u.sample_rate) for u in prepared.utterances] == [
        (0.1, 16_000),
        (0.1, 16_000),
        (0.2, 8000),
    ]
    assert prepared.duplicates == [("emodb/03a01Fa", "emodb/03a01Nc")]


def test_a_broken_file_never_stops_the_rest_and_is_named_with_its_reason(choice):
    broken = choice.config.root / "08a01Wa.wav"
    broken.write_bytes(b"not audio")
    (choice.config.root / "09a01Wa.wav").touch()
    (choice.config.root / "cough.wav").touch()
    prepared = preparing.prepare(choice)
    assert len(prepared.utterances) == 3
    assert [r.path.name for r in prepared.rejected] == ["cough.wav", "08a01Wa.wav", "09a01Wa.wav"]
    assert all(r.reason and str(r.path) not in r.reason for r in prepared.rejected)


def test_when_every_file_is_broken_the_first_is_named(tmp_path):
    (tmp_path / "03a01Fa.wav").touch()
    choice = config.Choice("lightspeech.corpora", "emodb", emodb.Config(root=tmp_path))
    with pytest.raises(CorpusError, match=r"none of 1 recordings.*03a01Fa\.wav"):
        preparing.prepare(choice)


def test_progress_sees_every_file(choice):
    told = []
    preparing.prepare(choice, progress=lambda *progress: told.append(progress))
    assert told == [("recordings", number, 3) for number in (1, 2, 3)]

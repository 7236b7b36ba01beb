"""What names the answers that are kept, and how trained runs are opened for many recordings."""

import pytest

from lightspeech.corpora.base import Utterance
from lightspeech.explain import hearing, parts
from lightspeech.files import write_text


@pytest.fixture
def runs(tmp_path):
    for name in ("one", "two"):
        write_text(tmp_path / name / "weights.safetensors", name)
        write_text(tmp_path / name / "run.json", "{}")
    return tmp_path / "one", tmp_path / "two"


def utterance(name):
    return Utterance(
        id=name, path=f"{name}.wav", corpus="toy", speaker="toy/a", emotion="angry",
        duration_s=1.0, audio_hash=name,
    )  # fmt: skip


def test_answers_are_named_by_weights_recordings_and_edits(runs):
    first, second = runs
    said = [utterance("a"), utterance("b")]
    name = parts.name(said, (first,), hearing.EDITS)
    assert name == parts.name(said, (first,), hearing.EDITS)
    others = {
        parts.name(said, (second,), hearing.EDITS),
        parts.name(said, (first, second), hearing.EDITS),
        parts.name(said[:1], (first,), hearing.EDITS),
        parts.name(said, (first,), hearing.EDITS[:-1]),
    }
    assert len(others | {name}) == 5


def test_code_that_answers_decides_and_no_other():
    package = parts.__file__.rpartition("/explain/")[0]
    for place in parts.DECIDING:
        assert parts.Path(package, place).exists(), place
    assert not {"cli", "reporting", "workflows"} & {*parts.DECIDING}


def test_an_encoder_hears_no_other_speed_when_it_is_asked():
    pytest.importorskip("torch", reason="trained runs need the extra 'train'")
    from lightspeech import config
    from lightspeech.explain import trained
    from lightspeech.training.task import RunConfig

    values = {
        "model": {"name": "whisper"}, "frontend": {"name": "encoder"},
        "augment": {"speeds": [0.9, 1.1]}, "windows": {}, "training": {},
    }  # fmt: skip
    cfg = config.build(RunConfig, values, source="test")
    assert cfg.front.speeds == (0.9, 1.1)
    assert trained.at_own_speed(cfg).front.speeds == ()

"""What names the answers that are kept, and how trained runs are opened for many recordings."""

import numpy as np
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


def test_an_encoder_hears_no_copies_when_it_is_asked():
    pytest.importorskip("torch", reason="trained runs need the extra 'train'")
    from lightspeech import config
    from lightspeech.explain import trained
    from lightspeech.frontends.versions import NO_COPIES
    from lightspeech.training.task import RunConfig

    values = {
        "model": {"name": "whisper"}, "frontend": {"name": "encoder"},
        "augment": {"speeds": [0.9, 1.1], "bends": {"room": 0.5}}, "windows": {}, "training": {},
    }  # fmt: skip
    cfg = config.build(RunConfig, values, source="test")
    assert (cfg.front.copies.speeds, cfg.front.copies.bends) == ((0.9, 1.1), ("room",))
    assert trained.as_spoken(cfg).front.copies == NO_COPIES


def test_an_answer_is_compared_with_that_to_a_copy_among_the_classes_that_are_shared():
    answers = np.full((2, 1 + len(hearing.EDITS), 3), np.nan)
    answers[:, 0] = 0.2, 0.5, 0.3  # the recording
    answers[:, 1] = 0.1, 0.5, 0.4  # its copy
    raised = 1 + next(n for n, e in enumerate(hearing.EDITS) if e.cue == "pitch level")
    answers[0, raised] = 0.4, 0.5, 0.1
    answers[1, raised] = 0.1, 0.8, 0.1
    heard = hearing.compare(answers, [2, 0])
    assert heard.changes[0] == pytest.approx([0.8 - 0.6, 0.2 - 0.4])
    assert heard.changes[raised - 1] == pytest.approx(
        [(0.2 + 0.5) / 2 - 0.8, (0.8 + 0.5) / 2 - 0.2]
    )
    assert heard.flipped[raised - 1] == 0.5
    assert np.isnan(heard.changes[raised:]).all()
    assert np.isnan(heard.flipped[raised:]).all()

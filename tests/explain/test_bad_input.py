"""Recordings that cannot be edited, answers that are damaged, systems that do not fit together."""

import numpy as np
import pytest
import soundfile

from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, LightspeechWarning, StudyError
from lightspeech.explain import hearing, parts
from lightspeech.explain.hearing import EDITS
from lightspeech.explain.parts import Asked, Part
from lightspeech.explain.reliance import Answered, edited

PITCHED = {"there and back", "pitch level", "pitch range", "jitter", "breath"}


class Flat:
    """Hears nothing: always the same answer."""

    def answer(self, sound):
        return np.full((1, len(sound.versions), 2), 0.5)


def utterance(path):
    return Utterance(
        id=path.stem, path=path, corpus="toy", speaker=f"toy/{path.stem[0]}", emotion="angry",
        duration_s=1.0, audio_hash=path.stem,
    )  # fmt: skip


def sound(kind):
    rng = np.random.default_rng(0)
    if kind == "short":
        return 0.1 * np.sin(2 * np.pi * 150 * np.arange(800) / SAMPLE_RATE)
    if kind == "silent":
        return np.zeros(SAMPLE_RATE)
    return 0.1 * rng.normal(size=SAMPLE_RATE)


@pytest.mark.parametrize("kind", ["short", "silent", "hiss"])
def test_what_cannot_be_edited_is_counted_and_never_made_up(tmp_path, kind):
    path = tmp_path / f"{kind}.wav"
    soundfile.write(path, sound(kind), SAMPLE_RATE)
    heard = hearing.compare(hearing.hear(utterance(path), [Flat()])[0], [0, 1])
    made = {e.cue for e, row in zip(EDITS, heard.changes, strict=True) if not np.isnan(row).any()}
    missing = {edit.cue for edit in EDITS} - made
    assert missing >= PITCHED | ({"rate", "order"} if kind == "short" else set())
    answered = Answered(
        labels=("angry", "sad"),
        changes=heard.changes[None],
        flipped=heard.flipped[None],
        truth=np.array([0]),
        speakers=np.array(["toy/a"]),
    )
    told = {edit.cue: edit.n for edit in edited(answered, answered.effects())}
    assert told.keys() == made
    assert told["copy"] == 1


@pytest.fixture
def asked(monkeypatch):
    """Who was asked about what, in place of the asking."""
    found = []

    def hear(utterance, listeners):
        found.extend((utterance.id, listener) for listener in listeners)
        return [np.full((1, 1 + len(EDITS), 2), 0.5)] * len(listeners)

    monkeypatch.setattr(hearing, "hear", hear)
    monkeypatch.setattr(parts, "listener_of", lambda folders: folders[0].name)
    return found


def work(tmp_path, n_parts):
    return [
        Part(
            utterances=tuple(utterance(tmp_path / f"{part}-{n}.wav") for n in range(parts.SIZE)),
            systems=tuple(
                Asked(folders=(tmp_path / name,), file=tmp_path / f"{part}-{name}.npy")
                for name in ("teacher", "student")
            ),
        )
        for part in range(n_parts)
    ]


def test_work_that_was_stopped_goes_on_where_it_was_system_by_system(tmp_path, asked):
    todo = work(tmp_path, 20)
    for part in todo:
        parts.fill(part)
    assert len(asked) == 2 * 20 * parts.SIZE
    asked.clear()
    (tmp_path / "7-student.npy").unlink()
    for part in todo:
        parts.fill(part)
    assert {name for name, _ in asked} == {f"7-{n}" for n in range(parts.SIZE)}
    assert {listener for _, listener in asked} == {"student"}
    changes, flipped = parts.read(todo, [(0, 1)] * 2)
    assert changes.shape == (20 * parts.SIZE, 2, len(EDITS), 2)
    assert flipped.shape == changes.shape[:3]


def test_damaged_answers_are_named(tmp_path, asked):
    todo = work(tmp_path, 1)
    parts.fill(todo[0])
    (tmp_path / "0-teacher.npy").write_bytes(b"half")
    with pytest.warns(LightspeechWarning), pytest.raises(StudyError, match=r"0-teacher.npy: dam"):
        parts.read(todo, [(0, 1)] * 2)


class Of:
    """A system, as far as it is looked at here."""

    def __init__(self, labels, folds):
        class Answers:
            pass

        answers = Answers()
        answers.labels = labels
        self.answers = {(0, 0): answers}
        self.study = self
        self.folder = "runs/toy"
        self.utterances = []
        self._folds = folds

    def fold_of(self):
        return self._folds


def test_systems_of_other_classes_or_other_tests_are_refused():
    pytest.importorskip("torch", reason="trained runs need the extra 'train'")
    from lightspeech.workflows import explain_systems as chains
    from lightspeech.workflows.explain_bundles import Beside

    nobody = Beside(bundles=(), classes=("angry", "sad"))

    one, other = Of(("angry", "sad"), {"a": 0}), Of(("angry", "calm"), {"b": 0})
    with pytest.raises(ConfigError, match="compare systems of the same classes"):
        chains.check_labels([one, other])
    with pytest.raises(ConfigError, match=r"not tested on the same recordings of folds \[3\]"):
        chains.common([one, other], nobody, [3], None)

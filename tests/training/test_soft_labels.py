import dataclasses
from pathlib import Path

import pytest
import torch

from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError, LeakError
from lightspeech.protocols.base import Split
from lightspeech.protocols.leaks import Heard
from lightspeech.training import soft_labels
from lightspeech.training.soft_labels import SoftLabels


def utterance(name):
    return Utterance(
        id=name, path=Path(name), corpus="toy", speaker=f"toy/{name}", emotion="sad",
        audio_hash=f"hash of {name}",
    )  # fmt: skip


CORPUS = [utterance(name) for name in "abcd"]
SPLIT = Split(name="fold 0", train=("a", "b"), selection=("c",), test=("d",))
LABELS = ("happy", "sad")
SOFT = SoftLabels(
    labels=LABELS, ids=("b", "a"), seeds=(0, 1),
    probabilities=torch.tensor([[0.25, 0.75], [0.5, 0.5]]), embeddings=torch.eye(2),
    answered={}, heard=Heard(study="t (fold 0)", train=tuple(CORPUS[:2]), selection=(CORPUS[2],)),
)  # fmt: skip


def test_what_is_written_is_read(tmp_path):
    soft_labels.write(SOFT, tmp_path / "soft")
    found = soft_labels.read(tmp_path / "soft")
    assert (found.labels, found.ids, found.seeds) == (SOFT.labels, SOFT.ids, SOFT.seeds)
    assert torch.equal(found.probabilities, SOFT.probabilities)
    assert torch.equal(found.embeddings, SOFT.embeddings)
    assert found.heard.study == "t (fold 0)"
    assert [u.audio_hash for u in found.heard.train] == ["hash of a", "hash of b"]
    assert [u.speaker for u in found.heard.selection] == ["toy/c"]
    soft_labels.check(found, LABELS, CORPUS, SPLIT)


def test_answers_alone_are_refused_where_embeddings_are_learnt_from(tmp_path):
    alone = dataclasses.replace(SOFT, embeddings=torch.zeros(2, 0))
    soft_labels.write(alone, tmp_path / "soft")
    found = soft_labels.read(tmp_path / "soft")
    assert found.embeddings.shape == (2, 0)
    soft_labels.check(found, LABELS, CORPUS, SPLIT)
    soft_labels.check_embeddings(SOFT, tmp_path / "soft")
    with pytest.raises(ConfigError, match=r"t \(fold 0\) was not asked for .*delete .*asked again"):
        soft_labels.check_embeddings(found, tmp_path / "soft")


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"\xff" * 99,
     lambda data: data.replace(b"seeds", b"seats"),
     lambda data: data.replace(b"speaker", b"speeker"),
     lambda data: data.replace(rb'parent\": \"\"', rb'parent\":   []')],
    ids=["half", "empty", "noise", "another key", "another field", "another type"],
)  # fmt: skip
def test_a_damaged_file_is_one_line_that_says_what_to_do(tmp_path, damage):
    path = tmp_path / "soft"
    soft_labels.write(SOFT, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CorpusError, match="no soft labels .*delete it and let") as caught:
        soft_labels.read(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_said_to_be_none(tmp_path):
    with pytest.raises(CorpusError, match="no soft labels"):
        soft_labels.read(tmp_path / "nothing")


def test_other_labels_are_refused_naming_both():
    with pytest.raises(
        ConfigError, match=r"\['happy', 'sad'\] apart, its student \['joy', 'sad'\]"
    ):
        soft_labels.check(SOFT, ("joy", "sad"), CORPUS, SPLIT)


def test_answers_to_another_corpus_are_refused():
    other = Split(name="fold 0", train=("a", "x", "y"), selection=("c",), test=("d",))
    with pytest.raises(CorpusError, match="lack 2 of 3 training utterances, such as x"):
        soft_labels.check(SOFT, LABELS, CORPUS, other)


def test_a_teacher_that_knows_a_test_speaker_is_refused():
    turned = Split(name="fold 1", train=("a",), selection=("c",), test=("b", "d"))
    with pytest.raises(LeakError, match=r"t \(fold 0\) knows speaker toy/b of b"):
        soft_labels.check(SOFT, LABELS, CORPUS, turned)

"""Listeners' votes as labels: those of the voice alone, classes alike, measured as it is told."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lightspeech.config import Choice
from lightspeech.corpora import crema_d, preparing, synthetic
from lightspeech.files import read_json
from lightspeech.training.loop import Training
from lightspeech.training.objective import Labels, Sum

ROOT = Path(__file__).parents[2]
TABLE = """"","A","D","F","H","N","S","fileName"
"100001",1,4,2,0,3,0,"1001_IEO_HAP_LO"
"100002",0,5,5,0,0,0,"1001_IEO_SAD_HI"
"200001",0,0,0,9,0,0,"1001_IEO_HAP_LO"
"""


@pytest.fixture
def votes(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import votes

    return votes


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "tabulatedVotes.csv"
    path.write_text(TABLE)
    return path


def test_a_label_is_what_was_heard_of_the_voice_alone(votes, table):
    names = ["1001_IEO_HAP_LO", "1001_IEO_SAD_HI", "1001_IEO_NEU_XX"]
    clips = [crema_d.parse(Path(f"{name}.wav")) for name in names]
    other = dataclasses.replace(clips[0], id="emodb/1001_IEO_HAP_LO", corpus="emodb")
    heard = votes.heard([*clips, other], table)  # angry, happy, neutral, sad
    assert heard.tolist() == [[0.25, 0, 0.75, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]


def test_classes_have_the_same_say_however_they_were_heard(votes):
    shares, drawn = torch.tensor([[0.9, 0.1], [0.6, 0.4]]), np.array([0.75, 0.25])
    said = votes.weights_of(shares, drawn) * (torch.tensor([0.75, 0.25]) @ shares)
    assert said.tolist() == pytest.approx([0.5, 0.5])
    assert votes.weights_of(torch.eye(2), np.array([0.5, 0.5])).tolist() == [1, 1]


def test_labels_that_are_certain_are_scored_as_labels_are(votes, toy_batches, toy_network):
    cfg = Training(class_weights=False)
    certain, network = torch.eye(3)[toy_batches.targets], toy_network().eval().requires_grad_(False)
    soft = votes.SoftLabels(toy_batches, 3, cfg, shares=certain, weights=torch.ones(3))
    batch = next(iter(toy_batches.epoch(0)))
    scored, expected = (
        float(Sum(network, [each], mixup=0.3)(network, batch))
        for each in (soft, Labels(toy_batches, 3, cfg))
    )
    assert scored == pytest.approx(expected, rel=1e-6)


def test_forms_are_measured_once_on_corpora_that_taught_nothing(
    votes, table, monkeypatch, tmp_path, capsys
):
    cfg = synthetic.Config(root=tmp_path / "made", speakers=6, sentences=1)
    made = preparing.prepare(Choice("lightspeech.corpora", "synthetic", cfg)).utterances
    names = dict(zip(sorted({u.speaker for u in made}), votes.TAUGHT + votes.MEASURED, strict=True))
    spoken = [dataclasses.replace(u, corpus=names[u.speaker]) for u in made]
    kept = [u for u in spoken if u.emotion in votes.CLASSES]
    monkeypatch.setattr(votes.trials, "recordings", lambda: kept)
    monkeypatch.setattr(
        votes.trials, "TRAINING", dataclasses.replace(votes.trials.TRAINING, epochs=1)
    )
    arguments = ["votes", str(table), "--seeds", "1", "--results", str(tmp_path / "figures")]
    monkeypatch.setattr(sys, "argv", [*arguments, "--cache", str(tmp_path / "cache")])
    for _ in range(2):
        votes.main()
    figures = read_json(tmp_path / "figures/benchmarks/votes.json")
    assert [*figures] == [f"{name}/0" for name in votes.FORMS]
    assert all(tuple(of) == votes.MEASURED for of in figures.values())
    assert capsys.readouterr().out.count("acted/0") == 1

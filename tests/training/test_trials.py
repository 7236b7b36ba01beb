"""The short trainings of benchmarks: taught by some corpora, measured on others, as it is told."""

import dataclasses
import sys
from pathlib import Path

import pytest

from lightspeech.config import Choice
from lightspeech.corpora import preparing, synthetic
from lightspeech.files import read_json
from lightspeech.reporting import trials as tables

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benchmarks(monkeypatch, tmp_path):
    """Both benchmarks, and six corpora of one made corpus; trainings are short."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import levels, trials
    from benchmarks.augmentation import __main__ as augmentation

    cfg = synthetic.Config(root=tmp_path / "made", speakers=18, sentences=1)
    made = preparing.prepare(Choice("lightspeech.corpora", "synthetic", cfg)).utterances
    speakers = sorted({u.speaker for u in made})
    names = trials.TAUGHT + trials.MEASURED
    recordings = [
        dataclasses.replace(u, corpus=names[speakers.index(u.speaker) // 3])
        for u in made
        if u.emotion in trials.CLASSES
    ]
    monkeypatch.setattr(trials, "recordings", lambda: recordings)
    monkeypatch.setattr(trials, "TRAINING", dataclasses.replace(trials.TRAINING, epochs=1))
    monkeypatch.chdir(tmp_path)
    return levels, augmentation, trials, recordings


def call(module, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [module.__name__, *arguments])
    module.main()


def test_nobody_who_is_measured_teaches(benchmarks):
    *_, trials, recordings = benchmarks
    parts = trials.parts(recordings)
    taught = {recordings[row].speaker for row in parts.taught}
    for name, rows in parts.measured.items():
        assert not taught & {recordings[row].speaker for row in rows}, name
    assert len(taught) == len(trials.TAUGHT)  # of three speakers each, two are kept apart


def test_levels_are_measured_once_and_told(benchmarks, monkeypatch, capsys):
    levels, *_ = benchmarks
    for _ in range(2):
        call(levels, monkeypatch, "--forms", "recent-2s", "--results", "figures")
    assert capsys.readouterr().out.count("recent-2s/0") == 1
    assert "| recent-2s |" in tables.levels(Path("figures"))


def test_forms_of_augmentation_are_measured_bent(benchmarks, monkeypatch):
    _, augmentation, *_ = benchmarks
    forms = ["usual", "telephone, room, rumble, 30 dB deep"]
    call(augmentation, monkeypatch, "--seeds", "1", "--results", "figures", "--forms", *forms)
    figures = read_json(Path("figures/benchmarks/augmentation.json"))
    assert [*figures] == [f"{name}/0" for name in forms]
    assert all(0 <= uar <= 1 for of in figures.values() for uar in of.values())
    assert {*augmentation.HEARD} < {*figures["usual/0"]}
    assert tables.augmentation(Path("figures")).count("\n") == 3

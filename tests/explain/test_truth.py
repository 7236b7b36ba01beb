"""The explainer itself is tested: on a made corpus the cues behind each label are known.

A small model, a Gaussian naive Bayes over what is measured of a voice, learns the cues that carry
the labels and hears no other. Explained must be those cues, in the order of what they do to this
very model when its inputs are moved by hand, and none of the others.
"""

import numpy as np
import pytest

from lightspeech.audio import io, measures, psola
from lightspeech.corpora import synthetic
from lightspeech.explain import hearing, reliance
from lightspeech.explain.reliance import Answered, edited, reliances

CARRIERS = {"pitch level": "pitch", "loudness level": "loudness"}
"""Cues that carry the label, and what measures them in their own unit."""
ASKED = {
    "copy": (0,), "there and back": (0,), "pitch level": (-2, 2), "pitch range": (0.5, 1.5),
    "loudness level": (-6, 6), "spectral tilt": (-1.5, 1.5), "rate": (0.9, 1.1), "jitter": (1,),
}  # fmt: skip
"""Cues, and how far they are moved."""


class NaiveBayes:
    """What is usual of each class, and which of them a voice is likeliest to be of."""

    def __init__(self, x, truth, n_classes):
        self.means = np.stack([x[truth == n].mean(0) for n in range(n_classes)])
        self.deviation = np.sqrt(np.mean((x - self.means[truth]) ** 2, 0))

    def probabilities(self, x):
        distances = (x[:, None] - self.means) / self.deviation
        scores = np.exp(-0.5 * (distances**2).sum(2))
        return scores / np.maximum(scores.sum(1, keepdims=True), 1e-30)

    def answer(self, sound):
        x = np.stack([of_voice(psola.analyse(waveform)) for waveform in sound.versions])
        return self.probabilities(x)[None]


def of_voice(voice):
    found = dict(zip(measures.UNITS, measures.measure(voice), strict=True))
    return np.array([found[name] for name in CARRIERS.values()])


@pytest.fixture
def few_edits(monkeypatch):
    """Two edits a cue are enough to tell whether it counts."""
    few = tuple(e for e in hearing.EDITS if e.amount in ASKED.get(e.cue, ()))
    monkeypatch.setattr(hearing, "EDITS", few)
    monkeypatch.setattr(reliance, "EDITS", few)


@pytest.fixture
def corpus(tmp_path):
    """Six speakers; labels are carried by pitch and loudness, all else is as in neutral speech."""
    cues = ("pitch_st", "loudness_db")
    cfg = synthetic.Config(root=tmp_path, speakers=6, sentences=1, spread=0.5, cues=cues)
    return synthetic.read(cfg).utterances


def ranks(values):
    return np.array([(values < v).sum() + (values == v).sum() / 2 for v in values])


@pytest.mark.usefixtures("few_edits")
def test_cues_that_carry_the_label_are_named_in_order_and_constant_ones_are_not(corpus):
    labels = synthetic.INFO.labels
    truth = np.array([labels.index(u.emotion) for u in corpus])
    x = np.stack([of_voice(psola.analyse(io.load(u.path))) for u in corpus])
    model = NaiveBayes(x, truth, len(labels))
    classes = range(len(labels))
    heard = [hearing.compare(hearing.hear(u, [model])[0], classes) for u in corpus]
    answered = Answered(
        labels=labels,
        changes=np.stack([each.changes for each in heard]),
        flipped=np.stack([each.flipped for each in heard]),
        truth=truth,
        speakers=np.array([u.speaker for u in corpus]),
    )
    effects = answered.effects()
    found = reliances(labels, effects, edited(answered, effects))
    false = [r for r in found if r.cue not in CARRIERS and r.effect]
    assert len(false) <= 0.05 * len(found), false
    for number, label in enumerate(labels):
        of_label = {r.cue: abs(r.effect) for r in found if r.emotion == label}
        known = [moved_by_hand(model, x, truth, number, cue) for cue in of_label]
        told = ranks(np.array(list(of_label.values())))
        assert np.corrcoef(told, ranks(np.array(known)))[0, 1] >= 0.9, (label, of_label, known)


def moved_by_hand(model, x, truth, number, cue):
    """The largest change of a class's probability when a measure of its voices is moved."""
    if cue not in CARRIERS:
        return 0.0
    before, effects = x[truth == number], []
    for amount in ASKED[cue]:
        after = before.copy()
        after[:, list(CARRIERS).index(cue)] += amount
        change = model.probabilities(after) - model.probabilities(before)
        effects.append(abs(change[:, number].mean()))
    return max(effects) if max(effects) >= reliance.SMALLEST else 0.0

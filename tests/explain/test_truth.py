"""The explainer itself is tested: on a made corpus the cue behind each label is known.

A small model, a softmax over measures of the voice, learns the labels; explained must be the cues
that carry them, and none that was held constant.
"""

import numpy as np
import pytest

from lightspeech.audio import io, measures, psola
from lightspeech.corpora import synthetic
from lightspeech.explain import hearing, reliance
from lightspeech.explain.reliance import Answered, edited, reliances

HEARD = ("pitch", "pitch range", "loudness", "slope 500-1500 Hz", "jitter")
"""What the model is given: each of them follows one cue of the rules."""
ASKED = {
    "copy": (0,), "there and back": (0,), "pitch level": (-2, 2), "pitch range": (0, 1.5),
    "loudness level": (-6, 6), "spectral tilt": (-3, 3), "jitter": (3,),
}  # fmt: skip
"""Cues, and how far they are moved."""
CUE_OF = {"pitch_st": "pitch level", "loudness_db": "loudness level", "tilt_db": "spectral tilt"}


class Softmax:
    """A linear softmax over standardized measures, by gradient descent with weight decay."""

    def __init__(self, x, truth, n_classes):
        self.mean, self.deviation = x.mean(0), x.std(0) + 1e-9
        self.weights = np.zeros((x.shape[1] + 1, n_classes))
        inputs, targets = self.inputs(x), np.eye(n_classes)[truth]
        for _ in range(400):
            error = self.probabilities(inputs) - targets
            self.weights -= 0.5 * (inputs.T @ error / len(x) + 0.02 * self.weights)

    def inputs(self, x):
        return np.pad((x - self.mean) / self.deviation, ((0, 0), (0, 1)), constant_values=1.0)

    def probabilities(self, inputs):
        scores = np.exp(inputs @ self.weights)
        return scores / scores.sum(1, keepdims=True)

    def answer(self, sound):
        x = np.stack([of_voice(psola.analyse(waveform)) for waveform in sound.versions])
        return self.probabilities(self.inputs(x))[None]


def of_voice(voice):
    return measures.measure(voice)[[list(measures.UNITS).index(name) for name in HEARD]]


@pytest.fixture
def few_edits(monkeypatch):
    """Two edits a cue are enough to tell whether it counts."""
    few = tuple(e for e in hearing.EDITS if e.amount in ASKED.get(e.cue, ()))
    monkeypatch.setattr(hearing, "EDITS", few)
    monkeypatch.setattr(reliance, "EDITS", few)


def explained(root, cues):
    cfg = synthetic.Config(root=root, speakers=6, sentences=1, spread=0.3, cues=cues)
    utterances = synthetic.read(cfg).utterances
    labels = synthetic.INFO.labels
    truth = np.array([labels.index(u.emotion) for u in utterances])
    x = np.stack([of_voice(psola.analyse(io.load(u.path))) for u in utterances])
    model = Softmax(x, truth, len(labels))
    heard = [hearing.hear(u, [model])[0] for u in utterances]
    answered = Answered(
        labels=labels,
        changes=np.stack([each.changes for each in heard]),
        flipped=np.stack([each.flipped for each in heard]),
        truth=truth,
        speakers=np.array([u.speaker for u in utterances]),
    )
    effects = answered.effects()
    return reliances(labels, effects, edited(answered, effects))


def ranks(values):
    return np.array([(values < v).sum() + (values == v).sum() / 2 for v in values])


@pytest.mark.usefixtures("few_edits")
def test_cues_that_carry_the_label_are_named_and_constant_ones_are_not(tmp_path):
    carriers = {"loudness_db", "tilt_db"}
    found = explained(tmp_path, tuple(carriers))
    named = {CUE_OF[cue] for cue in carriers}
    false = []
    for label in synthetic.INFO.labels:
        effects = {r.cue: abs(r.effect) for r in found if r.emotion == label}
        print(label, effects)
        false += [cue for cue, effect in effects.items() if cue not in named and effect > 0.05]
    assert not false

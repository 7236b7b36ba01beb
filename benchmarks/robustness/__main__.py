"""Measure bundles on speakers, rooms and languages they never heard, bent in many ways.

Run by hand, minutes: ``python -m benchmarks.robustness --corpora savee banglaser crema_d``.
"""

import argparse
from pathlib import Path

import numpy as np
from benchmarks.robustness.bends import BENDS
from benchmarks.robustness.codecs import RATE

import lightspeech
from lightspeech import plugins
from lightspeech.audio import io
from lightspeech.config import Choice
from lightspeech.corpora import labels, preparing
from lightspeech.corpora.base import Utterance
from lightspeech.files import read_json, write_json
from lightspeech.inference.recognizer import Recognizer

CORPORA = "lightspeech.corpora"
PATH = Path("robustness.json")
DIGITS = 6


def chosen(name: str, most: int, classes: tuple[str, ...]) -> list[tuple[Utterance, int]]:
    """Draw recordings of a corpus, and tell the class of each."""
    module = plugins.load(CORPORA, name)
    found = preparing.prepare(Choice(CORPORA, name, module.Config())).utterances
    vocabulary = labels.vocabulary_of(classes)
    known = [
        (u, labels.class_of(u.emotion, vocabulary, classes)) for u in labels.uncontradicted(found)
    ]
    usable = [(u, classes.index(label)) for u, label in known if label is not None]
    order = np.random.default_rng(0).permutation(len(usable))[:most]
    return [usable[place] for place in sorted(order)]


def measure(model: Recognizer, items: list[tuple[Utterance, int]]) -> dict[str, dict[str, float]]:
    """Give UAR and changed answers under each bend; where the gate hears nobody, it is wrong.

    Args:
        model: a bundle.
        items: recordings and their classes.

    Returns:
        By the name of the bend.
    """
    truth = np.array([place for _, place in items])
    figures: dict[str, dict[str, float]] = {}
    before = truth
    for name, bend in BENDS.items():
        answers = []
        for number, (utterance, _) in enumerate(items):
            waveform = io.load(utterance.path, RATE)
            bent = bend(waveform, np.random.default_rng([number, len(name)]))
            answer = model(bent, sample_rate=RATE, whole=True)
            label = answer.segments[0].label
            answers.append(model.labels.index(label) if label in model.labels else -1)
        given = np.array(answers)
        before = given if name == "clean" else before
        recalls = [(given[truth == c] == c).mean() for c in np.unique(truth)]
        figures[name] = {
            "uar": round(float(np.mean(recalls)), DIGITS),
            "changed": round(float((given != before).mean()), DIGITS),
            "none": round(float((given < 0).mean()), DIGITS),
        }
        print(model.bundle.name, name, figures[name], flush=True)
    return figures


def main() -> None:
    """Measure every bundle on every corpus, and write the figures after each."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bundles", nargs="*", default=["nano", "micro", "small"])
    asked.add_argument("--corpora", nargs="*", default=["savee", "banglaser", "crema_d"])
    asked.add_argument("--most", type=int, default=300, help="recordings of a corpus")
    asked.add_argument("--results", type=Path, default=Path("results"))
    got = asked.parse_args()
    path = got.results / PATH
    done = read_json(path) if path.is_file() else {}
    for bundle in got.bundles:
        model = lightspeech.load(bundle)
        heard = {corpus["name"] for corpus in model.bundle.corpora}
        if overlap := heard & {*got.corpora}:
            asked.error(f"{bundle} learnt from {sorted(overlap)}; name others")
        for corpus in got.corpora:
            items = chosen(corpus, got.most, model.labels)
            figures = measure(model, items)
            done.setdefault(model.bundle.name, {})[corpus] = {
                "recordings": len(items),
                "bends": figures,
            }
            write_json(path, done)


if __name__ == "__main__":
    main()

"""The shipped models on corpora that taught nobody and that nothing was ever chosen by.

Run by hand: ``python -m benchmarks.untouched urdu`` finds the corpus below ``$LIGHTSPEECH_DATA``.
Never choose anything by these figures: once that is done they are worth nothing.
"""

import argparse
from pathlib import Path

from lightspeech import bundle as bundles
from lightspeech import plugins
from lightspeech.bundle.places import LARGE
from lightspeech.config import Choice, as_dict
from lightspeech.corpora import labels, preparing
from lightspeech.evaluation import bundle_quality, untouched
from lightspeech.files import read_json, write_json
from lightspeech.inference import dispatch


def main() -> None:
    """Measure all shipped models of the four common classes, and write the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("corpora", nargs="+")
    asked.add_argument("--beside", type=Path, nargs="*", default=sorted(Path(LARGE).glob("*")))
    asked.add_argument("--results", type=Path, default=Path("results"))
    got = asked.parse_args()
    to = got.results / untouched.PATH
    known = read_json(to) if to.is_file() else {}
    for name in got.corpora:
        module = plugins.load("lightspeech.corpora", name)
        choice = Choice("lightspeech.corpora", name, module.Config())
        heard = labels.uncontradicted(preparing.prepare(choice).utterances)
        known[name] = {}
        for model in (*bundles.shipped(), *map(str, got.beside)):
            predictor = dispatch.open(bundles.read(model))
            if labels.vocabulary_of(predictor.bundle.labels) != "common4":
                continue
            if bundle_quality.is_leaky(predictor.bundle, heard):
                raise SystemExit(f"{model} was taught by {name}")
            answers = bundle_quality.answer_all(predictor, heard, None)
            said = bundle_quality.describe(predictor.bundle, heard)
            figures = untouched.measure(said, answers, predictor.bundle.thresholds)
            known[name][predictor.bundle.name] = as_dict(figures)
            print(name, predictor.bundle.name, figures)
    write_json(to, known)


if __name__ == "__main__":
    main()

"""How sure a model may be of corpora it never heard: figures of a study that leaves each out.

Run by hand, from the folder that holds ``runs/``: ``python benchmarks/calibration.py
runs/six_micro/2-quantize``.
"""

import argparse
from pathlib import Path

from lightspeech.config import as_dict
from lightspeech.evaluation import left_out
from lightspeech.files import read_json, write_json
from lightspeech.studies.study import read_study
from lightspeech.workflows import measuring, sureness


def main() -> None:
    """Measure each corpus with what the others gave, and write the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("study", type=Path, help="leaves out one corpus in each fold")
    asked.add_argument("--results", type=Path, default=Path("results"))
    got = asked.parse_args()
    study = read_study(got.study)
    corpora = sureness.left_out_by(measuring.answers(study), study)
    figures = left_out.measure(corpora)
    temperature = left_out.temperature(corpora)
    to = got.results / left_out.PATH
    known = read_json(to) if to.is_file() else {}
    known[study.name] = {
        "temperature": round(temperature, 4),
        "thresholds": [round(each, 4) for each in left_out.thresholds_of(corpora, temperature)],
        "corpora": [as_dict(each) for each in figures],
    }
    write_json(to, known)
    for each in figures:
        print(each)


if __name__ == "__main__":
    main()

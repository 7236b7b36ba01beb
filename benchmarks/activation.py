"""How well activation transfers beside the classes it is added up of: a study of corpora left out.

Run by hand, from the folder that holds ``runs/``: ``python benchmarks/activation.py
runs/six_teacher runs/six_micro/2-quantize``.
"""

import argparse
from pathlib import Path

from lightspeech.config import as_dict
from lightspeech.evaluation import activation
from lightspeech.files import read_json, write_json
from lightspeech.studies.study import read_study
from lightspeech.workflows import measuring, sureness


def main() -> None:
    """Measure each corpus of each study, and write the figures beside those of others."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("studies", type=Path, nargs="+", help="leave out one corpus in each fold")
    asked.add_argument("--results", type=Path, default=Path("results"))
    got = asked.parse_args()
    to = got.results / activation.PATH
    known = read_json(to) if to.is_file() else {}
    for folder in got.studies:
        study = read_study(folder)
        corpora = sureness.left_out_by(measuring.answers(study), study)
        known[study.name] = [as_dict(activation.measure(each)) for each in corpora]
        print(study.name, *known[study.name], sep="\n")
    write_json(to, known)


if __name__ == "__main__":
    main()

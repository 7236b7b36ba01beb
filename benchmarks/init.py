"""What beginning with a shipped model is worth: two trained studies, paired.

Run by hand, from the folder that holds ``runs/``, after ``lightspeech train`` of both recipes:
``python benchmarks/init.py runs/ten_micro runs/ten_micro_init``.
"""

import argparse
from pathlib import Path

from lightspeech.config import as_dict
from lightspeech.evaluation import begun
from lightspeech.files import read_json, write_json
from lightspeech.studies.study import read_study
from lightspeech.workflows import measuring


def main() -> None:
    """Compare both, and write the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("fresh", type=Path, help="study without init")
    asked.add_argument("begun", type=Path, help="the same with init")
    asked.add_argument("--results", type=Path, default=Path("results"))
    got = asked.parse_args()
    fresh, with_init = read_study(got.fresh), read_study(got.begun)
    if with_init.recipe.init is None or fresh.recipe.init is not None:
        asked.error("name a study without init, then one with it")
    found = begun.compare(
        measuring.answers(fresh),
        measuring.answers(with_init),
        fresh=fresh.recipe.name,
        begun=with_init.recipe.name,
        init=with_init.recipe.init,
        protocol=with_init.protocol.name,
        selection=with_init.protocol.selection,
        corpus=measuring.corpus_name(with_init.recipe, with_init.protocol),
    )
    to = got.results / begun.PATH
    known = read_json(to) if to.is_file() else {}
    write_json(to, {**known, found.begun: as_dict(found)})
    print(f"{found.fresh_uar:.4f} {found.begun_uar:.4f} {found.gain:+.4f} {found.gain_ci95}")


if __name__ == "__main__":
    main()

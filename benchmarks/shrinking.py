"""Curve of UAR against multiplications and bytes: the Whisper blocks of ``base``, ever smaller.

Run by hand, with ``$LIGHTSPEECH_DATA`` and ``$LIGHTSPEECH_ENCODERS`` set: ``python
benchmarks/shrinking.py recipes/ravdess_base.yaml --speech $LIGHTSPEECH_DATA/emodb --seed 0``. Every
point is an encoder below ``runs/NAME-shrinking/`` and a study; a killed curve goes on where it was.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from lightspeech import metrics
from lightspeech.encoders import shrink
from lightspeech.encoders.shrink import Shrink
from lightspeech.evaluation import pruning
from lightspeech.evaluation.pruning import Curve, Point
from lightspeech.frontends.small_encoder import ABOUT, MODEL
from lightspeech.progress import no_progress
from lightspeech.studies import folders, material, recipe, stages
from lightspeech.studies.folders import Places
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.study import read_study
from lightspeech.training import cost, predictions
from lightspeech.training.networks import n_params
from lightspeech.training.run import read_run

LEFT = ((2, 6, 1536), (2, 6, 1152), (2, 4, 768), (2, 3, 384), (1, 3, 384))
"""Blocks, heads and feed-forward units of each point; the first are all of whisper-tiny.en's."""


def encoder(left: tuple[int, int, int], speech: Path, to: Path) -> Path:
    """Make an encoder where it is not there yet."""
    blocks, heads, units = left
    folder = to / f"encoder-{blocks}-{heads}-{units}"
    if not (folder / ABOUT).is_file():
        heard = shrink.recordings_of(speech)
        shrink.shrink(Shrink(last=blocks, heads=heads, units=units), heard, folder)
    return folder


def study(path: Path, heard: Path, seeds: list[int], to: Path, processes: int) -> Recipe:
    """Train heads on an encoder, all folds; what is done stays done."""
    last = json.loads((heard / ABOUT).read_text("utf-8"))["last"]
    name = heard.name.replace("encoder", "study")
    asked = [f"name={name}", f"frontend.source={heard}", f"frontend.last={last}"]
    chosen = recipe.read(path, [*asked, *([f"seeds={seeds}"] if seeds else [])])
    places = Places(runs=to)
    folder = folders.begin(chosen, places, resume=True, fresh=False)
    prepared = material.prepare(chosen, folder, progress=no_progress)
    stages.train(chosen, prepared, folder, places, no_progress, processes=processes)
    return chosen


def point(folder: Path, heard: Path) -> Point:
    """Measure a study: encoder and head together."""
    runs = sorted(folder.glob("fold*-seed*"))
    answers = [predictions.read(run / "test.csv") for run in runs]
    uars = [metrics.uar(a.truth, a.answers, len(a.labels)) for a in answers]
    about, head = json.loads((heard / ABOUT).read_text("utf-8")), read_run(runs[0])
    left = about["made_of"]
    return Point(
        name=f"{left['last']} × {left['heads']} heads, {left['units']} units",
        uar=round(float(np.mean(uars)), 6),
        macs=about["macs"] + cost.of(head).macs,
        size_bytes=(heard / MODEL).stat().st_size + 4 * n_params(head.network),
        n_params=about["n_params"] + n_params(head.network),
    )


def main() -> None:
    """Shrink, train heads, measure, and write the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("recipe", type=Path)
    asked.add_argument("--speech", type=Path, required=True, help="no test speaker's")
    asked.add_argument("--seed", type=int, action="append", default=[], help="default: all")
    asked.add_argument("--results", type=Path, default=Path("results"))
    asked.add_argument("--processes", type=int, default=2)
    got = asked.parse_args()
    to = (Path("runs") / f"{got.recipe.stem}-shrinking").resolve()
    points = []
    for left in LEFT:
        heard = encoder(left, got.speech, to)
        chosen = study(got.recipe, heard, got.seed, to, got.processes)
        points.append(point(to / chosen.name, heard))
        print(points[-1])
    made = Curve(
        model=chosen.model.name,
        corpus=chosen.corpora[0].name,
        recipe=got.recipe.stem,
        how="heads, units and blocks of whisper-tiny.en, int8, by how little their loss is felt on "
        f"{shrink.RECORDINGS} recordings of {got.speech.name}; the head trained anew",
        folds=len(read_study(to / chosen.name).protocol.splits),
        seeds=chosen.seeds,
        points=tuple(points),
    )
    print(pruning.write(made, got.results))


if __name__ == "__main__":
    main()

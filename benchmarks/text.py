"""What words add to sound: finished studies of words, of sound, of both, and without one of them.

From the folder that holds ``runs/``, after ``lightspeech train`` of the recipes ``*_read_*``:
``python benchmarks/text.py runs/emodb_read_* runs/made_read_*``, a step such as
``runs/made_read_student/1-distill`` too. A model of both is asked three times: as it was taught,
with nobody knowing what is said, and with silence in place of the sound.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile

from lightspeech import bundle as bundles
from lightspeech import metrics
from lightspeech.corpora import labels, synthetic_text
from lightspeech.corpora.base import Utterance
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.protocols import leaks
from lightspeech.studies.study import Study, read_study
from lightspeech.training import calibrate
from lightspeech.training.networks import n_params
from lightspeech.training.run import Run, read_run

CACHE = Path("cache")


def unspoken(utterance: Utterance, folder: Path) -> Utterance:
    """Nobody knows what is said."""
    return replace(utterance, transcript="")


def silent(utterance: Utterance, folder: Path) -> Utterance:
    """As long, and nothing to hear."""
    n_samples = round(utterance.duration_s * utterance.sample_rate)
    path = folder / f"{n_samples}-{utterance.sample_rate}.flac"
    if not path.exists():
        soundfile.write(path, np.zeros(n_samples, np.int16), utterance.sample_rate)
    return replace(utterance, path=path, audio_hash=f"silence{n_samples}")


GIVEN = {"both": None, "sound alone": unspoken, "words alone": silent}


def uar(run: Run, tested: list[Utterance], vocabulary: str, cache: Path) -> float:
    """Measure a run on recordings."""
    logits = run.answer(tested, cache).logits.numpy()
    inputs = run.config.front.open(tested, cache)
    answers = calibrate.utterance_probabilities(
        logits, np.diff(inputs.window_offsets), run.temperature, run.config.windows.over
    )
    names = [labels.map_label(u.emotion, vocabulary) or "" for u in tested]
    truth = np.array([run.labels.index(name) for name in names])
    return float(metrics.uar(truth, answers.argmax(1), len(run.labels)))


def asked(study: Study, given: Any, folder: Path) -> float:
    """Mean over folds and seeds of a study whose recordings are changed as said."""
    known, figures = {u.id: u for u in study.utterances}, []
    for name in study.run_names:
        run = read_run(study.folder / name)
        tested = [known[id] for id in study.protocol.splits[run.fold].test]
        if given is not None:
            tested = [given(utterance, folder) for utterance in tested]
        figures.append(uar(run, tested, study.recipe.labels, CACHE if given is None else folder))
    return round(float(np.mean(figures)), 4)


def measured(study: Study) -> dict[str, Any]:
    """Say of a study what it is, what of its test sentences it knows, and its figures."""
    run = read_run(study.folder / study.run_names[0])
    frontend = run.config.frontend.as_dict()
    reads, hears = bundles.part(frontend, "text") is not None, run.config.frontend.name != "text"
    with TemporaryDirectory() as folder:
        kinds = GIVEN if reads and hears else {"words alone" if reads else "sound alone": None}
        figures = {kind: asked(study, given, Path(folder)) for kind, given in kinds.items()}
    [corpus, *_] = study.recipe.corpora
    made = corpus.name == synthetic_text.NAME
    return {
        "corpus": study.utterances[0].corpus,
        "model": study.recipe.model.as_dict(),
        "scheme": study.scheme,
        "n_params": n_params(run.network),
        "protocol": study.protocol.name,
        "folds": len(study.protocol.splits),
        "seeds": list(study.recipe.seeds),
        "epochs": study.recipe.training.epochs,
        "test_utterances": sum(len(split.test) for split in study.protocol.splits),
        "text_seen": leaks.text_seen(study.utterances, study.protocol) if reads else None,
        "uar": figures,
        "highest_there_can_be": synthetic_text.ceilings(corpus.config) if made else None,
    }


def main() -> None:
    """Measure the studies named on the command line and write the file of results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/text.json"))
    arguments = parser.parse_args()
    known = json.loads(arguments.output.read_text()) if arguments.output.is_file() else {}
    found = {read.name: measured(read) for read in map(read_study, arguments.studies)}
    studies = {**known.get("studies", {}), **found}
    write_json(arguments.output, {"machine": machine.describe(), "studies": studies})


if __name__ == "__main__":
    main()

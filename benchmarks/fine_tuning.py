"""What fine-tuning an encoder took and gave: one finished run, its time, its figure, its bundles.

From the folder that holds ``runs/``, with the encoder below ``$LIGHTSPEECH_ENCODERS``:
``python benchmarks/fine_tuning.py runs/ravdess_lora/fold0-seed0``. One fold is no study: the figure
stands beside the time that it took, not in a table of models. Where others used the cores too, the
fastest epoch tells more than the sum.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from lightspeech import metrics
from lightspeech.evaluation import machine
from lightspeech.export import onnx, onnx_dynamic
from lightspeech.files import write_json
from lightspeech.training import layout, predictions
from lightspeech.training.networks import n_params
from lightspeech.training.run import Run, read_run


def history(folder: Path) -> list[dict[str, float]]:
    """Read what each epoch of a run was, from its ``folder``."""
    return [json.loads(line) for line in (folder / layout.HISTORY).read_text("utf-8").splitlines()]


def sizes(run: Run) -> dict[str, int]:
    """Export a run in each format that holds it; bytes by format."""
    return {
        "onnx": len(onnx.to_bytes(run)),
        "onnx-fp16": len(onnx.to_bytes(run, half=True)),
        "onnx-dynamic": len(onnx_dynamic.to_bytes(run)),
    }


def measured(folder: Path) -> dict[str, Any]:
    """Say all of a finished run that is said of it, from its ``folder``."""
    run, epochs = read_run(folder), history(folder)
    test = predictions.read(folder / layout.ANSWERS)
    learnt = sum(p.numel() for p in run.network.parameters() if p.requires_grad)
    return {
        "machine": machine.describe(),
        "study": folder.parent.name,
        "fold": run.fold,
        "seed": run.seed,
        "encoder": Path(run.config.frontend.config.source).name,
        "model": run.config.model.as_dict(),
        "n_params": n_params(run.network),
        "n_params_learnt": learnt,
        "threads": 1,
        "epochs": len(epochs),
        "training_s": round(sum(epoch["seconds"] for epoch in epochs), 1),
        "fastest_epoch_s": round(min(epoch["seconds"] for epoch in epochs), 1),
        "selection_uar": round(epochs[-1]["selection_uar"], 4),
        "test_utterances": len(test.ids),
        "test_uar": round(float(metrics.uar(test.truth, test.answers, len(test.labels))), 4),
        "size_bytes": sizes(run),
    }


def main() -> None:
    """Measure the run named on the command line and write the file of results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/fine_tuning.json"))
    arguments = parser.parse_args()
    write_json(arguments.output, measured(arguments.run))


if __name__ == "__main__":
    main()

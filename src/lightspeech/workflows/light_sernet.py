"""The command line of Light-SERNet's own code, as a recipe of ours and changes to it."""

import json
from pathlib import Path

from lightspeech.workflows.train import Job

CORPORA = {"EMO-DB": "emodb", "IEMOCAP": "iemocap"}
STYLES = {"all": "all", "impro": "improvised", "script": "scripted"}
INPUTS = {"mfcc": "mfcc", "spectrogram": "spectrogram", "mel_spectrogram": "log_mel"}
LOSSES = ("cross_entropy", "focal")


def job(
    recipe: Path, *, dataset: str, seconds: float, style: str, loss: str, input_type: str
) -> Job:
    """Say what one of its experiments is here: the same network, measured on strangers.

    EMO-DB with its seven emotions, each speaker left out once; IEMOCAP with four, *excited* called
    *happy*, each session left out once, since its two speakers answer each other.

    Args:
        recipe: YAML file of the network as published.
        dataset: of `CORPORA`.
        seconds: length of the input, above 0.
        style: of `STYLES`, of IEMOCAP; EMO-DB has one.
        loss: of `LOSSES`.
        input_type: of `INPUTS`.
    """
    is_iemocap = dataset == "IEMOCAP"
    corpus = {"name": CORPORA[dataset]}
    parts = {"merge_excited": True, "style": STYLES[style]} if is_iemocap else {}
    protocol = {"name": "leave_one_out", "unit": "session" if is_iemocap else "speaker"}
    name = f"light_sernet_{CORPORA[dataset]}_{style}_{seconds:g}s_{loss}_{input_type}"
    changes = {
        "name": name,
        "corpus": {**corpus, **parts},
        "labels": "common4" if is_iemocap else "own",
        "protocol": protocol,
        "windows": {"window_s": seconds},
        "frontend": {"kind": INPUTS[input_type]},
        "training.loss": loss,
    }
    overrides = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
    return Job(recipe=recipe, overrides=overrides, resume=True)

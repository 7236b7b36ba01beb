"""A step killed without warning goes on to the very weights it would have had."""

import os

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")

TWO_FOLDS = ("corpus.speakers=4", "protocol.folds=2")
DISTILL = """compress=[{name: distill, teacher: teacher, crops: 1, features: 0.5, relations: 0.5,
 training: {epochs: 4}}]"""
QUANTIZE = "compress=[{name: quantize, qat_epochs: 4}]"
COMPRESS = """
from lightspeech.progress import no_progress
from lightspeech.studies import folders, material, recipe, stages
from lightspeech.studies.folders import Places
from pathlib import Path
chosen = recipe.read(Path("tiny.yaml"), {changes!r})
folder = folders.begin(chosen, Places(), resume=True, fresh=False)
prepared = material.prepare(chosen, folder, progress=no_progress)
protocol = chosen.protocol.module.cut(prepared.utterances, chosen.protocol.config)
stages.compress(chosen, prepared, protocol, folder, Places(), no_progress, processes=1)
"""


@pytest.mark.parametrize(
    ("step", "moments"),
    [(DISTILL, ("soft/fold1.safetensors", "fold0-seed0/history.jsonl", "fold1-seed0/run.json")),
     (QUANTIZE, ("fold0-seed0/history.jsonl", "fold1-seed0/int8.onnx"))],
    ids=["distill", "quantize"],
)  # fmt: skip
def test_killed_at_any_moment_and_resumed_it_ends_with_the_same_bits(
    train, here, kill, step, moments
):
    if step is QUANTIZE:
        pytest.importorskip("torchao", reason="needs the extra 'compress'")
    else:
        train("name=teacher", *TWO_FOLDS, "model.channels=[8, 8]")
    changes = [*TWO_FOLDS, step.replace("\n", "")]
    _, compress = train(*changes)
    (made,) = compress()
    whole = results(made)
    made.rename(here / "whole")
    for moment in moments:
        kill(COMPRESS.format(changes=changes), here, made / moment)
    compress()
    assert results(made) == whole
    assert len(whole) == 4


def results(made):
    """Weights and answers of every run."""
    paths = [*made.rglob("weights.safetensors"), *made.rglob("test.csv")]
    return {str(path.relative_to(made)): path.read_bytes() for path in paths}

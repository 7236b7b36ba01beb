"""The step as a whole: rounds of runs, resumed after a kill with the same bits."""

import os
from pathlib import Path

import pytest

from lightspeech.errors import ConfigError
from lightspeech.training import cost
from lightspeech.training import run as runs

pytest.importorskip("torch_pruning", reason="pruning needs Torch-Pruning")

WIDE = "model={name: nano, channels: [16, 16, 20]}"
STEP = "compress=[{name: prune, epochs: 2, batches: 2, multiple: 2, rounds: 2}]"
COMPRESS = """
from pathlib import Path
from lightspeech.progress import no_progress
from lightspeech.studies import folders, material, recipe, stages
from lightspeech.studies.folders import Places
chosen = recipe.read(Path("tiny.yaml"), {changes!r})
folder = folders.begin(chosen, Places(), resume=True, fresh=False)
prepared = material.prepare(chosen, folder, progress=no_progress)
protocol = stages.train(chosen, prepared, folder, Places(), no_progress, processes=1)
stages.compress(chosen, prepared, protocol, folder, Places(), no_progress, processes=1)
"""

MOMENTS = (
    "fold0-seed0/round1/history.jsonl",
    "fold0-seed0/round1/test.csv",
    "fold0-seed0/history.jsonl",
)


@pytest.fixture
def made(begin):
    """A study that was pruned in two rounds."""
    begin((WIDE, STEP))
    return Path("runs/tiny/1-prune")


def test_half_the_multiplications_go_and_each_round_is_a_run_on_the_way(made):
    folder = made.parent
    plain = cost.of(runs.read_run(folder / "fold0-seed0"))
    rounds = [cost.of(runs.read_run(made / "fold0-seed0" / part)) for part in ("round1", "")]
    shares = [found.macs / plain.macs for found in rounds]
    assert 0.5 < shares[0] <= 0.75
    assert 0.3 < shares[1] <= 0.5
    assert plain.n_params > rounds[0].n_params > rounds[1].n_params


def test_a_pruned_run_says_how_the_wide_one_was_trained_not_how_it_recovered(made):
    done = runs.read_run(made / "fold0-seed0")
    assert done.config.training.epochs == 1
    assert len((made / "fold0-seed0/history.jsonl").read_text().splitlines()) == 2


def test_learned_importance_takes_a_round_first_that_removes_nothing(train):
    folder, compress = train(WIDE, STEP.replace("rounds: 2", "rounds: 1, importance: learned"))
    (made,) = compress()
    places = [folder / "fold0-seed0", made / "fold0-seed0/round0", made / "fold0-seed0"]
    plain, sparse, narrow = (cost.of(runs.read_run(place)).macs for place in places)
    assert plain == sparse > 2 * narrow


def test_a_pruned_student_goes_on_with_its_teacher(train):
    train("name=teacher", "windows.window_s=0.5")
    chain = STEP.replace("compress=[", "compress=[{name: distill, teacher: teacher, crops: 1}, ")
    _, compress = train(WIDE, chain)
    distilled, pruned = (runs.read_run(f / "fold1-seed0") for f in compress())
    assert pruned.config.distill == distilled.config.distill is not None


def test_a_model_that_cannot_get_narrower_is_refused_before_it_is_trained(train, here):
    with pytest.raises(ConfigError, match="tinyml_lstm cannot be pruned"):
        train(STEP, "model=tinyml_lstm")
    assert not list(here.glob("runs/*"))


def test_more_than_can_go_is_refused(train):
    _, compress = train("compress=[{name: prune, ratio: 0.99}]")
    with pytest.raises(ConfigError, match=r"left at 4 channels a layer.*lower prune.rat"):
        compress()


def weights(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("weights.safetensors"))
    }


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")
def test_killed_at_any_moment_and_resumed_it_ends_with_the_same_bits(train, here, made, kill):
    _, compress = train(WIDE, STEP)
    whole = weights(made)
    made.rename(here / "whole")
    for moment in MOMENTS:
        kill(COMPRESS.format(changes=[WIDE, STEP]), here, made / moment)
    compress()
    assert weights(made) == whole
    assert len(whole) == 6

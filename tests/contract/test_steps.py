"""What every compression step promises, the next one included."""

import dataclasses
import inspect

import pytest

from lightspeech import config, plugins
from lightspeech.errors import ConfigError, LightspeechError
from lightspeech.training import run as runs

PACKAGE = "lightspeech.compression"
NAMES = plugins.names(PACKAGE)
TWO_FOLDS = ("corpus.speakers=4", "protocol.folds=2")
SMALL = {"crops": 1, "epochs": 1, "batches": 2, "rounds": 1}
"""As much of it as a Config knows: a step of seconds is a step."""

ELSEWHERE = {"fused": "fuse.study must be int8"}
"""These take another kind of study, and say which."""


@pytest.fixture(params=NAMES)
def step(request):
    return plugins.load(PACKAGE, request.param)


def least(step):
    """What a recipe must say: the name of a study where there is no default."""
    missing = dataclasses.MISSING
    return {
        field.name: "teacher"
        for field in dataclasses.fields(step.Config)
        if field.default is missing and field.default_factory is missing
    }


def test_its_config_is_built_of_the_names_of_studies_at_most_is_frozen_and_knows_its_keys(step):
    made = config.build(step.Config, least(step))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, None)
    with pytest.raises(ConfigError, match="amuont: no such key"):
        config.build(step.Config, {**least(step), "amuont": 1})


def test_its_scheme_is_one_printable_word_that_no_other_step_has(step):
    assert step.SCHEME
    assert step.SCHEME.isprintable()
    assert step.SCHEME.split() == [step.SCHEME]
    schemes = [plugins.load(PACKAGE, name).SCHEME for name in NAMES]
    assert [*schemes, "fp32", "tuned"].count(step.SCHEME) == 1


def test_it_takes_the_run_before_a_task_and_its_config(step):
    assert [*inspect.signature(step.apply).parameters] == ["before", "task", "cfg"]


@pytest.fixture
def chain(step, train):
    """The runs of a study, and what applies the step to them."""
    known = {field.name for field in dataclasses.fields(step.Config)}
    small = {key: value for key, value in SMALL.items() if key in known}
    values = {"name": step.__name__.rsplit(".", 1)[1], **least(step), **small}
    train("name=teacher", *TWO_FOLDS)
    return train(*TWO_FOLDS, f"compress=[{values}]")


def test_it_leaves_finished_runs_of_the_same_labels_and_windows(step, chain):
    folder, compress = chain
    before = {path: path.read_bytes() for path in folder.glob("fold*/*")}
    if step.SCHEME in ELSEWHERE:
        with pytest.raises(ConfigError, match=ELSEWHERE[step.SCHEME]):
            compress()
        assert not list(folder.glob("1-*/fold*/test.csv"))
    else:
        [made] = compress()
        for run in (f"fold{fold}-seed0" for fold in range(2)):
            assert runs.is_done(made / run)
            plain, done = runs.read_run(folder / run), runs.read_run(made / run)
            assert done.labels == plain.labels
            assert done.config.windows == plain.config.windows
    assert {path: path.read_bytes() for path in folder.glob("fold*/*")} == before


def test_it_takes_no_run_that_is_unfinished(chain):
    folder, compress = chain
    for weights in folder.glob("fold*/weights.safetensors"):
        weights.unlink()
    with pytest.raises(LightspeechError):
        compress()
    assert not list(folder.glob("1-*/fold*/*"))

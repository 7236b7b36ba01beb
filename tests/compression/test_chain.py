import dataclasses
from pathlib import Path

import pytest
import yaml

from lightspeech import files
from lightspeech.compression import distill
from lightspeech.config import Choice, config
from lightspeech.errors import ConfigError, LightspeechError
from lightspeech.studies import folders, recipe
from lightspeech.studies.folders import Places
from lightspeech.training import fitting, inputs
from lightspeech.training import run as runs


@config
class Settings:
    number: int = 1


class Again:
    """Stands for a step: trains the network it is given for another epoch."""

    name = "again"
    package = "lightspeech.compression"
    FINAL = False

    def __init__(self, number):
        self.config, self.module, self.seen = Settings(number=number), self, []

    def as_dict(self):
        return {"name": "again", "number": self.config.number}

    def prepare(self, todo, cfg, progress):
        self.seen.append(len(todo))

    def apply(self, before, task, cfg):
        self.seen.append((before.fold, task.before))
        parts = inputs.open_parts(task)
        fitting.finish(task, parts, fitting.fit(task, parts, before.network))


@pytest.fixture
def study(train, tiny):
    """What applies steps to a trained study of three folds."""
    _, compress = train()

    def steps(*steps, **options):
        longer = dataclasses.replace(recipe.read(tiny, []), compress=steps)
        return compress(chosen=longer, **options)

    return steps


def test_each_step_begins_with_what_the_one_before_left(study):
    one, two = Again(1), Again(2)
    folders = study(one, two)
    assert [str(folder) for folder in folders] == ["runs/tiny/1-again", "runs/tiny/2-again"]
    names = [f"fold{fold}-seed0" for fold in range(3)]
    assert one.seen == [3, *((i, folders[0].parent / name) for i, name in enumerate(names))]
    assert two.seen == [3, *((i, folders[0] / name) for i, name in enumerate(names))]
    assert all(runs.is_done(folder / name) for folder in folders for name in names)


def test_what_is_done_stays_done_and_the_rest_is_done_again(study):
    (folder,) = study(Again(1))
    (folder / "fold1-seed0/test.csv").unlink()
    again, told = Again(1), []
    study(again, told=lambda *what: told.append(what))
    assert [seen[0] for seen in again.seen[1:]] == [1]
    assert told[-1] == ("again", 3, 3)


def test_a_folder_made_by_other_steps_is_not_taken_up(study):
    study(Again(1))
    with pytest.raises(ConfigError, match="1-again was made by other steps; delete it, or change"):
        study(Again(7))


def test_a_step_takes_over_the_configuration_of_the_run_before(study, monkeypatch):
    class Longer(Again):
        def apply(self, before, task, cfg):
            training = dataclasses.replace(task.config.training, epochs=2)
            changed = dataclasses.replace(task.config, training=training)
            super().apply(before, dataclasses.replace(task, config=changed), cfg)

    *_, last = study(Longer(1), Again(2))
    assert runs.read_run(last / "fold0-seed0").config.training.epochs == 2


def test_steps_may_be_added_to_a_study_that_is_trained(study, tiny, monkeypatch):
    chosen = recipe.read(tiny, [])
    longer = dataclasses.replace(chosen, compress=(Choice("lightspeech.compression", "x", None),))
    monkeypatch.setattr(folders, "as_dict", lambda made: {"steps": len(made.compress)})
    folder = folders.begin(longer, Places(), resume=True, fresh=False)
    assert yaml.safe_load((folder / "recipe.yaml").read_text()) == {"steps": 1}


def test_no_step_follows_int8(tiny):
    chosen = recipe.read(tiny, [])
    steps = tuple(Choice("lightspeech.compression", name, None) for name in ("quantize", "prune"))
    with pytest.raises(ConfigError, match="prune after quantize cannot be.*put quantize last"):
        dataclasses.replace(chosen, compress=steps)
    dataclasses.replace(chosen, compress=steps[::-1])


@pytest.mark.parametrize(
    ("kept", "same"),
    [({"unlabelled_share": 0.5, "teacher": "t"}, True), ({"teacher": "t"}, True),
     ({"teacher": "u"}, False), ({"teacher": "t", "weight": 0.1}, False),
     ({"teacher": "t", "name": "prune"}, False), ({}, False)],
)  # fmt: skip
def test_steps_are_the_same_where_what_an_older_version_did_not_say_is_at_its_default(
    study, kept, same
):
    """Then the step goes on, to a teacher that is not there."""
    files.write_text(
        Path("runs/tiny/1-distill/steps.yaml"), yaml.dump([{"name": "distill", **kept}])
    )
    step = Choice("lightspeech.compression", "distill", distill.Config(teacher=Path("t")))
    with pytest.raises(LightspeechError, match="no runs in t" if same else "made by other steps"):
        study(step)

from dataclasses import replace

import pytest

from lightspeech.config import as_dict
from lightspeech.protocols.base import Protocol
from lightspeech.studies import recipe, study
from lightspeech.studies.study import Study


@pytest.fixture
def read(tiny, here):
    chosen = recipe.read(here / "tiny.yaml", [])
    protocol = Protocol(name="none", unit="speaker", selection="none", leaky=False, splits=())
    return Study(folder=here, recipe=chosen, utterances=[], protocol=protocol)


def test_a_hash_of_a_recipe_is_of_what_it_says(read, monkeypatch):
    other = replace(read, recipe=replace(read.recipe, seeds=(7,)))
    assert other.recipe_sha256 != read.recipe_sha256
    before = read.recipe_sha256
    monkeypatch.setattr(study, "as_dict", lambda it: as_dict(it) | {"of_a_later_version": None})
    assert read.recipe_sha256 == before

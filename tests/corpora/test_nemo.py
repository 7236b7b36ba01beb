"""A part of nEMO is its first sentences, and figures of it are not called those of the whole."""

from pathlib import Path

import pytest

from lightspeech.corpora import nemo
from lightspeech.errors import ConfigError
from lightspeech.protocols import leave_one_out
from lightspeech.studies import recipe
from lightspeech.workflows import measuring

RECIPE = Path(__file__).parents[2] / "recipes/nemo_micro.yaml"


@pytest.fixture
def samples(tmp_path):
    for speaker in ("EB0", "SM0", "WR0"):
        for sentence in (1, 2, 30, 31, 90):
            (tmp_path / f"{speaker}_anger_{sentence}.flac").touch()
    return tmp_path


def sentences(reading):
    return sorted({int(u.sentence) for u in reading.utterances})


def test_the_whole_is_taken_by_default(samples):
    assert sentences(nemo.read(nemo.Config(root=samples))) == [1, 2, 30, 31, 90]


def test_a_part_is_its_first_sentences(samples):
    reading = nemo.read(nemo.Config(root=samples, sentences=30))
    assert sentences(reading) == [1, 2, 30]
    assert len(reading.utterances) == 9


@pytest.mark.parametrize(("sentences", "name"), [(90, "nemo"), (30, "nemo30")])
def test_figures_of_a_part_bear_its_number(samples, sentences, name):
    made = recipe.read(RECIPE, [f"corpus.sentences={sentences}"])
    utterances = nemo.read(nemo.Config(root=samples)).utterances
    protocol = leave_one_out.cut(utterances, leave_one_out.Config())
    assert measuring.corpus_name(made, protocol) == name


@pytest.mark.parametrize("sentences", [0, 91])
def test_a_part_that_cannot_be_is_refused(sentences):
    with pytest.raises(ConfigError, match="sentences"):
        recipe.read(RECIPE, [f"corpus.sentences={sentences}"])

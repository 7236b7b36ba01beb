"""The flags of Light-SERNet's own code give recipes that hold, all ten of its experiments."""

from itertools import product
from pathlib import Path

import pytest

RECIPE = Path(__file__).parents[2] / "recipes/emodb_light_sernet.yaml"
LOSSES = ("focal", "cross_entropy")
EXPERIMENTS = [
    *product(["EMO-DB"], [3], ["all"], LOSSES),
    *product(["IEMOCAP"], [7, 3], ["all", "impro"], LOSSES),
]


@pytest.fixture
def make_job():
    pytest.importorskip("torch", reason="recipes of networks need the extra 'train'")
    from lightspeech.workflows import light_sernet

    def make(dataset, seconds, style, loss, input_type="mfcc"):
        return light_sernet.job(
            RECIPE, dataset=dataset, seconds=seconds, style=style, loss=loss, input_type=input_type
        )

    return make


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_is_a_recipe(make_job, experiment):
    dataset, seconds, style, loss = experiment
    recipe = make_job(*experiment).read()
    [corpus] = recipe.corpora
    assert recipe.windows["window_s"] == seconds
    assert recipe.training.loss.name == loss
    assert recipe.run_config().frontend.config.kind == "mfcc"
    if dataset == "IEMOCAP":
        assert corpus.config.style == {"all": "all", "impro": "improvised"}[style]
        assert recipe.protocol.config.unit == "session"


def test_the_experiments_are_ten_studies_of_their_own(make_job):
    assert len({make_job(*each).read().name for each in EXPERIMENTS}) == 10


@pytest.mark.parametrize(
    ("input_type", "kind"), [("spectrogram", "spectrogram"), ("mel_spectrogram", "log_mel")]
)
def test_other_inputs_fit_the_network(make_job, input_type, kind):
    from lightspeech.studies import stages

    recipe = make_job("EMO-DB", 3, "all", "focal", input_type).read()
    stages.check_model(recipe)
    assert recipe.run_config().frontend.config.kind == kind

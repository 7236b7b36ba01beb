import pytest
import yaml

from lightspeech import config, plugins
from lightspeech.errors import ConfigError
from lightspeech.evaluation import conditions, results
from lightspeech.reporting.card import card

CORPUS = {"name": "ravdess", "licence": "CC BY-NC-SA 4.0", "citation": "Livingstone & Russo"}


@pytest.fixture
def figures(make_study):
    return config.as_dict(results.measure(*conditions.read(make_study())))


def test_card_tells_purpose_data_licence_figures_and_limits(make_bundle, figures):
    text = card(make_bundle(figures=figures, corpora=(CORPUS,)))
    assert "\n---\n\n# toy\n\n## What it is for" in text
    assert "licence: CC BY-NC-SA 4.0" in text
    assert f"- UAR: {100 * figures['uar']['mean']:.1f} ± " in text
    assert "- protocol: pair-folds; folds: 2; seeds: 3" in text
    assert "emotions: low, mid, loud" in text
    assert "## When not to use it" in text
    assert "leaky" not in text


def test_the_header_is_what_hubs_of_models_read(make_bundle):
    made = make_bundle(corpora=(CORPUS, CORPUS | {"name": "mine"}), provenance={"scheme": "int8"})
    _, header, _ = card(made).split("---\n", 2)
    fields = yaml.safe_load(header)
    assert fields["datasets"] == ["mine", "ravdess"]
    assert fields["language"] == ["en"]  # of the user's own corpus nobody knows
    assert fields["tags"][:2] == ["speech-emotion-recognition", "int8"]
    assert fields["pipeline_tag"] == "audio-classification"
    assert fields["license"] == "other"


@pytest.mark.parametrize("name", plugins.names("lightspeech.corpora"))
def test_every_language_of_a_corpus_has_the_code_that_hubs_ask_for(make_bundle, name):
    language = plugins.load("lightspeech.corpora", name).INFO.language
    fields = yaml.safe_load(card(make_bundle(corpora=(CORPUS | {"name": name},))).split("---\n")[1])
    assert len(fields.get("language", ())) == (language != "any" and "none" not in language)


def test_a_header_tells_nothing_that_is_not_known(make_bundle):
    fields = yaml.safe_load(card(make_bundle()).split("---\n", 2)[1])
    assert not {"datasets", "language"} & fields.keys()


@pytest.mark.parametrize("name", plugins.names("lightspeech.corpora"))
def test_a_corpus_that_allows_no_products_is_named_whatever_words_its_licence_has(
    make_bundle, name
):
    allows = plugins.load("lightspeech.corpora", name).INFO.allows_products
    text = card(make_bundle(corpora=(CORPUS | {"name": name, "licence": "see its page"},)))
    assert (f"**No commercial use**: {name} allow none." in text) == (allows is False)
    assert (f"is not known of: {name}." in text) == (allows is None)


def test_of_own_recordings_and_unknown_encoders_nobody_knows_whether_products_are_allowed(
    make_bundle,
):
    encoders = tuple(CORPUS | each for each in ({"licence": "MIT"}, {"name": "a", "licence": "?"}))
    text = card(make_bundle(corpora=(CORPUS | {"name": "mine"},), encoders=encoders))
    assert "Whether commercial use is allowed is not known of: mine, a.\n" in text
    assert "No commercial use" not in text


def test_a_threshold_that_is_hardly_ever_reached_is_not_rounded_to_one(make_bundle):
    told = card(make_bundle(thresholds=(0.5, 0.9996, 1.0)))
    assert "- uncertain below: 0.500 low, mid (hardly ever told), loud (hardly ever told)\n" in told


def test_leaky_figures_say_so(make_bundle, figures):
    assert "**leaky**: training knew" in card(make_bundle(figures=figures | {"leaky": True}))


def test_card_of_an_unmeasured_bundle_of_unknown_origin_says_both(make_bundle):
    text = card(make_bundle())
    assert "Not measured." in text
    assert "The bundle does not say" in text


def test_damaged_figures_are_named(make_bundle, figures):
    with pytest.raises(ConfigError, match=r"figures: wa: .*less than or equal to 1"):
        card(make_bundle(figures=figures | {"wa": 61.0}))

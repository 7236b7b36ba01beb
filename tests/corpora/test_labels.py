import pytest

from lightspeech.corpora.labels import CANONICAL, OWN, VOCABULARIES, map_label, vocabulary_of
from lightspeech.errors import ConfigError


@pytest.mark.parametrize(
    ("label", "vocabulary", "expected"),
    [
        ("anger", "own", "anger"),
        ("exc", "own", "exc"),
        ("anger", "common4", "angry"),
        ("ang", "common8", "angry"),
        ("happiness", "common6", "happy"),
        ("surprised", "common6", None),
        ("surprise", "common7", "surprised"),
        ("calm", "common7", None),  # never folded into neutral
        ("calm", "common8", "calm"),
        ("boredom", "common8", None),
        ("exc", "common4", None),
        ("never heard of", "common4", None),
    ],
)
def test_a_label_finds_its_class_or_is_left_out(label, vocabulary, expected):
    assert map_label(label, vocabulary) == expected


@pytest.mark.parametrize(
    ("name", "size"),
    [("common4", 4), ("common6", 6), ("common7", 7), ("common8", 8), ("tinyml4", 4)],
)
def test_a_vocabulary_is_sorted_and_as_large_as_it_says(name, size):
    assert list(VOCABULARIES[name]) == sorted(set(VOCABULARIES[name]))
    assert len(VOCABULARIES[name]) == size
    assert set(VOCABULARIES[name]) <= set(CANONICAL.values())


@pytest.mark.parametrize("name", VOCABULARIES)
def test_its_own_classes_map_onto_themselves(name):
    assert all(map_label(label, name) == label for label in VOCABULARIES[name])


def test_an_unknown_vocabulary_lists_those_there_are():
    with pytest.raises(ConfigError, match=r"'common5'; choose one of \['own', 'common4'"):
        map_label("angry", "common5")
    assert map_label("angry", OWN) == "angry"


@pytest.mark.parametrize("name", VOCABULARIES)
def test_classes_in_any_order_tell_their_vocabulary(name):
    assert vocabulary_of(reversed(VOCABULARIES[name])) == name


def test_classes_of_no_common_vocabulary_are_a_corpus_own():
    assert vocabulary_of(("anger", "happiness", "neutral", "sadness")) == OWN

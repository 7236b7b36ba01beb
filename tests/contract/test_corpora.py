"""What every corpus module promises, the next one included."""

import dataclasses
import re

import pytest

from lightspeech import plugins
from lightspeech.corpora.base import RootConfig
from lightspeech.corpora.labels import CANONICAL
from lightspeech.errors import CorpusError

PACKAGE = "lightspeech.corpora"
OWN = ("csv", "folder", "synthetic", "synthetic_text")
"""Recordings of the user, or of ours: no official counts."""
NAMES = plugins.names(PACKAGE)


@pytest.fixture(params=NAMES)
def corpus(request):
    return plugins.load(PACKAGE, request.param)


def test_the_corpora_are_there():
    assert {
        *OWN,
        "banglaser",
        "crema_d",
        "emodb",
        "emovo",
        "iemocap",
        "nemo",
        "ravdess",
        "savee",
        "tess",
        "urdu",
    } <= {*NAMES}


def test_its_name_is_its_file_name(corpus):
    assert corpus.__name__ == f"{PACKAGE}.{corpus.NAME}"


def test_it_says_whose_it_is_and_how_to_get_it(corpus):
    info = corpus.INFO
    assert all([info.title, info.licence, info.citation, info.language, info.hint])


def test_it_says_whether_products_may_be_made_with_it_unless_users_bring_it(corpus):
    assert (corpus.INFO.allows_products is None) == (corpus.NAME in ("csv", "folder"))
    if re.search("-NC|research", corpus.INFO.licence):
        assert corpus.INFO.allows_products is False


def test_its_docstring_names_its_faults(corpus):
    assert "Known oddities" in corpus.__doc__ or "Known fault" in corpus.__doc__


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OWN])
def test_a_released_corpus_has_official_counts_and_a_source(name):
    info = plugins.load(PACKAGE, name).INFO
    assert info.n_files > 100
    assert info.n_speakers > 1
    assert info.url.startswith("http")


def test_its_labels_are_sorted_and_have_a_place_in_the_common_vocabulary(corpus):
    labels = corpus.INFO.labels
    assert list(labels) == sorted(set(labels))
    assert set(labels) <= CANONICAL.keys()


def test_its_config_is_frozen_and_knows_a_root(corpus):
    assert issubclass(corpus.Config, RootConfig)
    with pytest.raises(dataclasses.FrozenInstanceError):
        corpus.Config().root = "elsewhere"


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("synthetic")])
def test_with_no_data_it_fails_in_one_line_that_says_what_to_do(name, tmp_path, monkeypatch):
    monkeypatch.delenv("LIGHTSPEECH_DATA", raising=False)
    corpus = plugins.load(PACKAGE, name)
    for root in (None, tmp_path / "missing", tmp_path):
        with pytest.raises(CorpusError) as caught:
            corpus.read(corpus.Config(root=root))
        assert "\n" not in str(caught.value)

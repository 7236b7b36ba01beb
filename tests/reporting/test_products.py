"""With open bundles products may be made; the others say what forbids it."""

from pathlib import Path

import pytest

from lightspeech import bundle
from lightspeech.bundle import places
from lightspeech.errors import BundleError
from lightspeech.reporting import products
from lightspeech.reporting.card import card
from lightspeech.studies import recipe

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    file.parent
    for place in (places.ZOO, ROOT / places.LARGE)
    for file in place.rglob(bundle.DESCRIPTION)
)
RESEARCH = [path for path in SHIPPED if "-research" in path.name]
OPEN = [path for path in SHIPPED if path not in RESEARCH]


def taught_by(name):
    """Corpora that a recipe and those of its teachers name."""
    chosen = recipe.read(ROOT / f"recipes/{name}.yaml", [])
    assert chosen.init is None
    lessons = [step.module.learns_from(step.config) for step in chosen.compress]
    unlabelled = [corpus for lesson in lessons for corpus in lesson.corpora]
    every = (*chosen.corpora, *chosen.training.unlabelled, *unlabelled)
    teachers = {teacher.name for lesson in lessons for teacher in lesson.studies}
    return {corpus.name for corpus in every}.union(*map(taught_by, teachers))


def test_both_kinds_are_shipped():
    assert {"nano", "micro", "small", "micro-6", "base"} <= {path.name for path in OPEN}
    assert {"nano-research", "micro-research"} <= {path.name for path in RESEARCH}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_bundle_names_every_corpus_and_the_encoder_that_taught_it(path):
    shipped = bundle.read(path)
    named = {corpus["name"] for corpus in shipped.corpora}
    assert named == taught_by(shipped.provenance["recipe"])
    assert shipped.encoders  # the teacher of each hears through one


@pytest.mark.parametrize("path", OPEN, ids=lambda path: path.name)
def test_all_that_an_open_bundle_learnt_from_allows_products(path):
    products.require(bundle.read(path))


@pytest.mark.parametrize("path", RESEARCH, ids=lambda path: path.name)
def test_a_bundle_for_research_says_what_binds_it(path):
    with pytest.raises(BundleError, match="ravdess, nemo, savee, whose licences allow no products"):
        products.require(bundle.read(path))
    bound = "**No commercial use**: ravdess, nemo, savee allow none."
    assert bound in card(bundle.read(path))
    beside = path / bundle.CARD
    assert not beside.is_file() or bound in beside.read_text("utf-8")


@pytest.mark.parametrize(
    ("corpora", "encoders", "what"),
    [
        ((), (), "what it learnt from"),
        (("emodb", "mine"), (), "mine"),
        (("emodb", "teacher gone"), (), "teacher gone"),
        (("emodb",), ("not known here",), "an encoder"),
    ],
)
def test_what_nobody_knows_is_no_permission(make_bundle, corpora, encoders, what):
    made = make_bundle(
        corpora=tuple({"name": name, "licence": "MIT", "citation": ""} for name in corpora),
        encoders=tuple({"name": "an encoder", "licence": each} for each in encoders),
    )
    with pytest.raises(BundleError, match=f"not known of {what}; ask whoever made it"):
        products.require(made)

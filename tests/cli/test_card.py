import pytest
from typer.testing import CliRunner

from lightspeech.bundle import places
from lightspeech.cli import app


@pytest.fixture
def zoo(make_bundle, monkeypatch, tmp_path):
    monkeypatch.setattr(places, "ZOO", tmp_path / "zoo")
    monkeypatch.chdir(tmp_path)
    made = make_bundle(path=tmp_path / "zoo" / "micro", name="micro")
    (made.path / "README.md").write_text("of results\n")


def card(*arguments):
    return CliRunner().invoke(app, ["card", *map(str, arguments)])


def test_the_card_of_a_shipped_model_is_that_of_the_package(zoo):
    assert card().stdout == card("micro").stdout == "of results\n"


def test_the_card_of_a_bundle_is_what_it_says(zoo, make_bundle, tmp_path):
    made = make_bundle(path=tmp_path / "mine", name="mine")
    (made.path / "README.md").write_text("another's words\n")
    assert "# mine\n" in card(made.path).stdout
    assert card(made.path, "--output", tmp_path / "card.md").exit_code == 0
    assert "# mine\n" in (tmp_path / "card.md").read_text()


def test_for_products_a_card_is_shown_of_what_allows_them_alone(make_bundle, tmp_path):
    for corpus, allowed in (("emodb", True), ("ravdess", False)):
        source = {"name": corpus, "licence": "", "citation": ""}
        made = make_bundle(path=tmp_path / corpus, corpora=(source,))
        ended = card(made.path, "--for-products")
        assert (ended.exit_code == 0) == allowed == ("## What it is for" in ended.stdout)
    assert "ravdess, whose licences allow no products" in str(ended.exception)


def test_a_bundle_that_is_not_there_is_told(zoo):
    ended = card("nobody")
    assert ended.exit_code == 1
    assert "micro" in str(ended.exception)

from pathlib import Path

import pytest

from lightspeech.errors import ConfigError, CorpusError
from lightspeech.reporting import documents

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", documents.PARTS)
def test_every_part_is_written_from_the_published_results(name, tmp_path):
    document = tmp_path / "a.md"
    document.write_text(f"before\n<!-- {name}:begin -->\nold\n<!-- {name}:end -->\nafter\n")
    made = documents.fill(document, ROOT / "results")
    assert made.startswith(f"before\n<!-- {name}:begin -->\n\n")
    assert made.endswith(f"\n\n<!-- {name}:end -->\nafter\n")
    assert "old\n" not in made
    document.write_text(made)
    assert documents.fill(document, ROOT / "results") == made


@pytest.mark.parametrize(
    "text",
    [
        "nothing to fill\n",
        "<!-- results:begin -->\n",
        "<!-- results:end -->\n<!-- results:begin -->\n",
        "<!-- unheard:begin -->\n<!-- unheard:end -->\n",
        "<!-- results:begin -->\n<!-- results:end -->\n<!-- chains:begin -->\n",
    ],
)
def test_a_document_without_a_whole_known_part_is_refused(text, tmp_path):
    document = tmp_path / "a.md"
    document.write_text(text)
    with pytest.raises(CorpusError, match=r"a\.md: no place for tables; .*'summary'"):
        documents.fill(document, ROOT / "results")


def test_a_document_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CorpusError, match=r"a\.md: cannot be read .*--into"):
        documents.fill(tmp_path / "a.md", ROOT / "results")


def test_figures_that_do_not_fit_are_one_line(tmp_path):
    (tmp_path / "a.md").write_text("<!-- gate:begin -->\n<!-- gate:end -->\n")
    (tmp_path / "gate.json").write_text('{"score": []}')
    with pytest.raises(ConfigError, match=r"the part gate of a document .* does not hold"):
        documents.fill(tmp_path / "a.md", tmp_path)

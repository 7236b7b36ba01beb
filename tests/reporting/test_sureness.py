from lightspeech.config import as_dict
from lightspeech.evaluation.left_out import PATH, Calibration
from lightspeech.files import write_json
from lightspeech.reporting import sureness


def test_a_corpus_of_which_nothing_is_answered_counts_neither_way(tmp_path):
    shared = {"seeds": 1, "ece_before": 0.2, "ece": 0.1, "uar": 0.5, "uar_of_surest_half": 0.6}
    corpora = [
        {"corpus": "one", "answered": 0.0, "right_of_answered": None, **shared},
        {"corpus": "two", "answered": 0.5, "right_of_answered": 0.8, **shared},
    ]
    write_json(tmp_path / PATH, {"toy": {"corpora": corpora}})
    assert "25.0 % of the recordings are answered" in sureness.of_recipe(tmp_path, "toy")
    assert "of these 80.0 % are right" in sureness.of_recipe(tmp_path, "toy")
    assert "| toy | 20.0 | 10.0 | 50.0 | 60.0 | 25.0 | 80.0 | 1 |" in sureness.describe(tmp_path)
    assert "| toy | one | 20.0 | 10.0 | 50.0 | 60.0 | 0.0 | – | 1 |" in sureness.describe(tmp_path)


def test_a_row_a_corpus_that_was_left_out(tmp_path):
    found = Calibration(
        corpus="one", seeds=2, ece_before=0.25, ece=0.08, uar=0.5, uar_of_surest_half=0.62,
        answered=0.3, right_of_answered=0.71,
    )  # fmt: skip
    write_json(tmp_path / PATH, {"toy-1-quantize": {"corpora": [as_dict(found)]}})
    said = sureness.describe(tmp_path)
    assert "| toy-1-quantize | one | 25.0 | 8.0 | 50.0 | 62.0 | 30.0 | 71.0 | 2 |" in said
    assert "75 % of their answers are right" in said


def test_a_corpus_that_is_answered_rightly_and_hardly_ever_hides_no_other(tmp_path):
    """The mean of 95 and 35 would be 65 %; of all that is answered 40 % are right."""
    shared = {"seeds": 1, "ece_before": 0.2, "ece": 0.1, "uar": 0.5, "uar_of_surest_half": 0.6}
    corpora = [
        {"corpus": "one", "answered": 0.05, "right_of_answered": 0.95, **shared},
        {"corpus": "two", "answered": 0.55, "right_of_answered": 0.35, **shared},
    ]
    write_json(tmp_path / PATH, {"toy": {"corpora": corpora}})
    said = sureness.of_recipe(tmp_path, "toy")
    assert "30.0 % of the recordings are answered" in said
    assert "of these 40.0 % are right, of two alone 35.0 %." in said

from lightspeech.config import as_dict
from lightspeech.evaluation.untouched import PATH, Untouched
from lightspeech.files import write_json
from lightspeech.reporting import untouched


def test_a_row_a_corpus_and_a_model(tmp_path):
    shared = {"n_utterances": 40, "n_speakers": 3, "uar": 0.5, "uar_of_surest_half": 0.62}
    some = Untouched(ci95=(0.4, 0.6), ece=0.08, answered=0.3, right_of_answered=0.71, **shared)
    none = Untouched(ci95=None, ece=0.1, answered=0.0, right_of_answered=None, **shared)
    write_json(tmp_path / PATH, {"urdu": {"toy": as_dict(some), "other": as_dict(none)}})
    said = untouched.describe(tmp_path)
    assert "| urdu | toy | 40 | 3 | 50.0 [40.0, 60.0] | 62.0 | 8.0 | 30.0 | 71.0 |" in said
    assert "| urdu | other | 40 | 3 | 50.0 | 62.0 | 10.0 | 0.0 | – |" in said

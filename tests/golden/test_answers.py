"""The shipped models answer what they answered when their answers were stored."""

import json
from pathlib import Path

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.corpora import synthetic
from lightspeech.inference import dispatch, paths

STORED = json.loads((Path(__file__).parent / "answers.json").read_text("utf-8"))
UTTERANCES = synthetic.Config(speakers=5, sentences=1, seed=15)
"""Twenty: five speakers, four emotions."""
TOLERANCE = 1e-6


@pytest.fixture(scope="session")
def utterances(tmp_path_factory):
    """Render the utterances that the stored answers are of."""
    root = tmp_path_factory.mktemp("utterances")
    synthetic.read(synthetic.Config(**{**vars(UTTERANCES), "root": root}))
    return sorted(root.rglob("*.flac"))


def answers(model, recordings):
    """Probabilities of each recording, by its name."""
    predictor = dispatch.open(bundle.read(bundle.find(Path(model))))
    found = {path.stem: paths.answer(predictor, path) for path in recordings}
    return {name: segment.probabilities.astype(float).tolist() for name, [segment] in found.items()}


@pytest.mark.parametrize("model", STORED)
def test_shipped_model_answers_as_it_did(model, utterances):
    found = answers(model, utterances)
    assert found.keys() == STORED[model].keys()
    assert len(found) == 20
    for name, probabilities in STORED[model].items():
        np.testing.assert_allclose(found[name], probabilities, rtol=0, atol=TOLERANCE, err_msg=name)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        synthetic.read(synthetic.Config(**{**vars(UTTERANCES), "root": Path(folder)}))
        made = sorted(Path(folder).rglob("*.flac"))
        stored = {model: answers(model, made) for model in ("nano", "micro", "small")}
    rounded = {
        model: {name: [round(p, 8) for p in row] for name, row in rows.items()}
        for model, rows in stored.items()
    }
    (Path(__file__).parent / "answers.json").write_text(json.dumps(rounded, indent=1) + "\n")

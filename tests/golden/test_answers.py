"""The shipped models answer what they answered when their answers were stored."""

import json
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile

import lightspeech
from lightspeech import bundle
from lightspeech.audio import frontend, io
from lightspeech.corpora import synthetic
from lightspeech.export import c99
from lightspeech.workflows.convert import convert

STORED = json.loads((Path(__file__).parent / "answers.json").read_text("utf-8"))
UTTERANCES = synthetic.Config(speakers=5, sentences=1, seed=15)
"""Twenty: five speakers, four emotions."""
TOLERANCE = 1e-6
IN_C = 0.02
"""C rounds its features and some sums at other places: a few steps of the int8 scores."""
GAINS_DB = (-60, -40, -20, 6)


@pytest.fixture(scope="session")
def utterances(tmp_path_factory):
    """Render the utterances that the stored answers are of."""
    root = tmp_path_factory.mktemp("utterances")
    synthetic.read(synthetic.Config(**{**vars(UTTERANCES), "root": root}))
    return sorted(root.rglob("*.flac"))


def answers(model, recordings):
    """Probabilities of each recording, by its name."""
    recognizer = lightspeech.load(model)
    return {path.stem: list(recognizer(path).probabilities.values()) for path in recordings}


@pytest.mark.parametrize("model", STORED)
def test_shipped_model_answers_as_it_did(model, utterances):
    found = answers(model, utterances)
    assert found.keys() == STORED[model].keys()
    assert len(found) == 20
    for name, probabilities in STORED[model].items():
        np.testing.assert_allclose(found[name], probabilities, rtol=0, atol=TOLERANCE, err_msg=name)


@pytest.mark.parametrize("model", STORED)
def test_files_arrays_streams_and_batches_answer_alike(model, utterances):
    recognizer = lightspeech.load(model)
    batch = recognizer.batch(utterances)
    for path, answer in zip(utterances, batch, strict=True):
        samples, rate = soundfile.read(path, dtype="int16")
        stream = recognizer.stream(rate)
        stream.feed(samples)
        assert recognizer(samples, sample_rate=rate) == recognizer(path.read_bytes()) == answer
        assert tuple(stream.flush()) == answer.segments


@pytest.mark.parametrize("model", STORED)
def test_shipped_model_answers_alike_in_plain_c(model, utterances, tmp_path):
    if not which("gcc"):
        pytest.skip("needs a C compiler: install gcc")
    written = convert(bundle.read(model), format="c99", bundles=tmp_path)
    found = answers(written.path, utterances)
    steps = {name: np.abs(np.subtract(found[name], STORED[model][name])).max() for name in found}
    assert max(steps.values()) <= IN_C, max(steps, key=steps.get)


def louder(path, db):
    """Give a recording with another gain, as far as it does not clip, in floats."""
    waveform = io.load(path, 16_000)
    return waveform * min(np.float32(10 ** (db / 20)), 1 / np.abs(waveform).max())


@pytest.mark.parametrize("db", GAINS_DB)
@pytest.mark.parametrize("model", STORED)
def test_gain_changes_no_answer_of_a_shipped_model(model, db, utterances):
    recognizer = lightspeech.load(model)
    for path in utterances:
        answer = recognizer(louder(path, db), sample_rate=16_000)
        found, expected = [*answer.probabilities.values()], STORED[model][path.stem]
        assert np.argmax(found) == np.argmax(expected)
        np.testing.assert_allclose(found, expected, atol=IN_C)  # a step of a feature


@pytest.mark.parametrize("model", STORED)
def test_gain_changes_no_answer_of_its_litert_network(model, utterances):
    runtime = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")
    [network] = bundle.parts(bundle.read(model))
    content = (network.path / network.model_file).read_bytes()
    cfg, to = c99.hears(network, content)
    opened = runtime.Interpreter(model_content=content, num_threads=1)
    opened.allocate_tensors()
    [source], [scores] = opened.get_input_details(), opened.get_output_details()
    for path in utterances:
        for db in GAINS_DB:
            [window] = network.windows.cut(louder(path, db), cfg.sample_rate)
            features = to.quantize(frontend.features(window, cfg)).astype(np.int8)
            opened.set_tensor(source["index"], features[None])
            opened.invoke()
            found = opened.get_tensor(scores["index"])
            assert np.argmax(found) == np.argmax(STORED[model][path.stem])


@pytest.mark.parametrize("model", STORED)
def test_in_plain_c_gain_changes_no_more_than_16_bits_do(model, utterances):
    """At -20 dB no answer; at -40 dB those that the steps change in floats too."""
    if not which("gcc"):
        pytest.skip("needs a C compiler: install gcc")
    [network] = bundle.parts(bundle.read(model))
    floats, device = lightspeech.load(model), lightspeech.load(network.path)
    for path in utterances:
        for db in (-20, -40):
            samples = np.round(louder(path, db) * 32_768).astype(np.int16)
            expected, found = (
                [*each(samples, sample_rate=16_000).probabilities.values()]
                for each in (floats, device)
            )
            np.testing.assert_allclose(found, expected, atol=IN_C)
            assert db == -40 or np.argmax(found) == np.argmax(STORED[model][path.stem])


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        synthetic.read(synthetic.Config(**{**vars(UTTERANCES), "root": Path(folder)}))
        recordings = sorted(Path(folder).rglob("*.flac"))
        stored = {model: answers(model, recordings) for model in ("nano", "micro", "small")}
    rounded = {
        model: {name: [round(p, 8) for p in row] for name, row in rows.items()}
        for model, rows in stored.items()
    }
    (Path(__file__).parent / "answers.json").write_text(json.dumps(rounded, indent=1) + "\n")

import json

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import conditions, results


def evaluate(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_every_figure_of_a_study_is_printed(make_study):
    folder = make_study()
    printed = evaluate(folder).stdout
    made = results.measure(*conditions.read(folder))
    assert f"UAR       {100 * made.uar.mean:.1f} ± {100 * made.uar.std:.1f} [" in printed
    for word in ("WA  ", "macro-F1", "ECE", "selection: two other speakers", "recall %"):
        assert word in printed
    assert f"UAR, speaker {made.worst_speaker}" in printed
    for speaker in made.per_speaker:
        assert speaker in printed


@pytest.mark.parametrize("leaky", [True, False])
def test_leaky_is_printed_where_and_only_where_a_figure_is(make_study, leaky):
    assert ("LEAKY" in evaluate(make_study(leaky=leaky)).stdout) is leaky


@pytest.mark.parametrize("words", [("--map", "Wut=angry"), ("--columns", "path=Datei")])
def test_words_for_a_table_are_for_bundles_alone(make_study, words):
    error = evaluate(make_study(), *words).exception
    assert isinstance(error, ConfigError)
    assert "--columns, --map and --held-out are for bundles alone" in str(error)


def test_json_is_the_results_object_and_output_the_same(make_study, tmp_path):
    output = tmp_path / "results/toy/micro.json"
    printed = evaluate(make_study(), "--json", "--output", output).stdout
    assert json.loads(printed) == json.loads(output.read_text())
    assert results.read(output).uar.mean == json.loads(printed)["uar"]["mean"]


def test_missing_study_is_one_clear_line(tmp_path):
    answer = evaluate(tmp_path / "nothing")
    assert isinstance(answer.exception, CorpusError)
    assert "check the path" in str(answer.exception)


@pytest.fixture
def toy_table(tmp_path):
    """A manifest of one silent and one loud recording of a speaker the toy bundle never heard."""
    made = []
    for emotion, peak in (("low", 0.0), ("loud", 0.5), ("calm", 0.5)):
        path = tmp_path / f"{emotion}.wav"
        soundfile.write(path, np.full(8_000, peak, np.float32), 16_000)
        made.append(
            Utterance(
                id=f"other/{emotion}", path=path, corpus="other", speaker="other/a",
                emotion=emotion, duration_s=0.5, sample_rate=16_000, audio_hash=emotion,
            )
        )  # fmt: skip
    manifest.write(made, tmp_path / "manifest.csv")
    return tmp_path / "manifest.csv"


def test_bundle_is_measured_on_a_manifest_and_says_what_it_left_out(make_bundle, toy_table):
    said = {"recipe": "toy", "fold": 0, "seed": 0}
    made = make_bundle(provenance=said, corpora=({"name": "toy"},))
    answer = evaluate(made.path, "--manifest", toy_table)
    assert "toy as exported on other, bundle\nUAR       100.0 %" in answer.stdout
    assert "left out 1 of 3 recordings, labelled 'calm' (1); classes are" in answer.stderr
    assert "--map calm=loud" in answer.stderr


def test_users_say_which_class_their_labels_are_and_what_columns_are_called(make_bundle, toy_table):
    made = make_bundle(provenance={"recipe": "toy", "fold": 0, "seed": 0})
    table = toy_table.with_name("t.csv")
    table.write_text("Datei;Laut\nlow.wav;Leise\nloud.wav;Laut\ncalm.wav;?\n")
    told = [made.path, "--manifest", table, "--columns", "path=Datei,label=Laut"]
    refused = str(evaluate(*told).exception)
    assert "no recording has a class of toy: left out 3 of 3" in refused
    assert "'Leise' (1), 'Laut' (1), '?' (1)" in refused
    answer = evaluate(*told, "--map", "leise =Low", "--map", "Laut=loud", "--map", "?=")
    assert answer.exit_code == 0, answer.exception
    assert "UAR       100.0 %" in answer.stdout
    assert "left out" not in answer.stderr
    typo = evaluate(*told, "--map", "nobody=low")
    assert "no recording is labelled 'nobody'; found 'Leise' (1)" in str(typo.exception)


def test_bundle_that_does_not_say_what_it_learnt_from_is_leaky(make_bundle, toy_table):
    made = make_bundle(provenance={"recipe": "toy", "fold": 0, "seed": 0})
    assert "LEAKY" in evaluate(made.path, "--manifest", toy_table).stdout


def test_bundle_on_its_own_corpus_is_leaky(make_bundle, toy_table):
    said = {"recipe": "toy", "fold": 0, "seed": 0}
    made = make_bundle(provenance=said, corpora=({"name": "other"},))
    assert "LEAKY" in evaluate(made.path, "--manifest", toy_table).stdout


def test_bundle_without_manifest_and_study_with_one_are_refused(make_bundle, make_study):
    assert "--manifest FILE" in str(evaluate(make_bundle().path).exception)
    answer = evaluate(make_study(), "--manifest", "table.csv")
    assert isinstance(answer.exception, ConfigError)
    assert "is no bundle" in str(answer.exception)

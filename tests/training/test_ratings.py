import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import lightspeech
from lightspeech.cli import app
from lightspeech.corpora import synthetic
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends.batches import Batch
from lightspeech.training.objective import Pass
from lightspeech.training.ratings import Rated, Ratings, agreement, told_of_utterances
from lightspeech.training.told import read

BOTH = Ratings(of=("arousal", "valence"), scale=(1.0, 7.0))
HEARD = {"angry": (4.6, 1.6), "happy": (4.0, 4.4), "neutral": (3.0, 3.0), "sad": (1.4, 2.0)}
"""Arousal and valence of each emotion, about."""
RECIPE = """
name: rated
corpus: {name: csv, root: rated.csv}
ratings: {of: [arousal, valence]}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [12, 12]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 40, batch_size: 12, average: 0.9, mixup: 0, learning_rate: 0.01}
"""


@pytest.fixture
def rated():
    """Four utterances with both ratings."""
    numbers = [(1.0, 7.0), (2.5, 4.0), (6.0, 3.0), (4.0, 1.5)]
    who = {"path": Path("a.wav"), "corpus": "toy", "speaker": "toy/a", "emotion": "sad"}
    return [
        Utterance(id=f"u{n}", arousal=arousal, valence=valence, **who)
        for n, (arousal, valence) in enumerate(numbers)
    ]


def test_what_is_told_lies_on_the_scale_and_its_middle_is_no_evidence():
    told = BOTH.told(torch.tensor([[-50.0, 50.0], [0.0, 0.0]]))
    assert told.tolist() == [[1.0, 7.0], [4.0, 4.0]]


def test_an_utterance_is_rated_by_the_mean_over_its_windows():
    logits = np.array([[0.0, 0.0], [50.0, -50.0], [50.0, 50.0]], np.float32)
    told = told_of_utterances(logits, np.array([2, 1]), BOTH)
    np.testing.assert_allclose(told, [[5.5, 2.5], [7.0, 7.0]])


@pytest.mark.parametrize("mix", [None, torch.tensor([1.0, 0.75, 0.75, 1.0])])
def test_the_loss_is_nothing_where_a_network_tells_what_listeners_said(rated, mix):
    objective = Rated(BOTH, rated)
    rows = torch.tensor([2, 0, 3, 1])
    truth = torch.from_numpy(BOTH.truth(rated)).float()[rows]
    if mix is not None:
        truth = mix[:, None] * truth + (1 - mix[:, None]) * truth.flip(0)
    logits = ((truth - 1) / 6).clamp(1e-6, 1 - 1e-6).logit()
    batch = Batch(torch.zeros(4, 1, 1), torch.zeros(4), rows, torch.zeros(4))
    output = Pass(batch=batch, mix=mix, logits=logits, embedding=logits[:, :0], progress=0.0)
    assert objective.score(output).item() == pytest.approx(0.0, abs=1e-4)
    wrong = replace(output, logits=-logits)
    assert objective.score(wrong).item() > 1.0


def test_who_lacks_a_rating_takes_no_part(rated):
    assert BOTH.rated([*rated, replace(rated[0], valence=None)]) == rated
    with pytest.raises(ConfigError, match="1 of 2 recordings are rated by .'arousal', 'valence'."):
        BOTH.rated([rated[0], replace(rated[0], arousal=None)])


def test_a_rating_off_the_scale_says_what_to_write(rated):
    with pytest.raises(ConfigError, match=r"u0 is rated .*off the scale of 1.0 to 5.0; say"):
        replace(BOTH, scale=(1.0, 5.0)).rated(rated)


def test_agreement_is_the_mean_over_dimensions():
    truth = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    assert agreement(np.stack((truth[:, 0], truth[::-1, 1]), 1), truth) == pytest.approx(0.0)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of made speech whose emotions are rated, trained and measured; where it is done."""
    folder = tmp_path_factory.mktemp("rated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made = synthetic.read(synthetic.Config(speakers=6, sentences=3, spread=0.3))
        with Path("rated.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("path", "label", "speaker", "arousal", "valence"))
            for n, each in enumerate(made.utterances):
                ratings = (round(x + 0.1 * (n % 3 - 1), 2) for x in HEARD[each.emotion])
                rows.writerow((each.path, each.emotion, each.speaker, *ratings))
        Path("rated.yaml").write_text(RECIPE)
        ran = CliRunner().invoke(app, ["run", "rated.yaml", "--processes", "1", "--json"])
        assert ran.exception is None, ran.output
        yield folder, json.loads(ran.stdout)


@pytest.fixture
def type_in(study, monkeypatch):
    monkeypatch.chdir(study[0])

    def type_in(*words):
        ended = CliRunner().invoke(app, list(words))
        if ended.exception is not None:
            raise ended.exception
        return ended.stdout

    return type_in


def test_what_listeners_heard_in_made_speech_is_learnt_and_measured(study, type_in):
    figures = study[1]
    assert (figures["folds"], figures["n_utterances"], figures["scale"]) == (3, 72, [1.0, 5.0])
    for name, least in (("arousal", 0.5), ("valence", 0.0)):
        rating = figures["ratings"][name]
        low, high = rating["ci95"]
        assert least < low <= rating["ccc"] <= high <= 1.0
        assert rating["std"] is None
    assert json.loads(type_in("evaluate", "runs/rated", "--json"))["ratings"] == figures["ratings"]
    assert "arousal   CCC 0." in type_in("evaluate", "runs/rated")
    first, *_, last = Path("runs/rated/fold0-seed0/history.jsonl").read_text().splitlines()
    assert json.loads(first)["selection_ccc"] < json.loads(last)["selection_ccc"] <= 1


def test_its_bundle_answers_with_ratings_everywhere(study, type_in):
    recording = next(Path("cache").rglob("s001_angry_*.flac"))
    record = json.loads(type_in("predict", str(recording), "--bundle", "bundles/rated", "--json"))
    assert (record["label"], record["probabilities"], record["uncertain"]) == ("rated", {}, False)
    assert record["ratings"]["arousal"] > record["ratings"]["valence"]
    head, line = type_in("predict", str(recording), "--bundle", "bundles/rated", "--csv").split()
    assert head.endswith("model,error,arousal,valence")
    assert line.endswith(f"{record['ratings']['arousal']},{record['ratings']['valence']}")
    shown = type_in("predict", str(recording), "--bundle", "bundles/rated")
    assert f"rated      arousal {record['ratings']['arousal']:.2f}, valence" in shown
    answer = lightspeech.load("bundles/rated")(recording)
    assert answer.ratings == pytest.approx(record["ratings"], abs=1e-6)
    [told] = [
        values
        for told in map(read, Path("runs/rated").glob("fold0-seed0/test.csv"))
        for name, values in zip(told.ids, told.values, strict=True)
        if name.endswith(recording.stem)
    ]
    assert told == pytest.approx([*answer.ratings.values()], abs=1e-3)
    card = type_in("card", "bundles/rated")
    assert "- ratings: arousal, valence, from 1 to 5" in card
    assert "- concordance of arousal: 0." in card


def test_of_half_a_minute_each_stretch_is_rated_and_silence_is_none(study, type_in):
    recording = next(Path("cache").rglob("s001_angry_*.flac"))
    sound = lightspeech.read_audio(recording)
    rate = 16_000
    long = np.concatenate([*([sound] * 8), np.zeros(12 * rate, np.float32)])
    answer = lightspeech.load("bundles/rated")(long, sample_rate=rate)
    assert [segment.label for segment in answer.segments] == ["rated", "none"]
    assert answer.ratings == pytest.approx(answer.segments[0].ratings)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "--bundle", "bundles/rated"], "tells arousal, valence and no emotions"),
        (["listen", "--bundle", "bundles/rated", "--raw", "16000"], "and no emotions"),
        (["evaluate", "bundles/rated", "--manifest", "rated.csv"], "and no emotions"),
        (["benchmark", "bundles/rated"], "and no emotions"),
        (["report", "runs/rated"], "no classes; its figures: lightspeech evaluate"),
        (["explain", "runs/rated"], "and no classes"),
        (["compress", "rated.yaml", "compress=[{name: quantize}]"], "compress is of classes"),
        (["train", "rated.yaml", "labels=common4"], "labels is of classes"),
        (["train", "rated.yaml", "training.balance=corpus"], "training.balance is of classes"),
        (["train", "rated.yaml", "model={name: whisper_lda}"], "parts classes and rates nothing"),
        (["train", "rated.yaml", "ratings.scale=[5, 1]"], "ratings.scale must be LOW, HIGH"),
        (["yardstick", "rated.yaml"], "of classes"),
        (["export", "runs/rated/fold0-seed0", "--format", "c99"], "tells ratings, which c99"),
        (["run", "rated.yaml", "--fresh", "--publish", "results"], "leave --publish out"),
    ],
)
def test_what_is_of_classes_alone_says_so(type_in, words, said):
    with pytest.raises((Exception, SystemExit), match=said):
        type_in(*words)

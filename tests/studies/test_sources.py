import dataclasses
from types import SimpleNamespace

import pytest

from lightspeech.errors import CorpusError
from lightspeech.frontends import encoder
from lightspeech.studies import recipe, sources
from lightspeech.studies.study import Study

RECIPE = """
name: NAME
corpora: CORPORA
labels: common4
protocol: {name: everyone}
model: {name: MODEL}
compress: STEPS
"""


@pytest.fixture
def study(tmp_path):
    """A study of a recipe with all its steps; nothing of it is on disk."""

    def make(name, corpora, *, model="nano", steps="[]", heard=()):
        text = RECIPE.replace("NAME", name).replace("MODEL", model)
        path = tmp_path / f"{name}.yaml"
        path.write_text(text.replace("CORPORA", corpora).replace("STEPS", steps))
        chosen = recipe.read(path, [])
        folder = tmp_path / "runs" / name
        if chosen.compress:
            folder = folder / f"{len(chosen.compress)}-{chosen.compress[-1].name}"
        return Study(
            folder=folder, recipe=chosen, steps=chosen.compress, protocol=SimpleNamespace(),
            utterances=[SimpleNamespace(corpus=name) for name in heard or names_in(chosen)],
        )  # fmt: skip

    return make


def names_in(chosen):
    return [corpus.name for corpus in chosen.corpora]


@pytest.fixture
def known(monkeypatch):
    """Studies that are found by their name, as if they lay beside the others."""
    studies = {}

    def find(name, beside):
        assert beside.name == "runs"
        if str(name) not in studies:
            raise CorpusError("no runs")
        return name

    monkeypatch.setattr(sources.teachers, "find", find)
    monkeypatch.setattr(sources, "read_study", lambda name: studies[str(name)])
    return studies


def names(found):
    return [source["name"] for source in found]


def test_corpora_of_a_student_its_unlabelled_speech_and_its_teachers_are_told_once(study, known):
    known["first"] = study("first", "[{name: emodb}, {name: ravdess}]", model="whisper")
    step = "[{name: distill, teacher: first, unlabelled: [{name: tess}]}]"
    known["second"] = study("second", "[{name: nemo}]", steps=step)
    student = study(
        "third", "[{name: ravdess}]", steps="[{name: distill, teacher: second}, {name: quantize}]"
    )
    assert names(sources.corpora(student)) == ["ravdess", "nemo", "tess", "emodb"]
    assert sources.corpora(student)[0]["licence"] == "CC BY-NC-SA 4.0"
    assert sources.encoders(student) == ({"name": "whisper-base", **encoder.WHISPER},)


def test_own_recordings_are_told_by_the_names_that_utterances_have(study):
    heard = ["mine", "ravdess"]  # a table says of some rows that they are of a known corpus
    own, ravdess = sources.corpora(study("own", "[{name: csv, root: t.csv}]", heard=heard))
    assert own == {"name": "mine", "licence": "that of your recordings", "citation": "none"}
    assert (ravdess["name"], ravdess["licence"]) == ("ravdess", "CC BY-NC-SA 4.0")


def test_encoders_side_by_side_are_both_told_and_unknown_ones_say_so(study, known):
    both = study("both", "[{name: ravdess}]", model="whisper")
    second = {"source": "openai/whisper-tiny.en", "width": 384}
    other = {"source": "some/hubert", "second": second}
    changed = dataclasses.replace(both, recipe=dataclasses.replace(both.recipe, frontend=other))
    found = sources.encoders(changed)
    assert names(found) == ["hubert", "whisper-tiny.en"]
    assert [source["licence"] for source in found] == [
        "not known here; ask where it comes from",
        "MIT",
    ]


def test_a_teacher_that_is_gone_is_told_and_its_licences_are_not_guessed(study, known):
    student = study("student", "[{name: ravdess}]", steps="[{name: distill, teacher: gone}]")
    assert sources.corpora(student)[1] == {"name": "teacher gone", **sources.UNKNOWN}


def test_a_model_without_a_teacher_has_its_own_corpora_and_no_encoder(study, known):
    alone = study("alone", "[{name: emodb}]")
    assert names(sources.corpora(alone)) == ["emodb"]
    assert sources.encoders(alone) == ()


def test_what_taught_the_bundle_that_a_study_began_with_taught_the_study(study):
    begun = study("own", "[{name: ravdess}]", model="micro")
    begun = dataclasses.replace(begun, recipe=dataclasses.replace(begun.recipe, init="micro"))
    assert names(sources.corpora(begun)) == ["ravdess", "crema_d", "emodb", "banglaser"]
    assert names(sources.encoders(begun)) == ["whisper-base"]

"""Two systems on the same speakers: p and interval as scipy has them; what differs is named."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightspeech.corpora import manifest
from lightspeech.corpora.base import Utterance
from lightspeech.environment import environment as environment_here
from lightspeech.errors import CorpusError
from lightspeech.evaluation import conditions, difference, paired, results
from lightspeech.files import write_text
from lightspeech.reporting.difference import describe

RECIPE = """
name: {name}
corpora: [{{name: csv, root: {root}}}]
training: {{epochs: {epochs}}}
compress: [{{name: distill, teacher: big}}]
"""


@pytest.mark.parametrize("n", [2, 5, 12])
def test_p_is_that_of_scipy_where_all_signs_are_tried(n):
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(n).normal(0.02, 0.05, n)
    known = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert paired.p_value(differences) == pytest.approx(known.pvalue, abs=1e-12)


def test_p_of_many_speakers_and_the_interval_are_those_of_scipy_but_for_chance():
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(0).normal(0.02, 0.05, 24)
    assert paired.p_value(differences) == pytest.approx(
        stats.permutation_test(
            (differences,), np.mean, permutation_type="samples", n_resamples=50_000, rng=0
        ).pvalue,
        abs=0.005,
    )
    known = stats.bootstrap((differences,), np.mean, method="percentile", rng=0)
    assert paired.interval(differences) == pytest.approx(known.confidence_interval, abs=0.001)


def test_no_difference_is_no_evidence_and_one_speaker_is_refused():
    assert paired.p_value(np.zeros(20)) == paired.p_value(np.zeros(3)) == 1
    with pytest.raises(ValueError, match="two speakers, found 1"):
        paired.p_value(np.ones(1))


def test_holm_is_the_textbook_example():
    assert paired.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert paired.holm([0.6, 0.7]) == [1, 1]
    assert paired.holm([]) == []


@pytest.fixture
def study(make_study, tmp_path):
    """Give a measured study with its recipe and manifest."""

    def make(name="first", *, epochs=3, sound="a", **changes):
        folder = make_study(**changes).rename(tmp_path / name)
        write_text(folder / "recipe.yaml", RECIPE.format(name=name, root=name, epochs=epochs))
        manifest.write([utterance("one", "x"), utterance("two", sound)], folder / "manifest.csv")
        return folder

    return make


def utterance(name, sound):
    return Utterance(
        id=name, path=Path(f"{name}.wav"), corpus="toy", speaker="toy/0", emotion="sad",
        audio_hash=sound,
    )  # fmt: skip


def test_what_differs_between_studies_is_named_and_the_rest_is_not(study):
    environment = {**environment_here(), "code": "0123"}
    first = study()
    second = study("second", epochs=5, sound="b", environment=environment)
    [found] = difference.diff(first, [second])
    assert found.recordings == {"same": 1, "changed": 1, "only_first": 0, "only_second": 0}
    assert found.recipe == {"name": ("first", "second"), "training.epochs": (3, 5)}
    assert found.conditions == {}
    assert set(found.environment) == {"code"}
    assert found.test.change == 0
    assert found.test.p == 1
    assert "training.epochs: 3 → 5" in describe(found)


def test_files_of_figures_are_paired_by_speaker_and_several_are_controlled(study, tmp_path):
    folder = study()
    figures = results.measure(*conditions.read(folder))
    paths = []
    for n, gain in enumerate((0.0, 0.01, 0.02)):
        better = {who: min(1, uar + gain) for who, uar in figures.per_speaker.items()}
        paths.append(tmp_path / f"{n}.json")
        results.write(replace(figures, per_speaker=better), paths[-1])
    found = difference.diff(paths[0], paths[1:])
    assert [each.test.change for each in found] == pytest.approx([0.01, 0.02])
    # Of four speakers 2 in 16 signs are as far off; twice that of two comparisons.
    assert [each.test.p for each in found] == [0.125, 0.125]
    assert [each.test.p_holm for each in found] == [0.25, 0.25]
    assert found[0].recipe is found[0].recordings is None
    assert difference.diff(folder, paths[:1])[0].recipe is None


def test_other_classes_are_not_paired(study, tmp_path):
    figures = results.measure(*conditions.read(study()))
    results.write(figures, tmp_path / "a.json")
    results.write(replace(figures, labels=("x", "y", "z")), tmp_path / "b.json")
    [found] = difference.diff(tmp_path / "a.json", [tmp_path / "b.json"])
    assert found.test is None
    assert "no paired test" in describe(found)


def test_a_step_is_told_from_its_study_and_an_unmeasured_study_says_what_to_type(study, tmp_path):
    first = study()
    step = first / "1-distill"
    write_text(step / "steps.yaml", "[{name: distill}]")
    for path in [first / "study.json", *first.glob("fold*/test.csv")]:
        write_text(step / path.relative_to(first), path.read_text())
    [found] = difference.diff(first, [step])
    assert found.recipe == {
        "compress.0.name": (None, "distill"), "compress.0.teacher": (None, "big"),
    }  # fmt: skip
    (first / "study.json").unlink()
    with pytest.raises(CorpusError, match="lightspeech evaluate"):
        difference.diff(first, [step])


def test_a_digest_tells_recordings_wherever_they_lie_in_whatever_order():
    both = [utterance("one", "x"), utterance("two", "y")]
    assert manifest.digest(both) == manifest.digest(
        [replace(u, path=Path("/else")) for u in both[::-1]]
    )
    assert manifest.digest(both) != manifest.digest([both[0], replace(both[1], emotion="angry")])

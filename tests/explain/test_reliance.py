"""Effects, what is kept of them, and who pays: on answers that are made up."""

from dataclasses import replace

import numpy as np
import pytest

from lightspeech.audio.cues import catalogue
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError
from lightspeech.explain import by_speaker, explanation, retention
from lightspeech.explain.explanation import Named
from lightspeech.explain.hearing import EDITS
from lightspeech.explain.payers import payers
from lightspeech.explain.probes import Alike, Probe
from lightspeech.explain.reliance import ALL, Answered, edited, reliances
from lightspeech.reporting import explanation as words
from lightspeech.reporting import payers as told_payers
from lightspeech.training.predictions import Predictions

LABELS = ("angry", "sad")
N_SPEAKERS, EACH = 8, 6
PITCH_UP = next(n for n, e in enumerate(EDITS) if (e.cue, e.amount) == ("pitch level", 4))
LOUDER = next(n for n, e in enumerate(EDITS) if (e.cue, e.amount) == ("loudness level", -12))
CONTROL = EDITS.index(catalogue.CONTROL)


def answered(scale=1.0, control=0.0):
    """Raised pitch takes 0.3 from angry alone; all else is noise around zero."""
    rng = np.random.default_rng(0)
    n = N_SPEAKERS * EACH
    truth = np.arange(n) % 2
    changes = 0.02 * rng.normal(size=(n, len(EDITS), 2))
    changes[truth == 0, PITCH_UP, 0] -= scale * 0.3
    changes[:, CONTROL] -= control
    return Answered(
        labels=LABELS,
        changes=changes,
        flipped=np.where(np.arange(len(EDITS)) == PITCH_UP, 0.25, 0.0) * np.ones((n, 1)),
        truth=truth,
        speakers=np.repeat([f"toy/{n}" for n in range(N_SPEAKERS)], EACH),
    )


def told(of):
    effects = of.effects()
    edits = edited(of, effects)
    return effects, edits, reliances(of.labels, effects, edits)


def test_an_effect_has_its_size_its_interval_and_its_flips():
    _, edits, _ = told(answered())
    up = edits[PITCH_UP]
    assert (up.cue, up.amount, up.unit, up.n) == ("pitch level", 4, "st", N_SPEAKERS * EACH)
    assert up.flipped == 0.25
    assert {effect.flipped for effect in up.emotions.values()} == {0.25}
    assert up.emotions["angry"].change == pytest.approx(-0.3, abs=0.02)
    assert up.emotions["angry"].is_certain
    assert up.emotions[ALL].change == pytest.approx(-0.15, abs=0.02)
    low, high = up.emotions["angry"].ci95
    assert low < up.emotions["angry"].change < high


def test_only_what_is_certain_counts_as_relied_on():
    _, _, found = told(answered())
    relied = {(r.cue, r.emotion): r.effect for r in found if abs(r.effect) > 0.03}
    assert relied.keys() == {("pitch level", "angry"), ("pitch level", ALL)}


def test_an_effect_no_larger_than_that_of_resynthesis_is_none():
    _, _, found = told(answered(control=0.4))
    assert {r.effect for r in found if r.cue == "pitch level"} == {0.0}


def test_of_one_speaker_nothing_is_certain():
    one = answered()
    alone = Answered(
        labels=LABELS,
        changes=one.changes,
        flipped=one.flipped,
        truth=one.truth,
        speakers=np.full(len(one.truth), "toy/0"),
    )
    _, edits, found = told(alone)
    assert edits[PITCH_UP].emotions["angry"].ci95 is None
    assert {r.effect for r in found} == {0.0}


def test_what_a_student_kept_is_a_share_of_its_teacher():
    teacher, _, relied = told(answered())
    halved, _, _ = told(answered(scale=0.5))
    kept = retention.retained(LABELS, (teacher, relied), {"plain": teacher, "half": halved})
    of_pitch = {r.system: r for r in kept if (r.cue, r.emotion) == ("pitch level", "angry")}
    assert of_pitch["plain"].share == 1.0
    assert not of_pitch["plain"].is_lost
    assert of_pitch["half"].share == pytest.approx(0.5, abs=0.05)
    assert of_pitch["half"].is_lost
    assert of_pitch["half"].is_cost_of_step
    assert of_pitch["half"].of_step == pytest.approx(-0.5, abs=0.05)


def test_recordings_that_cannot_be_edited_are_left_out_and_counted():
    few = answered()
    few.changes[:10, PITCH_UP] = np.nan
    few.flipped[:10, PITCH_UP] = np.nan
    _, edits, _ = told(few)
    assert edits[PITCH_UP].n == N_SPEAKERS * EACH - 10
    assert edits[PITCH_UP].emotions["angry"].change == pytest.approx(-0.3, abs=0.02)


def test_speakers_count_alike_however_much_they_say():
    values = np.array([1.0, 1.0, 1.0, 0.0])[:, None]
    effects = by_speaker.effects(values, np.array(["a", "a", "a", "b"]))
    assert effects.mean[0] == 0.5
    low, high = effects.interval()
    assert (low[0], high[0]) == (0.0, 1.0)


def predictions(answers, seed=0):
    truth = np.array([0, 0, 1, 1])
    return Predictions(
        labels=LABELS,
        ids=("a1", "a2", "b1", "b2"),
        speakers=("toy/a", "toy/a", "toy/b", "toy/b"),
        truth=truth,
        probabilities=np.eye(2, dtype=np.float32)[answers] * 0.8 + 0.1,
        fold=0,
        seed=seed,
    )


def utterance(name, path):
    emotion = LABELS[name.startswith("b")]
    return Utterance(
        id=name, path=path, corpus="toy", speaker=f"toy/{name[0]}", sex="female",
        emotion=emotion, duration_s=2.0 if name == "a2" else 1.0,
    )  # fmt: skip


def test_who_pays_is_whose_answer_most_seeds_change(tmp_path):
    utterances = [utterance(name, tmp_path) for name in ("a1", "a2", "b1", "b2")]
    before = [predictions([0, 0, 1, 0], seed) for seed in range(3)]
    after = [predictions([0, 1, 1, 0], seed) for seed in range(2)]
    after.append(predictions([1, 0, 1, 0], 2))
    levels = {"a1": -30.0, "a2": -26.0, "b1": -32.0}
    found = payers(("plain", "pruned"), before, after, utterances, levels)
    assert found.ids == ("a2",)
    assert found.changed.share == found.got_worse == 0.25
    assert found.by_emotion["angry"].share == 0.5
    assert found.longer_s == 1.0
    assert found.louder_db == 5.0
    assert payers(("plain", "pruned"), before, after, utterances).louder_db is None
    assert (found.drifts[0].truth, found.drifts[0].answer) == LABELS


def test_payers_of_other_recordings_are_refused(tmp_path):
    first, second = [predictions([0, 0, 1, 1])], [predictions([0, 0, 1, 1])]
    object.__setattr__(second[0], "ids", ("x1", "x2", "x3", "x4"))
    with pytest.raises(CorpusError, match="same recordings"):
        payers(("plain", "pruned"), first, second, [utterance("a1", tmp_path)])


def test_a_chain_is_told_in_words_that_its_intervals_vouch_for(tmp_path):
    systems = {"plain": answered(), "half": answered(scale=0.5)}
    for each in systems.values():
        each.changes[:8, LOUDER] = each.flipped[:8, LOUDER] = np.nan
    named = {n: Named(name=n, scheme="fp32", n_params=1, seeds=(0, 1)) for n in systems}
    named["half"] = replace(named["half"], seeds=(0,))
    probes = [
        Probe(system="plain", functional="pitch", r2=0.8, ci95=(0.7, 0.9), shuffled=-0.01, n=48),
        Probe(system="half", functional="pitch", r2=0.2, ci95=(-0.1, 0.4), shuffled=-0.02, n=48),
    ]
    alike = [
        Alike(system="half", cka=0.6, procrustes=0.7, cka_shuffled=0.0, procrustes_shuffled=0.2)
    ]
    about = ("toy", "toy_micro", (0,))
    found = explanation.explain(about, systems, named, teacher="plain")
    found = replace(found, probes=tuple(probes), alike=tuple(alike))
    path = explanation.path_of(found, tmp_path)
    explanation.write(found, path)
    assert path == tmp_path / "explain/toy-micro-plain.json"
    assert explanation.read(path) == found
    page = words.markdown(tmp_path)
    assert "plain rests most on pitch level (" in page
    assert "Of what plain rests on, half kept only a part of pitch level (5" in page
    assert "| pitch level 4 st |" in page
    assert f"| loudness level -12 dB (of {N_SPEAKERS * EACH - 8}) |" in page
    assert "Of half one seed answered: another training" in page
    assert "| high band alone |" in page
    assert "| pitch | 0.80 (0.70 to 0.90), by chance -0.01 | 0.20 (-0.10 to 0.40)," in page
    assert "| half | 0.60 | 0.00 | 0.70 | 0.20 |" in page
    assert "half has certainly less than plain of pitch." in page
    assert "embeddings of half a line reads no functional for certain" in page
    assert words.markdown(tmp_path / "nothing") == ""


def test_a_bundle_beside_a_chain_is_no_step_of_it(tmp_path):
    systems = {"plain": answered(), "half": answered(scale=0.5), "bundle toy": answered(scale=0.2)}
    named = {n: Named(name=n, scheme="fp32", n_params=1, seeds=(0,)) for n in systems}
    about = ("toy", "toy_micro", (0,))
    beside = {"bundles": ["bundle toy"], "left_out": ["calm"]}
    found = explanation.explain(about, systems, named, teacher="plain", **beside)
    kept = {r.system: r for r in found.retained if (r.cue, r.emotion) == ("pitch level", "angry")}
    assert kept["bundle toy"].share == pytest.approx(0.2, abs=0.05)
    assert kept["bundle toy"].of_step is None
    path = explanation.path_of(found, tmp_path)
    assert path == tmp_path / "explain/toy-micro-plain+toy.json"
    explanation.write(found, path)
    page = words.markdown(tmp_path)
    assert page.startswith("## toy_micro beside plain and bundle toy\n")
    assert "A model that is less sure than another moves by fewer points" in page
    assert "angry, sad, among which probabilities are shared out; recordings of calm are" in page


def test_who_pays_is_told_by_level_and_by_the_confusion_that_grew_most(tmp_path):
    utterances = [utterance(name, tmp_path) for name in ("a1", "a2", "b1", "b2")]
    before, after = [predictions([0, 0, 1, 1])], [predictions([0, 1, 1, 1])]
    levels = {"a1": -30.0, "a2": -26.0, "b1": -32.0}
    found = payers(("plain", "pruned"), before, after, utterances, levels)
    head, row = told_payers.table([found])
    assert row[head.index("louder by dB")] == "+5.0"
    assert row[head.index("confusion that grew most, %")] == "angry as sad: 0.0 to 50.0"
    same = told_payers.table([payers(("plain", "same"), before, before, utterances)])[1]
    assert same[head.index("confusion that grew most, %")] == told_payers.NOTHING

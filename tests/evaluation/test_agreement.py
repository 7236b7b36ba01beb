import json
from dataclasses import replace

import pytest

from lightspeech.evaluation import agreement, compression, conditions, results
from lightspeech.evaluation.compression import Chain, Step
from lightspeech.evaluation.latency import Latency
from lightspeech.files import write_json

LATENCY = Latency(median_ms=0.5, p95_ms=0.75, rounds=9)


@pytest.fixture
def figures(make_study):
    """A float model of a study, and what quantize made of it."""
    study, answers = conditions.read(make_study())
    plain = results.measure(replace(study, macs=1_000), answers)
    return plain, replace(plain, scheme="int8", n_params=900, size_bytes=2_000)


@pytest.fixture
def root(tmp_path, figures):
    """Results that agree: two models of a recipe, their chain, and costs measured apart."""
    for each in figures:
        results.write(each, results.results_path(tmp_path, each.corpus, each.model, each.scheme))
    plain, int8 = figures
    steps = (step("plain", plain), step("1-quantize", int8))
    chain = Chain(
        recipe=plain.recipe, model=plain.model, corpus=plain.corpus, labels=plain.labels,
        seeds=plain.seeds, steps=steps, machine={"cpu": "abacus"},
    )  # fmt: skip
    compression.write(chain, tmp_path / "chains/toy.json")
    point = {"name": "whole", "uar": 0.1, "macs": 1_000, "size_bytes": 7, "n_params": 900}
    curve = {"model": plain.model, "corpus": "toy", "recipe": plain.recipe, "how": "channels"}
    write_json(
        tmp_path / "pruning/toy.json", {**curve, "folds": 2, "seeds": [0], "points": [point]}
    )
    row = {"model": plain.recipe, "format": "c99", "n_params": 900, "macs": 1_000}
    about = {"machine": {"cpu": "toy", "cores": 1}, "threads": 1, "rounds": 1}
    write_json(tmp_path / "benchmark.json", {**about, "rows": [row]})
    cost = {
        "model": plain.model, "scheme": "int8", "target": "toy", "how": "measured",
        "basis": "by eye", "flash_bytes": 1, "ram_bytes": 1, "instructions_per_audio_second": 1,
        "instructions_per_inference": 1, "n_params": 900, "macs": 1_000, "sha256": "",
    }  # fmt: skip
    write_json(tmp_path / "devices/toy.json", cost)
    speed = {"n_params": plain.n_params, "n_utterances": 1, "epoch_s": 1.0,
             "batches_utterances_per_s": 1, "loader_utterances_per_s": 1}  # fmt: skip
    speeds = {"machine": {}, "threads": 1, "recipes": {plain.recipe: speed}}
    write_json(tmp_path / "benchmarks/training.json", speeds)
    said = [{"seconds": 2.0, "uar": 0.1, "std": 0.1},
            {"seconds": None, "uar": int8.uar.mean, "std": int8.uar.std}]  # fmt: skip
    write_json(tmp_path / "benchmarks/voices.json", {f"{plain.recipe}-1-quantize": said})
    return tmp_path


def step(name, figures):
    return Step(
        name=name, scheme=figures.scheme, settings={}, uar=figures.uar, change=None, of_step=None,
        teacher_agreement=None, n_params=figures.n_params, size_bytes=figures.size_bytes,
        macs=figures.macs, peak_activation_bytes=48, latency=LATENCY,
    )  # fmt: skip


def alter(path, *keys_and_value):
    *keys, last, value = keys_and_value
    document = json.loads(path.read_text())
    place = document
    for key in keys:
        place = place[key]
    place[last] = value
    write_json(path, document)


def test_files_that_agree_are_not_spoken_of(root):
    assert agreement.disagreements(root) == []


@pytest.mark.parametrize(
    ("file", "keys", "value", "figure"),
    [
        ("chains/toy.json", ("steps", 1, "uar", "mean"), 0.125, "uar.mean 0.125"),
        ("chains/toy.json", ("steps", 1, "uar", "ci95"), [0.1, 0.2], "uar.ci95 (0.1, 0.2)"),
        ("chains/toy.json", ("steps", 0, "n_params"), 901, "n_params 901"),
        ("chains/toy.json", ("steps", 1, "size_bytes"), 2_001, "size_bytes 2,001"),
        ("chains/toy.json", ("steps", 1, "macs"), 1_234, "macs 1,234"),
        ("chains/toy.json", ("seeds",), [7], "seeds (7,)"),
        ("chains/toy.json", ("steps", 1, "scheme"), "int4", "'int4'"),
        ("pruning/toy.json", ("points", 0, "macs"), 1_234, "macs 1,234"),
        ("benchmark.json", ("rows", 0, "macs"), 1_234, "macs 1,234"),
        ("devices/toy.json", ("macs",), 1_234, "macs 1,234"),
    ],
)
def test_a_figure_of_two_values_is_told_with_both_files(root, file, keys, value, figure):
    alter(root / file, *keys, value)
    lines = agreement.disagreements(root)
    assert any(figure in line for line in lines)
    assert all(str(root / file) in line and line.count(str(root)) == 2 for line in lines)


def test_what_another_study_measured_of_a_recipe_or_a_step_is_held_against_its_chain(root, figures):
    alter(root / "benchmarks/training.json", "recipes", figures[0].recipe, "n_params", 5)
    alter(root / "benchmarks/voices.json", f"{figures[0].recipe}-1-quantize", 1, "uar", 0.25)
    trained, heard = agreement.disagreements(root)
    assert "training.json" in trained
    assert "n_params 5" in trained
    assert "voices.json" in heard
    assert "uar.mean 0.25" in heard


def test_exported_files_that_are_alike_need_the_same_memory(root, figures):
    path = root / "chains/toy.json"
    again = {**json.loads(path.read_text())["steps"][1], "name": "2-again"}
    alter(path, "steps", [*json.loads(path.read_text())["steps"], again])
    assert agreement.disagreements(root) == []
    alter(path, "steps", 2, "peak_activation_bytes", 96)
    [line] = agreement.disagreements(root)
    assert "2-again: peak_activation_bytes 96, but" in line
    assert "1-quantize: 48" in line


def test_two_results_files_never_say_they_are_the_same(root, figures):
    results.write(figures[1], root / "toy/copy.json")
    [line] = agreement.disagreements(root)
    assert "toy/copy.json" in line
    assert "remove one of them" in line


def test_other_models_measured_by_the_protocol_of_a_recipe_are_none_of_its_steps(root, figures):
    other = replace(figures[0], model="egemaps_svm", n_params=5, macs=None)
    results.write(other, root / "toy/egemaps_svm.json")
    assert agreement.disagreements(root) == []


def test_a_chain_of_unknown_model_is_told(root):
    alter(root / "chains/toy.json", "model", None)
    assert any("does not say its model" in line for line in agreement.disagreements(root))

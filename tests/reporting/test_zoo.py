from dataclasses import replace

import pytest
from typer.testing import CliRunner

from lightspeech import bundle
from lightspeech.bundle import places
from lightspeech.cli import app
from lightspeech.cli import tables as command
from lightspeech.config import as_dict
from lightspeech.evaluation import conditions, left_out, results
from lightspeech.evaluation.device_cost import Cost
from lightspeech.files import write_json
from lightspeech.reporting import robustness

CORPORA = (
    {"name": "toy", "licence": "CC0-1.0", "citation": ""},
    {"name": "ravdess", "licence": "CC BY-NC-SA 4.0", "citation": "Livingstone & Russo"},
)
ENCODERS = ({"name": "whisper-base", "licence": "MIT", "citation": "Radford et al."},)
COST = Cost(
    model="micro", scheme="int8", target="cortex-m4f", how="measured", basis="counted",
    flash_bytes=72_476, ram_bytes=28_636, instructions_per_audio_second=7_172_365,
    instructions_per_inference=5_259_640, n_params=46_888, macs=1_647_296, sha256="",
)  # fmt: skip


@pytest.fixture
def root(tmp_path, make_study):
    """Published results: int8 on two corpora, and others that are not of the shipped model."""
    root = tmp_path / "results"
    for corpus, scheme, changes in (
        ("toy", "int8", {}),
        ("cross2", "int8", {"unit": "corpus", "recipe": "two_micro"}),
        ("cross9", "int8", {"unit": "corpus", "recipe": "nine_micro"}),
        ("toy", "fp32", {"size_bytes": 999}),
        ("leaky", "int8", {"leaky": True}),
    ):
        made = make_study(corpus=corpus, scheme=scheme, **changes)
        figures = results.measure(*conditions.read(made))
        results.write(figures, results.results_path(root, corpus, "micro", scheme))
    write_json(root / "devices/micro-int8-cortex-m4f.json", as_dict(COST))
    return root


@pytest.fixture
def shipped(make_bundle, toy_model, tmp_path, monkeypatch):
    """The only bundle of the package."""
    monkeypatch.setattr(places, "ZOO", tmp_path / "zoo")
    monkeypatch.setattr(command, "DOCUMENTS", ())
    made = make_bundle(
        path=tmp_path / "zoo" / "micro", name="micro", labels=("angry", "happy", "sad"),
        provenance={"scheme": "int8", "recipe": "zoo_two_micro"},
        corpora=CORPORA, encoders=ENCODERS,
    )  # fmt: skip
    (made.path / "README.md").write_text("as exported\n")
    return bundle.write(replace(made, model={"name": "micro", "n_params": 46_888}), toy_model)


def tables(root, *options):
    arguments = ["tables", "--results", str(root), "--output", str(root / "pictures")]
    return CliRunner().invoke(app, [*arguments, *options])


def test_a_shipped_card_is_written_from_results_and_then_up_to_date(root, shipped):
    assert tables(root).exit_code == 0
    assert tables(root, "--check").exit_code == 0
    figures = results.read(root / "toy/micro-int8.json")
    text = (shipped.path / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows] == ["| tested on", "| ---", "| cross2", "| toy"]
    recalls = " | ".join(f"{100 * rate:.1f}" for rate in figures.per_class_recall.values())
    assert f"{100 * figures.uar.mean:.1f} ± " in rows[-1]
    assert f"({figures.worst_speaker}) | {recalls} | 3 |" in rows[-1]
    assert "No figures of its own yet of: ravdess." in text
    assert "measured (counted): 72.5 kB flash, 28.6 kB RAM, 7.2 M instructions a second" in text


def test_where_its_network_has_no_figures_those_of_another_form_of_its_tier_are_told(root, shipped):
    toy = results.read(root / "toy/micro-int8.json")
    for corpus, model, scheme in (
        ("ravdess", "micro_level", "fp32"),
        ("ravdess", "micro_level", "distilled-int8"),
        ("ravdess", "nano_level", "int8"),
        ("emodb", "micro_level", "int8"),
        ("toy", "micro_level", "int8"),
    ):
        recalls = {"Anger": 0.125, "fearful": 0.25, "happiness": 0.5, "sad": 0.75}
        figures = replace(toy, corpus=corpus, model=model, scheme=scheme, per_class_recall=recalls)
        results.write(figures, results.results_path(root, corpus, model, scheme))
    tables(root)
    text = (shipped.path / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[:3:2] for row in rows[2:]] == [
        ["| cross2", "micro"], ["| toy", "micro"], ["| ravdess", "micro_level"],
    ]  # fmt: skip
    assert "| 12.5 | 50.0 | 75.0 | 3 |" in rows[-1]
    assert "No figures of its own yet" not in text


def test_a_shipped_card_tells_how_sure_it_is_of_strangers_and_what_rooms_leave(root, shipped):
    sure = {
        "corpus": "toy", "seeds": 3, "ece_before": 0.3, "ece": 0.125, "uar": 0.5,
        "uar_of_surest_half": 0.6, "answered": 0.4, "right_of_answered": 0.75,
    }  # fmt: skip
    other = {**sure, "ece": 0.9}
    known = {"two_micro-2-quantize": {"corpora": [sure]}, "two_micros": {"corpora": [other]}}
    write_json(root / left_out.PATH, known)
    bends = {name: {"uar": uar} for name, uar in (("clean", 0.5), ("far room", 0.25))}
    write_json(root / robustness.FILE, {"micro": {"ravdess": {"bends": bends}}, "nano": {}})
    tables(root)
    text = (shipped.path / "README.md").read_text()
    assert "calibration error 12.5 %; 40.0 % of the recordings are answered" in text
    assert "| far room | 25.0 |" in text


def test_the_price_of_few_corpora_stands_beside_what_all_of_them_teach(root, shipped):
    own = results.read(root / "cross2/micro-int8.json")
    fewer = replace(own, corpus="cross2by1", per_corpus={"a": 0.5, "b": 0.6})
    wider = replace(own, recipe="all_micro", per_corpus={"a": 0.6, "b": 0.7})
    for figures in (fewer, wider):
        results.write(figures, results.results_path(root, figures.corpus, "micro", "int8"))
    tables(root)
    text = (shipped.path / "README.md").read_text()
    assert "mean over the corpora above 55.0 %" in text
    assert "all but the one tested tells 65.0 %" in text


def test_a_shipped_card_tells_licences_and_that_no_commercial_use_is_allowed(root, shipped):
    tables(root)
    text = (shipped.path / "README.md").read_text()
    assert "name: whisper-base; licence: MIT" in text
    assert "**No commercial use**: ravdess allow none." in text


def test_a_stale_card_is_told_and_left_alone(root, shipped):
    tables(root)
    (shipped.path / "README.md").write_text("UAR: 99 %\n")
    ended = tables(root, "--check")
    assert ended.exit_code == 1
    assert "zoo/micro/README.md: differs from" in ended.stderr
    assert (shipped.path / "README.md").read_text() == "UAR: 99 %\n"

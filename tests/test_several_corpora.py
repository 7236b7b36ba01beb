"""A study over several corpora: each left out once, from the recipe to the figures."""

from dataclasses import replace

import pytest

from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import bundle_quality, results
from lightspeech.progress import no_progress
from lightspeech.protocols import leaks
from lightspeech.reporting import text
from lightspeech.studies import folders, material, recipe, stages
from lightspeech.studies.study import read_study
from lightspeech.workflows import measuring, publish, sureness
from lightspeech.workflows.export import export

CROSS = """
name: tiny_cross
corpora: [{name: csv, root: ONE}, {name: csv, root: TWO}, {name: csv, root: THREE}]
labels: common4
protocol: {name: leave_one_out, unit: corpus}
model: {name: nano, channels: [8, 8]}
windows: {window_s: 0.2, hop_s: null}
training: {epochs: 2, batch_size: 4, balance: corpus_class, class_weights: false}
"""
LABELS = {"one": ("anger", "neutral"), "two": ("angry", "neu"), "three": ("ang", "neutral")}


@pytest.fixture
def tables(tmp_path, write_tone):
    """Three corpora of two speakers with other words for the same two emotions."""
    paths = {}
    for number, (name, words) in enumerate(LABELS.items()):
        rows = ["path,label,speaker,corpus"]
        for n in range(8 * (number + 1)):
            word, hertz = words[n % 2], (900 if n % 2 else 200) + n + 40 * number
            write_tone(tmp_path / name / f"{n}.wav", hertz=hertz)
            rows.append(f"{n}.wav,{word},{n // 2 % 2},{name}")
        rows.append(f"0.wav,bored,9,{name}")
        paths[name] = tmp_path / name / "table.csv"
        paths[name].write_text("\n".join(rows) + "\n")
    return paths


@pytest.fixture
def read(tables, tmp_path):
    """Read a recipe over the three tables."""

    def read(yaml=CROSS, assignments=()):
        for name, path in tables.items():
            yaml = yaml.replace(name.upper(), str(path))
        (tmp_path / "cross.yaml").write_text(yaml)
        return recipe.read(tmp_path / "cross.yaml", list(assignments))

    return read


@pytest.fixture
def places(tmp_path):
    return folders.Places(
        runs=tmp_path / "runs", bundles=tmp_path / "bundles", cache=tmp_path / "cache"
    )


def test_each_corpus_is_left_out_once_and_has_a_figure(read, places):
    chosen = read()
    folder = folders.begin(chosen, places, resume=False, fresh=False)
    prepared = material.prepare(chosen, folder, progress=no_progress)
    assert {u.emotion for u in prepared.utterances} == {"anger", "neutral", "angry", "neu", "ang"}
    stages.train(chosen, prepared, folder, places, lambda *_: None, processes=1)
    trained = read_study(folder)
    for split in trained.protocol.splits:
        assert {name.split("/")[0] for name in split.test} == {split.name}
        assert not leaks.find(trained.utterances, split)
    figures, exported = publish.export(trained, "fold0-seed0", places)
    assert (figures.corpus, figures.unit, figures.folds) == ("cross3", "corpus", 3)
    assert figures.labels == ("angry", "neutral")
    assert set(figures.per_corpus) == set(LABELS)
    assert figures.uar.mean == pytest.approx(sum(figures.per_corpus.values()) / 3, abs=1e-5)
    path = measuring.published_path(places.runs, figures)
    assert path == places.runs / "cross3/nano.json"
    results.write(replace(figures, labels=("a", "b")), path)  # whose file is not written over
    other = measuring.published_path(places.runs, figures)
    assert other == path.with_name(f"nano.{len(figures.labels)}-classes.json")
    assert results.read(folder / "results.json") == figures
    assert all(f"{name:<9} " in text.describe(figures) for name in LABELS)
    assert [corpus["name"] for corpus in exported.corpora] == list(LABELS)
    assert bundle_quality.is_leaky(exported, trained.utterances)  # all but whom it was tested on
    tested = bundle_quality.strangers(exported, trained.utterances)
    assert {u.corpus for u in tested} == {trained.protocol.splits[0].name}
    answers = measuring.answers(trained)
    sure = sureness.fitted(answers, trained, ("angry", "neutral"))
    made = export(
        folder / "fold1-seed0", format="onnx", bundles=places.bundles, name="sure",
        calibrated_by=folder,
    )  # fmt: skip
    told = (exported.temperature, exported.thresholds)
    assert (made.temperature, made.thresholds) == sure != told
    assert made.provenance["calibrated_by"] == chosen.name
    with pytest.raises(CorpusError, match=r"tells \['angry', 'neutral'\] apart, the run \['sad'\]"):
        sureness.fitted(answers, trained, ("sad",))
    leaky = replace(trained, protocol=replace(trained.protocol, leaky=True))
    with pytest.raises(CorpusError, match="knew whom it was tested on; name a study that keeps"):
        sureness.fitted(answers, leaky, ("angry", "neutral"))


def test_one_corpus_has_no_figure_by_corpus(make_study):
    from lightspeech.evaluation import conditions

    assert results.measure(*conditions.read(make_study())).per_corpus == {}


def test_a_corpus_listed_twice_is_refused(read, places):
    chosen = read(CROSS.replace("TWO", "ONE"))
    folder = folders.begin(chosen, places, resume=False, fresh=False)
    with pytest.raises(CorpusError, match="is in two of the corpora"):
        material.prepare(chosen, folder, progress=no_progress)


def test_several_corpora_need_common_labels(read):
    with pytest.raises(ConfigError, match="set labels to one of"):
        read(assignments=["labels=own"])


def test_corpus_is_short_for_one_of_corpora(read, tables):
    one = CROSS.replace("corpora: [{name: csv, root: ONE}, {name: csv, root: TWO}, "
                        "{name: csv, root: THREE}]", "corpus: {name: csv, root: ONE}")  # fmt: skip
    [chosen] = read(one).corpora
    assert (chosen.name, chosen.config.root) == ("csv", tables["one"])


def test_corpus_and_corpora_together_are_refused(read):
    with pytest.raises(ConfigError, match="found both corpus and corpora"):
        read(CROSS + "corpus: {name: csv}\n")

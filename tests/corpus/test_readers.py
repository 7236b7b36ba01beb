"""Readers on real recordings give the rows of the tables that come with them, no more, no less."""

import csv

import pytest

from lightspeech import config, plugins
from lightspeech.corpora import preparing
from lightspeech.protocols import leaks, leave_one_out, random_leaky, ravdess_pinned

pytestmark = pytest.mark.corpus

TABLES = [
    ("ravdess", ["manifest.csv"]),
    ("emodb", ["manifest.csv", "manifest-extra.csv"]),
    ("nemo", ["manifest.csv"]),
]


@pytest.fixture(scope="module")
def prepare():
    made = {}

    def once(name, root):
        if name not in made:
            module = plugins.load("lightspeech.corpora", name)
            choice = config.Choice("lightspeech.corpora", name, module.Config(root=root / name))
            made[name] = preparing.prepare(choice)
        return made[name]

    return once


@pytest.mark.parametrize(("name", "tables"), TABLES)
def test_a_reader_gives_the_rows_of_the_table(name, tables, data_root, prepare):
    expected = {}
    for table in tables:
        with (data_root / name / table).open(encoding="utf-8", newline="") as file:
            expected |= {row["path"]: row for row in csv.DictReader(file)}
    found = {
        u.path.relative_to(data_root / name).as_posix(): u
        for u in prepare(name, data_root).utterances
    }
    assert found.keys() == expected.keys()
    for path, row in expected.items():
        u = found[path]
        assert u.speaker == f"{name}/{row['speaker']}"
        assert (u.sex, u.emotion, u.intensity) == (row["gender"], row["emotion"], row["intensity"])
        assert u.duration_s == pytest.approx(float(row["duration_s"]), abs=1e-3)
        # nEMO names a sentence by its number, its text is in a table of the release.
        number = path.rsplit("_", 1)[-1].removesuffix(".flac")
        assert u.sentence == (number if name == "nemo" else row["sentence"])


@pytest.mark.parametrize(("name", "tables"), TABLES)
def test_what_is_rejected_are_the_untouched_originals(name, tables, data_root, prepare):
    rejected = prepare(name, data_root).rejected
    assert rejected
    assert all("original-samples" in r.path.parts for r in rejected)


def test_ravdess_is_complete_with_its_one_duplicate(data_root, prepare):
    prepared = prepare("ravdess", data_root)
    assert len(prepared.utterances) == prepared.info.n_files
    assert prepared.duplicates == [("ravdess/03-01-03-01-02-01-07", "ravdess/03-01-03-01-02-02-07")]


def test_speaker_cuts_of_real_corpora_do_not_leak(data_root, prepare):
    ravdess = prepare("ravdess", data_root).utterances
    leaks.check(ravdess, ravdess_pinned.cut(ravdess, ravdess_pinned.Config()))
    for name in ("emodb", "nemo"):
        utterances = prepare(name, data_root).utterances
        leaks.check(utterances, leave_one_out.cut(utterances, leave_one_out.Config()))


def test_a_random_cut_tears_the_duplicate_of_ravdess_apart(data_root, prepare):
    utterances = prepare("ravdess", data_root).utterances
    splits = random_leaky.cut(utterances, random_leaky.Config()).splits
    kinds = {leak.kind for split in splits for leak in leaks.find(utterances, split)}
    assert kinds == {"speaker", "audio"}

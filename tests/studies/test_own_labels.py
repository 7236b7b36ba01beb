"""Labels of users: what takes no part is said in their words, and they say what is what."""

import pytest

from lightspeech.corpora import labels
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.plain_yaml import load
from lightspeech.progress import no_progress
from lightspeech.studies import material, recipe

RECIPE = """
name: own
corpus: {{name: folder, root: {root}}}
labels: common4
map: {map}
protocol: random_leaky
model: nano
"""


@pytest.fixture
def read(tmp_path, write_tone):
    """Read four recordings and a broken one under a map."""
    for number, name in enumerate(("Happy/1", "sad/2", "Wut/3", "Wut/4", "0/5")):
        write_tone(tmp_path / "mine" / f"{name}.wav", hertz=200 + 50 * number)
    (tmp_path / "mine" / "sad" / "broken.wav").write_bytes(b"RIFF")

    def read_under(map="{}"):
        (tmp_path / "own.yaml").write_text(RECIPE.format(root=tmp_path / "mine", map=map))
        chosen = recipe.read(tmp_path / "own.yaml", [])
        return material.read_corpora(chosen, progress=no_progress)

    return read_under


def test_what_takes_no_part_is_said_under_the_users_labels(read):
    prepared = read()
    assert sorted(u.emotion for u in prepared.utterances) == ["Happy", "sad"]
    broken, strange = prepared.notices
    assert "left out 1 files, first " in broken
    assert "broken.wav: " in broken
    assert strange == (
        "left out 3 of 5 recordings, labelled 'Wut' (2), '0' (1); classes are angry, happy, "
        "neutral, sad; say which one they are, as in --map Wut=angry (in a recipe map: {Wut: "
        "angry})"
    )


def test_a_map_says_what_they_are_in_any_case_and_an_empty_one_leaves_them_out(read):
    prepared = read("{WUT: anger, 0: }")
    assert sorted(u.emotion for u in prepared.utterances) == ["Happy", "anger", "anger", "sad"]
    assert len(prepared.notices) == 1


def test_one_sound_under_two_labels_is_left_out_and_said(read, tmp_path):
    sound = (tmp_path / "mine" / "Happy" / "1.wav").read_bytes()
    (tmp_path / "mine" / "sad" / "same.wav").write_bytes(sound)
    (tmp_path / "mine" / "sad" / "2 again.wav").write_bytes(
        (tmp_path / "mine" / "sad" / "2.wav").read_bytes()
    )
    prepared = read("{Wut: angry}")
    assert sorted(u.emotion for u in prepared.utterances) == ["angry", "angry", "sad", "sad"]
    assert any("left out 2 recordings that are one sound" in line for line in prepared.notices)


def test_a_map_of_nothing_that_is_there_is_refused(read):
    with pytest.raises(
        ConfigError, match=r"map: no recording is labelled 'Wat'; found 'Wut' \(2\)"
    ):
        read("{Wat: angry}")


def test_too_few_classes_are_told_with_what_is_there(read):
    with pytest.raises(CorpusError, match=r"labelled 'Wut' \(2\), .*--map"):
        read("{Happy: joy!, sad: sadd}")


@pytest.mark.parametrize("label", ["Wut", "0", "?", "a: b", "ärger, sehr"])
def test_the_map_that_is_shown_can_be_written(label):
    said = labels.left_out([label], 2, ["angry"])
    [(written, name)] = load(said[said.index("map: ") : -1])["map"].items()
    assert (str(written), name) == (label, "angry")

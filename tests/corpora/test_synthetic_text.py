"""The made corpus whose label is told half by words and half by the voice."""

import json
from collections import Counter

import pytest

from lightspeech.corpora import synthetic_text
from lightspeech.corpora.synthetic_text import Config, ceilings, describe
from lightspeech.errors import CorpusError


def files(**changes):
    return describe(Config(speakers=12, sentences=10, **changes))["files"]


def test_with_full_shares_words_and_voice_show_their_halves():
    for stem, file in files().items():
        label = stem.split("_")[1]
        assert (file["words"], file["voice"]) == synthetic_text.LABELS[label]
        words = set(file["transcript"].split())
        assert words & set(synthetic_text.WORDS[file["words"]])


def test_no_sentence_is_said_twice_while_there_are_others():
    said = Counter(file["transcript"] for file in files().values())
    assert set(said.values()) == {1}


@pytest.mark.parametrize(("share", "right"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_a_share_is_how_often_chance_does_not_decide(share, right):
    made = files(words=share)
    shown = [synthetic_text.LABELS[stem.split("_")[1]][0] == f["words"] for stem, f in made.items()]
    assert sum(shown) / len(shown) == pytest.approx(right, abs=0.07)
    assert ceilings(Config(words=share))["text"] == right / 2
    voices = [
        synthetic_text.LABELS[stem.split("_")[1]][1] == f["voice"] for stem, f in made.items()
    ]
    assert all(voices)


def test_it_is_read_with_its_words_and_made_once(tmp_path):
    cfg = Config(root=tmp_path, speakers=2, sentences=1)
    reading = synthetic_text.read(cfg)
    assert not reading.skipped
    found = reading.utterances
    rules = json.loads((tmp_path / "rules.json").read_text())
    assert len(found) == 8
    assert {u.emotion for u in found} == {"angry", "calm", "happy", "sad"}
    assert {u.speaker for u in found} == {"synthetic_text/s001", "synthetic_text/s002"}
    assert all(u.transcript == rules["files"][u.path.stem]["transcript"] for u in found)
    assert rules["ceilings"] == {"text": 0.5, "audio": 0.5, "both": 1.0}
    before = [u.path.stat().st_mtime_ns for u in found]
    assert [u.path.stat().st_mtime_ns for u in synthetic_text.read(cfg).utterances] == before
    with pytest.raises(CorpusError, match=r"rules\.json is of another synthetic corpus"):
        synthetic_text.read(Config(root=tmp_path, speakers=2, sentences=1, words=0.5))

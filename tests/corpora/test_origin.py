from pathlib import Path

import pytest

from lightspeech.corpora.base import Utterance
from lightspeech.corpora.origin import original

SHIPPED = ("emodb", "nemo", "ravdess")


def mine(name, corpus="mine"):
    path = Path("somewhere", name)
    return Utterance(
        id=f"{corpus}/{path.stem}", path=path, corpus=corpus, speaker="mine/anna", emotion="happy"
    )


@pytest.mark.parametrize(
    ("name", "corpus", "speaker"),
    [
        ("03-01-06-01-02-01-12.wav", "ravdess", "ravdess/12"),
        ("EB0_anger_1.ogg", "nemo", "nemo/EB0"),
        ("03a01Fa.flac", "emodb", "emodb/03"),
    ],
)
def test_the_name_of_a_copy_tells_whose_it_is(name, corpus, speaker):
    found = original(mine(name), SHIPPED)
    assert (found.corpus, found.speaker) == (corpus, speaker)
    assert (found.id, found.path, found.emotion) == (mine(name).id, mine(name).path, "happy")


@pytest.mark.parametrize(
    ("utterance", "corpora"),
    [
        (mine("a.wav"), SHIPPED),
        (mine("03-01-06-01-02-01-12.wav"), ("nemo",)),
        (mine("03-01-06-01-02-01-12.wav", "banglaser"), SHIPPED),  # whose names are those too
        (mine("03-01-06-01-02-01-12.wav", "ravdess"), SHIPPED),
        (mine("03-01-06-01-02-01-12.wav"), ("iemocap", "csv", "somebody's")),
    ],
)
def test_all_others_stay_what_they_are(utterance, corpora):
    assert original(utterance, corpora) == utterance

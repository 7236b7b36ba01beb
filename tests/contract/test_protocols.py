"""What every protocol promises, the next one included."""

import dataclasses
from pathlib import Path

import pytest

from lightspeech import config, plugins
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols import leaks

PACKAGE = "lightspeech.protocols"
ACTORS = {"ravdess": range(1, 25), "crema_d": range(1001, 1092)}
"""Two protocols are for those of one corpus alone."""
STATED = {"named_speakers": {"selection": ("ravdess/23",), "test": ("ravdess/24",)}}
"""Of those that have no defaults which cut anything."""
PARTS = {23: "selection", 24: "test"}


@pytest.fixture(params=plugins.names(PACKAGE))
def protocol(request):
    return plugins.load(PACKAGE, request.param)


@pytest.fixture
def utterances(protocol):
    """Two emotions said twice by each actor, two actors a session; all that a reader may tell."""
    corpus = "crema_d" if protocol.__name__ == f"{PACKAGE}.crema_d_pinned" else "ravdess"
    return [
        Utterance(
            id=f"{corpus}/{actor:02}-{emotion}-{take}", path=Path("a.wav"), corpus=corpus,
            emotion=emotion, speaker=f"{corpus}/{actor:02}", sex="female" if actor % 2 else "male",
            session=f"{(actor + 1) // 2}", sentence=f"{take}", split=PARTS.get(actor, "train"),
            audio_hash=f"{actor} {emotion} {take}",
        )
        for actor in ACTORS[corpus] for emotion in ("happy", "sad") for take in (1, 2)
    ]  # fmt: skip


def stated(protocol):
    return protocol.Config(**STATED.get(protocol.__name__.rpartition(".")[2], {}))


def test_its_config_is_frozen_has_defaults_and_knows_its_keys(protocol):
    for field in dataclasses.fields(protocol.Config):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(protocol.Config(), field.name, None)
    with pytest.raises(ConfigError, match="flods: no such key"):
        config.build(protocol.Config, {"flods": 2})


def test_it_deals_each_utterance_to_one_part_at_most(protocol, utterances):
    known = {utterance.id for utterance in utterances}
    for split in protocol.cut(utterances, stated(protocol)).splits:
        dealt = [*split.train, *split.selection, *split.test]
        assert set(dealt) <= known
        assert len(set(dealt)) == len(dealt)


def test_each_split_has_a_name_of_its_own_and_somebody_to_learn_from_and_to_select_on(
    protocol, utterances
):
    splits = protocol.cut(utterances, stated(protocol)).splits
    assert len({split.name for split in splits}) == len(splits) > 0
    assert all(split.train and split.selection for split in splits)


def test_no_utterance_is_measured_twice(protocol, utterances):
    splits = protocol.cut(utterances, stated(protocol)).splits
    measured = [name for split in splits for name in split.test]
    assert len(set(measured)) == len(measured)


def test_it_leaks_nowhere_or_says_so(protocol, utterances):
    cut = protocol.cut(utterances, stated(protocol))
    found = [leak for split in cut.splits for leak in leaks.find(utterances, split)]
    assert bool(found) == cut.leaky
    leaks.check(utterances, cut)


def test_it_says_what_stands_beside_its_figures(protocol, utterances):
    cut = protocol.cut(utterances, stated(protocol))
    assert cut.name
    assert cut.name.isprintable()
    assert cut.unit in {"speaker", "session", "corpus", "utterance"}
    assert cut.selection


def test_it_cuts_the_same_the_second_time(protocol, utterances):
    first = protocol.cut(utterances, stated(protocol))
    assert protocol.cut(utterances, stated(protocol)) == first


def test_units_are_dealt_alike_whatever_the_order_of_their_utterances(protocol, utterances):
    first = protocol.cut(utterances, stated(protocol))
    if first.leaky:
        pytest.skip("deals utterances, not units")
    turned = protocol.cut(utterances[::-1], stated(protocol))
    for one, other in zip(first.splits, turned.splits, strict=True):
        for part in ("train", "selection", "test"):
            assert set(getattr(one, part)) == set(getattr(other, part))

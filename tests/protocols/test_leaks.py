from dataclasses import replace
from pathlib import Path

import pytest

from lightspeech.corpora.base import Utterance
from lightspeech.errors import LeakError
from lightspeech.protocols import leaks
from lightspeech.protocols.base import Protocol, Split
from lightspeech.protocols.leaks import Heard


def utterance(name, **fields):
    values = {"speaker": f"toy/{name}", "audio_hash": f"hash of {name}", **fields}
    return Utterance(id=name, path=Path(name), corpus="toy", emotion="happy", **values)


APART = [utterance("a"), utterance("b"), utterance("c")]
SPLIT = Split(name="fold 0", train=("a",), selection=("b",), test=("c",))


def changed(**fields):
    """The three utterances, with fields of the last one changed."""
    return [*APART[:2], replace(APART[2], **fields)]


def test_parts_that_share_nothing_do_not_leak():
    assert leaks.find(APART, SPLIT) == []


@pytest.mark.parametrize(
    ("fields", "kind", "value"),
    [
        ({"speaker": "toy/a"}, "speaker", "toy/a"),
        ({"audio_hash": "hash of a"}, "audio", "hash of a"),
        ({"parent": "a"}, "parent", "a"),
    ],
)
def test_a_shared_thing_is_a_leak_that_names_its_pair(fields, kind, value):
    assert leaks.find(changed(**fields), SPLIT) == [
        leaks.Leak(kind=kind, train_id="a", other_id="c", part="train-test", value=value)
    ]


def test_a_shared_dialogue_is_a_leak_only_within_one_corpus():
    first = replace(APART[0], dialogue="7")
    same = replace(APART[2], dialogue="7")
    (found,) = leaks.find([first, APART[1], same], SPLIT)
    assert (found.kind, found.value) == ("dialogue", "toy/7")
    assert leaks.find([first, APART[1], replace(same, corpus="other")], SPLIT) == []


def test_children_of_one_parent_leak_even_where_the_parent_is_not_listed():
    children = [replace(APART[0], parent="x"), APART[1], replace(APART[2], parent="x")]
    assert [leak.value for leak in leaks.find(children, SPLIT)] == ["x"]


def test_a_grandchild_leaks_to_its_grandparent():
    split = Split(name="", train=("a",), selection=(), test=("c",))
    family = [APART[0], replace(APART[1], parent="a"), replace(APART[2], parent="b")]
    assert [leak.kind for leak in leaks.find(family, split)] == ["parent"]


def test_parents_in_a_circle_end():
    circle = [replace(APART[0], parent="c"), APART[1], replace(APART[2], parent="a")]
    assert len(leaks.find(circle, SPLIT)) <= 2


def test_one_sentence_on_two_sides_leaks_to_a_model_that_reads_text():
    said = changed(transcript="It\u2019s ELEVEN o'clock")
    said[0] = replace(said[0], transcript="it\u2019s eleven o'clock.")
    assert leaks.find(said, SPLIT) == []
    [found] = leaks.find_texts(said, SPLIT)
    assert (found.kind, found.train_id, found.other_id) == ("text", "a", "c")


def test_what_of_a_test_was_said_in_training_is_a_share():
    said = [
        replace(APART[0], transcript="Oh."), APART[1], replace(APART[2], transcript="oh"),
        utterance("d", transcript="Something else"), utterance("e"),
    ]  # fmt: skip
    split = replace(SPLIT, test=("c", "d", "e"))
    cut = Protocol(
        name="own", unit="speaker", selection="another", leaky=False, splits=(split, SPLIT)
    )
    assert leaks.text_seen(said, cut) == 2 / 4
    assert leaks.text_seen(APART, replace(cut, splits=(SPLIT,))) == 0


def test_what_nobody_wrote_down_is_no_shared_sentence():
    assert leaks.find_texts(APART, SPLIT) == []


@pytest.mark.parametrize("fields", [{"speaker": ""}, {"audio_hash": ""}, {"dialogue": ""}])
def test_what_is_unknown_meets_nothing(fields):
    unknown = [replace(u, **fields) for u in APART]
    assert leaks.find(unknown, SPLIT) == []


def test_unknown_speakers_are_counted():
    assert leaks.speaker_unknown([replace(u, speaker="") for u in APART[:2]]) == 2


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [(0, 2, "train-test"), (1, 2, "selection-test"), (0, 1, "train-selection")],
)
def test_each_two_parts_are_compared(one, other, part):
    shared = [replace(u, speaker="x") if i in (one, other) else u for i, u in enumerate(APART)]
    assert [leak.part for leak in leaks.find(shared, SPLIT)] == [part]


def test_many_leaks_are_found_in_one_pass():
    many = [utterance(str(i), speaker=f"toy/{i % 5_000}") for i in range(10_000)]
    ids = tuple(u.id for u in many)
    split = Split(name="", train=ids[:5_000], selection=(), test=ids[5_000:])
    assert len(leaks.find(many, split)) == 5_000


def protocol(*, leaky):
    return Protocol(name="p", unit="speaker", selection="", leaky=leaky, splits=(SPLIT,))


def test_a_leaking_protocol_is_refused_with_the_pair_and_what_to_do():
    with pytest.raises(LeakError, match=r"p, fold 0: a and c \(train-test\) share speaker toy/a"):
        leaks.check(changed(speaker="toy/a"), protocol(leaky=False))


def test_a_protocol_that_says_it_leaks_is_let_through():
    leaks.check(changed(speaker="toy/a"), protocol(leaky=True))


def test_a_clean_protocol_is_let_through():
    leaks.check(APART, protocol(leaky=False))


def heard(*, train=(), selection=()):
    return Heard(study="t (fold 0)", train=train, selection=selection)


@pytest.mark.parametrize("known", [APART[1], APART[2]], ids=["selection", "test"])
def test_a_teacher_must_not_have_learnt_from_whom_its_student_is_measured_or_selected_on(known):
    with pytest.raises(LeakError, match=r"fold 0: the teacher t \(fold 0\) knows speaker toy/"):
        leaks.check_teacher(heard(train=(known,)), APART, SPLIT)


def test_a_teacher_may_be_selected_on_the_selection_part_but_not_on_the_test_part():
    leaks.check_teacher(heard(train=APART[:1], selection=APART[1:2]), APART, SPLIT)
    with pytest.raises(LeakError, match="speaker toy/c of c"):
        leaks.check_teacher(heard(selection=APART[2:]), APART, SPLIT)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"id": "x", "audio_hash": "hash of c"}, "audio hash of c"),
        ({"id": "x", "parent": "c"}, "parent c"),
        ({"id": "c"}, "parent c"),
    ],
)
def test_another_name_does_not_hide_what_a_teacher_knows(fields, kind):
    taught = replace(utterance("x", speaker="", audio_hash=""), **fields)
    with pytest.raises(LeakError, match=f"knows {kind} of c"):
        leaks.check_teacher(heard(train=(taught,)), APART, SPLIT)


def test_a_teacher_of_strangers_is_let_through():
    leaks.check_teacher(heard(train=(utterance("x"), APART[0])), APART, SPLIT)


@pytest.mark.parametrize("known", [APART[1], APART[2]], ids=["selection", "test"])
def test_an_encoder_must_not_be_made_with_whom_its_head_is_measured_or_selected_on(known):
    """Nor with another recording of theirs, which is in no part."""
    other = replace(known, id="other", audio_hash="other")
    message = f"fold 0: the encoder e knows speaker {known.speaker} of {known.id}"
    with pytest.raises(LeakError, match=message):
        leaks.check_encoder("e", {"other"}, [*APART, other], protocol(leaky=False))
    leaks.check_encoder("e", {"other"}, [*APART, other], protocol(leaky=True))


def test_an_encoder_made_with_training_speakers_or_strangers_is_let_through():
    audio = {APART[0].audio_hash, "of nobody here"}
    leaks.check_encoder("e", audio, APART, protocol(leaky=False))


def test_a_bundle_must_not_be_measured_on_whom_it_was_taught_by():
    with pytest.raises(LeakError, match="the bundle micro knows speaker .* leave init out"):
        leaks.check_init("micro", {"toy"}, (), APART, protocol(leaky=False))
    leaks.check_init("micro", {"toy"}, (), APART, protocol(leaky=True))
    leaks.check_init("micro", {"other"}, (), APART, protocol(leaky=False))
    with pytest.raises(LeakError, match="the bundle mine knows"):  # whose corpora have no names
        leaks.check_init("mine", {"folder"}, (), APART, protocol(leaky=False))


def test_speakers_that_a_bundle_never_met_may_be_measured():
    strangers = [APART[1].speaker, APART[2].speaker]
    leaks.check_init("mine", {"toy"}, strangers, APART, protocol(leaky=False))


def test_copies_in_a_folder_of_ones_own_are_known_to_a_bundle_by_their_names():
    copies = [
        replace(u, path=Path(f"mine/03-01-05-01-01-01-0{n}.wav")) for n, u in enumerate(APART, 1)
    ]
    with pytest.raises(LeakError, match="the bundle micro knows speaker .* leave init out"):
        leaks.check_init("micro", {"ravdess"}, (), copies, protocol(leaky=False))
    strangers = ["ravdess/02", "ravdess/03"]
    leaks.check_init("micro", {"ravdess"}, strangers, copies, protocol(leaky=False))

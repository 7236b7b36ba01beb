from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.protocols import (
    crema_d_pinned,
    everyone,
    given,
    grouped_k_fold,
    leaks,
    leave_one_out,
    random_leaky,
    ravdess_pinned,
)
from lightspeech.protocols.base import unit_of


def corpus(speakers, *, name="toy", each=2, first=1):
    """Some utterances of some speakers, two speakers a session."""
    return [
        Utterance(
            id=f"{name}/{speaker:02}-{number}",
            path=Path(f"{speaker:02}-{number}.wav"),
            corpus=name,
            speaker=f"{name}/{speaker:02}",
            session=f"{speaker // 2}",
            emotion="happy",
        )
        for speaker in range(first, first + speakers)
        for number in range(each)
    ]


def assert_honest(utterances, protocol, *, tested_once=True):
    """Three parts that are not empty, meet nowhere, cover all and share no unit."""
    every = {u.id: u for u in utterances}
    tested = []
    for split in protocol.splits:
        parts = [split.train, split.selection, split.test]
        assert all(parts)
        assert sorted(name for part in parts for name in part) == sorted(every)
        assert leaks.find(utterances, split) == []
        if protocol.unit in ("speaker", "session"):
            units = [{unit_of(every[name], protocol.unit) for name in part} for part in parts]
            assert sum(map(len, units)) == len(set.union(*units))
        tested += split.test
    if tested_once:
        assert sorted(tested) == sorted(every)


@examples(
    speakers=st.integers(5, 30),
    folds=st.integers(2, 5),
    seed=st.integers(0, 99),
    each=st.integers(1, 3),
)
def test_grouped_folds_are_honest_whatever_the_numbers(speakers, folds, seed, each):
    utterances = corpus(speakers, each=each)
    cfg = grouped_k_fold.Config(folds=folds, seed=seed)
    protocol = grouped_k_fold.cut(utterances, cfg)
    assert_honest(utterances, protocol)
    assert len(protocol.splits) == folds


@examples(speakers=st.integers(4, 12), selection_units=st.integers(1, 2))
def test_leaving_a_speaker_out_is_honest_whatever_the_numbers(speakers, selection_units):
    utterances = corpus(speakers)
    protocol = leave_one_out.cut(utterances, leave_one_out.Config(selection_units=selection_units))
    assert_honest(utterances, protocol)
    assert len(protocol.splits) == speakers


@examples(st.integers(5, 60), st.integers(2, 10), st.floats(0.05, 0.5), st.integers(0, 9))
def test_random_cuts_cover_all_and_test_each_once(n, folds, share, seed):
    utterances = corpus(n, each=2)
    cfg = random_leaky.Config(folds=folds, selection_share=share, seed=seed)
    protocol = random_leaky.cut(utterances, cfg)
    tested = [name for split in protocol.splits for name in split.test]
    assert sorted(tested) == sorted(u.id for u in utterances)
    for split in protocol.splits:
        ids = split.train + split.selection + split.test
        assert sorted(ids) == sorted(tested)


def test_random_cuts_say_that_they_leak_and_do():
    utterances = corpus(10, each=4)
    protocol = random_leaky.cut(utterances, random_leaky.Config())
    assert protocol.leaky
    assert "leaky" in protocol.name
    assert leaks.find(utterances, protocol.splits[0])


def test_twins_of_what_is_tested_are_learnt_from():
    utterances = corpus(10, each=4)
    alone = random_leaky.cut(utterances, random_leaky.Config(folds=4))
    twins = random_leaky.cut(utterances, random_leaky.Config(folds=4, twins=0.5))
    assert twins.name == "random-leaky-twins"
    assert "bent twins of 50%" in twins.selection
    for before, after in zip(alone.splits, twins.splits, strict=True):
        assert (before.test, before.selection) == (after.test, after.selection)
        shared = set(after.train) & set(after.test)
        assert len(shared) == round(len(after.test) * 0.5)
        assert set(after.train) - shared == set(before.train)


@pytest.mark.parametrize("module", [grouped_k_fold, random_leaky])
def test_another_seed_deals_other_folds_and_the_same_seed_the_same(module):
    cuts = [module.cut(corpus(12), module.Config(seed=seed)).splits for seed in (0, 0, 1)]
    assert cuts[0] == cuts[1] != cuts[2]


@pytest.mark.parametrize("module", [grouped_k_fold, leave_one_out])
def test_sessions_are_kept_whole(module):
    utterances = corpus(12)
    assert_honest(utterances, module.cut(utterances, module.Config(unit="session")))


def test_every_speaker_is_selected_on_equally_often():
    splits = leave_one_out.cut(corpus(6), leave_one_out.Config(selection_units=2)).splits
    selected = [name for split in splits for name in split.selection]
    assert {selected.count(name) for name in selected} == {2}


def test_leaving_a_corpus_out_trains_on_all_others_and_selects_on_their_speakers():
    utterances = [u for name in ("a", "b", "c") for u in corpus(3, name=name)]
    protocol = leave_one_out.cut(utterances, leave_one_out.Config(unit="corpus"))
    assert_honest(utterances, protocol)
    for split in protocol.splits:
        others = {"a", "b", "c"} - {split.name}
        assert {name.split("/")[0] for name in split.train} == others
        assert {name.split("/")[0] for name in split.selection} == others
        assert {name.split("/")[0] for name in split.test} == {split.name}


def test_some_corpora_are_learnt_from_and_the_others_only_tested():
    utterances = [u for name in ("a", "b", "c", "d") for u in corpus(3, name=name)]
    cfg = leave_one_out.Config(unit="corpus", taught=("b", "c"))
    splits = leave_one_out.cut(utterances, cfg).splits
    assert [split.name for split in splits] == ["b", "c", "a+d"]
    for split in splits:
        tested = set(split.name.split("+"))
        for part in (split.train, split.selection):
            assert {name.split("/")[0] for name in part} == {"b", "c"} - tested
        assert {name.split("/")[0] for name in split.test} == tested


@pytest.mark.parametrize(
    ("taught", "what"), [(("a", "d"), "names d; there are a, b"), (("a",), "without a there is")]
)
def test_corpora_to_learn_from_that_are_not_there_or_too_few_are_refused(taught, what):
    utterances = [u for name in ("a", "b") for u in corpus(3, name=name)]
    with pytest.raises(ConfigError, match=what):
        leave_one_out.cut(utterances, leave_one_out.Config(unit="corpus", taught=taught))


def test_leaving_a_language_out_leaves_all_its_corpora_out():
    known = ("ravdess", "crema_d", "emodb", "nemo")
    utterances = [u for name in known for u in corpus(3, name=name)]
    protocol = leave_one_out.cut(utterances, leave_one_out.Config(unit="language"))
    assert_honest(utterances, protocol)
    tested = {split.name: {name.split("/")[0] for name in split.test} for split in protocol.splits}
    wanted = {"English": {"ravdess", "crema_d"}, "German": {"emodb"}, "Polish": {"nemo"}}
    assert tested == wanted
    german = next(split for split in protocol.splits if split.name == "German")
    assert {name.split("/")[0] for name in german.selection} == {"ravdess", "crema_d", "nemo"}


def test_a_corpus_whose_language_nobody_tells_cannot_be_kept_apart_by_it():
    with pytest.raises(ConfigError, match="its language is unknown"):
        leave_one_out.cut(corpus(3), leave_one_out.Config(unit="language"))


def test_each_corpus_may_be_learnt_from_alone_and_all_others_are_tested():
    utterances = [u for name in "abc" for u in corpus(4, name=name)]
    cfg = leave_one_out.Config(unit="corpus", learn_from="one")
    protocol = leave_one_out.cut(utterances, cfg)
    assert_honest(utterances, protocol, tested_once=False)
    assert protocol.sources == ("a", "b", "c")
    for source, split in zip(protocol.sources, protocol.splits, strict=True):
        assert {name.split("/")[0] for name in (*split.train, *split.selection)} == {source}
        assert {name.split("/")[0] for name in split.test} == {*"abc"} - {source}


def test_with_a_corpus_left_out_the_selected_speakers_rotate():
    utterances = [u for name in ("a", "b", "c") for u in corpus(3, name=name)]
    splits = leave_one_out.cut(utterances, leave_one_out.Config(unit="corpus")).splits
    selected = [name for split in splits for name in split.selection]
    assert len(selected) == len(set(selected))


def test_sessions_of_two_corpora_are_not_mixed_up():
    utterances = corpus(4, name="a") + corpus(4, name="b")
    protocol = leave_one_out.cut(utterances, leave_one_out.Config(unit="session"))
    assert len(protocol.splits) == 6


RAVDESS = corpus(24, name="ravdess")
CREMA_D = corpus(91, name="crema_d", first=1001)


def test_pinned_folds_are_honest_and_leave_actor_24_and_others_where_the_field_has_them():
    protocol = ravdess_pinned.cut(RAVDESS, ravdess_pinned.Config())
    assert_honest(RAVDESS, protocol)
    assert [len(split.test) // 2 for split in protocol.splits] == [5, 5, 5, 5, 4]
    last = protocol.splits[4]
    assert {name[8:10] for name in last.test} == {"01", "04", "09", "22"}
    assert {name[8:10] for name in last.selection} == {"02", "05"}


def test_pinned_folds_of_crema_d_are_those_that_its_published_figures_were_dealt():
    dealt = grouped_k_fold.cut(CREMA_D, grouped_k_fold.Config(folds=5, selection_units=8))
    assert_honest(CREMA_D, dealt)
    assert crema_d_pinned.cut(CREMA_D, crema_d_pinned.Config()) == dealt


@pytest.mark.parametrize(
    ("module", "utterances", "differing"),
    [
        (ravdess_pinned, corpus(24), "ravdess/01"),
        (ravdess_pinned, RAVDESS[2:], "ravdess/01"),
        (ravdess_pinned, RAVDESS + corpus(1), "toy/01"),
        (crema_d_pinned, CREMA_D[:-2], "crema_d/1091"),
        (crema_d_pinned, RAVDESS, "crema_d/1001"),
    ],
)
def test_pinned_folds_refuse_other_speakers(module, utterances, differing):
    with pytest.raises(ConfigError, match=f"{differing}.*grouped-k-fold"):
        module.cut(utterances, module.Config())


def test_a_given_split_is_taken_as_it_is():
    parts = ("train", "selection", "test")
    utterances = [replace(u, split=parts[i % 3]) for i, u in enumerate(corpus(6, each=1))]
    protocol = given.cut(utterances, given.Config())
    assert_honest(utterances, protocol, tested_once=False)
    assert protocol.splits[0].test == ("toy/03-0", "toy/06-0")


def test_a_given_split_of_unknown_speakers_does_not_claim_to_keep_them_apart():
    parts = ("train", "selection", "test")
    unknown = [
        replace(u, split=p, speaker="") for u, p in zip(corpus(3, each=1), parts, strict=True)
    ]
    assert given.cut(unknown, given.Config()).unit == "utterance"


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        (("train", "selection", ""), r"1 of 3 utterances have no split"),
        (("train", "train", "train"), "nothing left for test"),
        (("train", "test", "test"), "needs 2 speakers or more, found 1 .*column 'split'"),
        (("train", "selection", "val"), "split 'val'; write one of"),
    ],
)
def test_a_given_split_that_is_not_whole_is_refused(parts, what):
    utterances = [replace(u, split=p) for u, p in zip(corpus(3, each=1), parts, strict=True)]
    with pytest.raises(ConfigError, match=what):
        given.cut(utterances, given.Config())


def test_everyone_is_learnt_from_but_for_some_speakers_of_each_corpus_and_nobody_is_tested():
    utterances = [u for name in ("a", "b") for u in corpus(5, name=name)]
    protocol = everyone.cut(utterances, everyone.Config(selection_units=2))
    [split] = protocol.splits
    selected = {u.speaker for u in utterances if u.id in split.selection}
    assert split.test == ()
    assert sorted(split.train + split.selection) == sorted(u.id for u in utterances)
    assert sorted(name[0] for name in selected) == ["a", "a", "b", "b"]
    assert leaks.find(utterances, split) == []


def test_who_is_selected_on_in_a_corpus_depends_on_the_seed_but_not_on_the_others():
    one, two = corpus(9, name="a"), corpus(9, name="b")
    alone = everyone.cut(one, everyone.Config()).splits[0].selection
    assert set(alone) < set(everyone.cut(one + two, everyone.Config()).splits[0].selection)
    cuts = [everyone.cut(one, everyone.Config(seed=seed)).splits[0] for seed in range(9)]
    assert len({split.selection for split in cuts}) > 1


def test_a_corpus_of_which_nobody_would_be_learnt_from_is_refused():
    with pytest.raises(ConfigError, match=r"b has 1 speakers.*leave it out"):
        everyone.cut(corpus(5, name="a") + corpus(1, name="b"), everyone.Config())


@pytest.mark.parametrize("module", [everyone, grouped_k_fold, leave_one_out, ravdess_pinned])
def test_unknown_speakers_cannot_be_kept_apart_and_the_message_says_what_to_do(module):
    unknown = [replace(u, speaker="") for u in corpus(24, name="ravdess")]
    with pytest.raises(ConfigError, match=r"speaker is unknown.*speaker_pattern.*random-leaky"):
        module.cut(unknown, module.Config())


@pytest.mark.parametrize(
    ("module", "speakers", "what"),
    [
        (grouped_k_fold, 4, "needs 5 speakers or more, found 4 .*choose protocol.folds=4"),
        (grouped_k_fold, 1, r"found 1 \(toy/01\).*record other speakers, or take .*leaky"),
        (leave_one_out, 2, "needs 3 speakers or more, found 2 .*record other speakers"),
        (random_leaky, 1, "nothing left for"),
    ],
)
def test_too_few_speakers_are_refused_with_a_way_out(module, speakers, what):
    with pytest.raises(ConfigError, match=what):
        module.cut(corpus(speakers, each=1), module.Config())


def test_two_folds_of_two_speakers_leave_nothing_to_train_on_and_say_so():
    with pytest.raises(ConfigError, match="needs 4 speakers or more, found 2"):
        grouped_k_fold.cut(corpus(2), grouped_k_fold.Config(folds=2))
    grouped_k_fold.cut(corpus(4), grouped_k_fold.Config(folds=2))


def test_a_given_split_without_selection_draws_speakers_for_it_or_recordings():
    utterances = [replace(u, split="test" if i < 4 else "train") for i, u in enumerate(corpus(8))]
    cut = given.cut(utterances, given.Config())
    assert_honest(utterances, cut, tested_once=False)
    assert "1 speaker(s) of the given training part" in cut.selection
    unknown = [replace(u, speaker="") for u in utterances]
    [split] = given.cut(unknown, given.Config(selection_share=0.25)).splits
    assert (len(split.train), len(split.selection), len(split.test)) == (9, 3, 4)
    assert set(split.train) | set(split.selection) == {u.id for u in unknown[4:]}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (grouped_k_fold, {"folds": 1}),
        (grouped_k_fold, {"selection_units": 0}),
        (leave_one_out, {"selection_units": 0}),
        (leave_one_out, {"taught": ("a", "b")}),
        (leave_one_out, {"learn_from": "one"}),
        (leave_one_out, {"learn_from": "one", "unit": "corpus", "taught": ("a", "b")}),
        (everyone, {"selection_units": 0}),
        (random_leaky, {"folds": 1}),
        (random_leaky, {"selection_share": 1.0}),
    ],
)
def test_options_that_cannot_be_are_refused(module, options):
    with pytest.raises(ConfigError, match="must be"):
        module.Config(**options)


def test_few_may_be_learnt_from_and_all_are_tested():
    utterances = corpus(12)
    cut = grouped_k_fold.cut(utterances, grouped_k_fold.Config(folds=3, training_units=2))
    assert cut.name == "3-fold-speaker-learnt-from-2"
    by_id = {u.id: u.speaker for u in utterances}
    assert [len({by_id[each] for each in split.train}) for split in cut.splits] == [2, 2, 2]
    assert {by_id[each] for split in cut.splits for each in split.test} == set(by_id.values())
    assert all(leaks.find(utterances, split) == [] for split in cut.splits)
    with pytest.raises(ConfigError, match="training_units"):
        grouped_k_fold.Config(training_units=0)

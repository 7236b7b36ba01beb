"""A live stream: what it says, and when, at any chunking."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lightspeech
from lightspeech.audio import io
from lightspeech.bundle import USUAL
from lightspeech.corpora import synthetic
from lightspeech.errors import AudioError, ConfigError
from lightspeech.inference.live_stream import LAG_S, Kind

RATE = 16_000


@pytest.fixture(scope="module")
def micro():
    return lightspeech.load(USUAL)


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Two turns with 2.5 s of silence between them, the second of 12 s: 22 s in all."""
    cfg = synthetic.Config(speakers=2, sentences=2, seed=15, root=tmp_path_factory.mktemp("voice"))
    spoken = np.concatenate([io.load(one.path) for one in synthetic.read(cfg).utterances])
    quiet = np.zeros(2 * RATE + RATE // 2, np.float32)
    return np.concatenate((spoken[: 4 * RATE], quiet, np.resize(spoken, 12 * RATE), quiet))


def fed(live, waveform, sizes):
    updates, at, turn = [], 0, 0
    while at < len(waveform):
        size = sizes[turn % len(sizes)]
        updates += live.feed(waveform[at : at + size])
        at, turn = at + size, turn + 1
    return updates + live.flush()


def of(kind, updates):
    return [update for update in updates if update.kind is kind]


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    sizes=st.lists(st.sampled_from((1, 7, 160, 1_600, 4_411, 48_000, 160_000)), max_size=4).map(
        lambda sizes: [*sizes, 30_000]
    ),
    rate=st.sampled_from((RATE, 44_100)),
)
def test_all_that_is_said_and_when_is_the_same_at_any_chunking(micro, talk, sizes, rate):
    options = {"smoothing": 0.5}
    expected = fed(micro.live(rate, **options), talk, [len(talk)])
    assert fed(micro.live(rate, **options), talk, sizes) == expected


def test_single_samples_are_taken(micro, talk):
    talk = talk[: 5 * RATE]
    assert fed(micro.live(RATE), talk, [1]) == fed(micro.live(RATE), talk, [5_000])


def test_the_first_answer_comes_with_the_first_window_then_one_a_hop(micro, talk):
    now = of(Kind.NOW, fed(micro.live(RATE), talk, [1_600]))
    ends = 3.0 + micro.bundle.windows.hop_s * np.arange(4)
    assert [update.segment.end_s for update in now[:4]] == pytest.approx(ends)
    # A window is whole once a sample follows it, which the next chunk of 0.1 s brings.
    behind = [update.at_s - update.segment.end_s for update in now[:4]]
    assert 0 < min(behind) <= max(behind) <= 0.1 + 1e-9
    assert now[0].segment.label != "none"
    window = talk[: 3 * RATE]
    row = micro.predictor.predict(window[None])[0]
    assert list(now[0].segment.probabilities.values()) == row.tolist()


@pytest.mark.parametrize("seconds", [2, 8, 22])
def test_its_segments_are_those_of_the_recognizer(micro, talk, seconds):
    waveform = talk[: seconds * RATE]
    updates = fed(micro.live(RATE), waveform, [3_000])
    hops = micro(waveform, sample_rate=RATE).hops
    told = [update.segment for update in of(Kind.SEGMENT, updates)]
    assert tuple(told[-len(hops) :]) == hops
    assert len(told) == len(hops) or seconds <= 10


def test_a_turn_is_what_the_recognizer_says_of_what_was_said_between_two_pauses(micro, talk):
    first, second, third = of(Kind.TURN, fed(micro.live(RATE), talk, [1_600]))
    assert first.segment.start_s == pytest.approx(0, abs=0.4)
    assert first.segment.end_s == pytest.approx(4, abs=0.5)
    assert first.at_s < 4 + 1 + 2 * LAG_S  # the pause, and what the gate is behind
    # Twelve seconds are told in parts of ten at most, without a gap.
    assert 6.1 < second.segment.start_s < 6.4  # a margin before the first sound
    assert second.segment.end_s - second.segment.start_s <= 10
    assert second.segment.end_s == third.segment.start_s
    for turn in (first, second, third):
        start, end = (round(at * RATE) for at in (turn.segment.start_s, turn.segment.end_s))
        answer = micro(talk[start:end], sample_rate=RATE)
        assert (turn.segment.label, turn.segment.probabilities) == (
            answer.label,
            answer.probabilities,
        )


def test_turns_may_be_left_out(micro, talk):
    assert of(Kind.TURN, fed(micro.live(RATE, turns=False), talk, [1_600])) == []


def test_a_turn_that_the_end_cuts_off_is_told(micro, talk):
    *_, turn = of(Kind.TURN, fed(micro.live(RATE), talk[: 2 * RATE], [1_600]))
    assert turn.segment.end_s == pytest.approx(2, abs=0.3)


def test_where_nobody_speaks_there_is_no_turn_and_the_label_is_none(micro):
    updates = fed(micro.live(RATE), np.zeros(12 * RATE, np.int16), [1_600])
    assert of(Kind.TURN, updates) == []
    assert {update.segment.label for update in updates} == {"none"}


def test_smoothing_keeps_a_share_of_the_answer_before_and_forgets_it_in_silence(micro, talk):
    plain, smooth = (
        of(Kind.NOW, fed(micro.live(RATE, smoothing=weight), talk, [1_600])) for weight in (0, 0.5)
    )
    first, second, third = ([*u.segment.probabilities.values()] for u in plain[:3])
    expected = np.array(third) / 2 + np.array(second) / 4 + np.array(first) / 4
    assert [*smooth[2].segment.probabilities.values()] == pytest.approx(expected, abs=1e-6)
    after = next(i for i, u in enumerate(plain) if u.segment.label == "none") + 1
    assert smooth[after].segment == plain[after].segment


def test_windows_shorter_than_what_the_gate_is_behind_are_spoken_of_later(make_bundle):
    toy = lightspeech.load(make_bundle().path)
    now = of(Kind.NOW, fed(toy.live(RATE), np.zeros(4 * RATE, np.int16), [999]))
    assert [update.segment.start_s for update in now[:3]] == [0, 0.5, 1.0]


def test_windows_that_come_faster_than_the_gate_knows_them_are_all_spoken_of(
    make_bundle, everybody_speaks, talk
):
    everybody_speaks.undo()
    stream = lightspeech.load(make_bundle().path).live(RATE, turns=False)
    starts = [one.segment.start_s for one in stream.feed(talk) if one.kind is Kind.NOW]
    assert starts == [0.5 * n for n in range(len(starts))]
    assert len(starts) > 10


def test_after_its_end_a_live_stream_begins_anew(micro, talk):
    live = micro.live(RATE)
    expected = fed(live, talk, [5_000])
    live.feed(talk[:30_000])
    live.reset()
    assert fed(live, talk, [5_000]) == expected


@pytest.mark.parametrize(
    ("arguments", "options", "kind"),
    [
        ((None,), {}, ConfigError),
        ((16,), {}, AudioError),
        ((RATE, 65), {}, AudioError),
        ((RATE, 0), {}, ConfigError),
        ((RATE,), {"smoothing": 1}, ConfigError),
        ((RATE,), {"smoothing": float("nan")}, ConfigError),
    ],
)
def test_a_live_stream_that_cannot_be_is_refused(micro, arguments, options, kind):
    with pytest.raises(kind):
        micro.live(*arguments, **options)

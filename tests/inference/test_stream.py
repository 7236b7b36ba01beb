import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lightspeech
from lightspeech.audio.windows import Windows
from lightspeech.errors import AudioError, ConfigError
from lightspeech.inference import answers

RATE = 16_000
RATES = (8_000, 16_000, 44_100)
SLOW = settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HOPS = (0.5, 0.7, 3.0, None)


@pytest.fixture
def recognizer(make_bundle):
    return lightspeech.load(make_bundle().path)


@pytest.fixture(params=HOPS)
def hopping(request, make_bundle):
    """The toy model, its windows a hop of another length apart."""
    windows = Windows(window_s=1.0, hop_s=request.param)
    return lightspeech.load(make_bundle(windows=windows).path)


def speech(n_samples, seed=0):
    """Noise whose loudness changes, so that each window has another answer."""
    rng = np.random.default_rng(seed)
    loudness = rng.uniform(0, 0.2, n_samples // 1_000 + 1).repeat(1_000)[:n_samples]
    return (rng.uniform(-1, 1, n_samples) * loudness).astype(np.float32)


def fed(stream, waveform, sizes):
    """Feed a waveform in chunks of the sizes, over and over again; give all segments."""
    segments, at, turn = [], 0, 0
    while at < len(waveform):
        size = sizes[turn % len(sizes)]
        segments += stream.feed(waveform[at : at + size])
        at, turn = at + size, turn + 1
    return tuple(segments + stream.flush())


@st.composite
def chunks(draw):
    """Sizes from one sample to ten seconds; small ones are few, or all would be small."""
    sizes = st.one_of(
        st.integers(0, 40), st.integers(100, 5_000), st.integers(5_000, 10 * max(RATES))
    )
    return [*draw(st.lists(sizes, max_size=6)), draw(st.integers(300, 10 * max(RATES)))]


@SLOW
@given(n_samples=st.integers(10 * RATE + 1, 14 * RATE), sizes=chunks(), seed=st.integers(0, 9))
def test_a_long_stream_says_what_the_recognizer_says_of_the_whole(hopping, n_samples, sizes, seed):
    waveform = speech(n_samples, seed)
    answer = hopping(waveform, sample_rate=RATE)
    segments = fed(hopping.stream(RATE), waveform, sizes)
    assert segments == answer.hops
    assert answers.merged(segments) == answer.segments


@SLOW
@given(seconds=st.floats(10.1, 12.0), sizes=chunks(), rate=st.sampled_from(RATES))
def test_of_another_rate_too(recognizer, seconds, sizes, rate):
    waveform = speech(round(seconds * rate))
    # No tolerance: soxr's stream gives the same bits whatever the chunks, and files and arrays go
    # through it too. A whole-file resampler would differ in the last bits.
    assert fed(recognizer.stream(rate), waveform, sizes) == (
        recognizer(waveform, sample_rate=rate).hops
    )


@SLOW
@given(n_samples=st.integers(160, 10 * RATE), sizes=chunks())
def test_a_short_stream_ends_with_what_the_recognizer_says(recognizer, n_samples, sizes):
    waveform = speech(n_samples)
    *_, last = fed(recognizer.stream(RATE), waveform, sizes)
    assert (last,) == recognizer(waveform, sample_rate=RATE).segments


def test_single_samples_are_taken(recognizer):
    waveform = speech(10 * RATE + 500)
    expected = recognizer(waveform, sample_rate=RATE).hops
    assert fed(recognizer.stream(RATE), waveform, [1]) == expected


def test_a_segment_comes_as_soon_as_the_window_after_it(recognizer):
    stream, waveform = recognizer.stream(RATE), speech(3 * RATE)
    due = {
        at / RATE: segments
        for at in range(0, len(waveform), RATE // 10)
        if (segments := stream.feed(waveform[at : at + RATE // 10]))
    }
    # Windows of 1 s, 0.5 s apart: the second one is complete with the sample after 1.5 s.
    assert list(due) == [1.5, 2.0, 2.5]
    assert [segment.end_s for [segment] in due.values()] == [0.75, 1.25, 1.75]


def test_channels_and_integers_are_taken(recognizer):
    mono = speech(11 * RATE)
    integers = (np.stack((mono, mono), 1) * 32_767).astype(np.int16)
    segments = fed(recognizer.stream(RATE, channels=2), integers, [999])
    assert segments == recognizer(integers, sample_rate=RATE).hops


def test_streams_share_nothing(recognizer):
    first, second = speech(11 * RATE, 1), speech(11 * RATE, 2)
    streams = [recognizer.stream(RATE), recognizer.stream(RATE)]
    found = [[], []]
    for at in range(0, 11 * RATE, 1_600):
        for waveform, stream, segments in zip((first, second), streams, found, strict=True):
            segments += stream.feed(waveform[at : at + 1_600])
    for waveform, stream, segments in zip((first, second), streams, found, strict=True):
        expected = recognizer(waveform, sample_rate=RATE).hops
        assert (*segments, *stream.flush()) == expected


@pytest.mark.parametrize("end", ["reset", "flush"])
def test_after_its_end_a_stream_begins_anew(recognizer, end):
    stream, waveform = recognizer.stream(44_100), speech(11 * 44_100)
    expected = fed(stream, waveform, [5_000])
    stream.feed(speech(100_000, 7))
    getattr(stream, end)()
    assert fed(stream, waveform, [5_000]) == expected


@pytest.mark.parametrize("n_samples", [0, 1, 159])
def test_of_nothing_nothing_is_said(recognizer, n_samples):
    stream = recognizer.stream(RATE)
    assert stream.feed(np.zeros(n_samples, np.int16)) == []
    assert stream.flush() == []


@pytest.mark.parametrize(
    ("chunk", "kind", "message"),
    [
        (np.full(9, np.nan), AudioError, "NaN or Inf"),
        (np.full(9, 3e4), AudioError, "divide by 32768"),
        (np.zeros(9, bool), AudioError, "samples of type bool"),
        (np.zeros((9, 2)), AudioError, r"\(9, 2\) has 2 channels, this stream 1; .*channels="),
        (np.zeros((1, 999)), AudioError, "array.T"),
        (b"\0" * 99, ConfigError, r"numpy.frombuffer\(samples, '<i2'\)"),
        ([0.0] * 99, ConfigError, "samples are a list"),
    ],
)
def test_a_bad_chunk_is_refused_and_not_taken(recognizer, chunk, kind, message):
    stream, waveform = recognizer.stream(RATE), speech(11 * RATE)
    begun = stream.feed(waveform[: 2 * RATE])
    with pytest.raises(kind, match=message):
        stream.feed(chunk)
    rest = stream.feed(waveform[2 * RATE :]) + stream.flush()
    assert (*begun, *rest) == recognizer(waveform, sample_rate=RATE).hops


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((None,), ConfigError),
        (("44100",), ConfigError),
        ((16,), AudioError),
        ((RATE, 0), ConfigError),
        ((RATE, "2"), ConfigError),
        ((RATE, 65), AudioError),
    ],
)
def test_a_stream_that_cannot_be_is_refused(recognizer, arguments, kind):
    with pytest.raises(kind):
        recognizer.stream(*arguments)


def test_an_endless_stream_takes_no_more_memory_than_a_short_one(recognizer):
    second = np.zeros(RATE, np.int16)

    def peak_bytes(seconds):
        stream = recognizer.stream(RATE)
        tracemalloc.start()
        for _ in range(seconds):
            stream.feed(second)
        now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert now < 4 * 10 * RATE  # the ten seconds that it began with are gone
        return peak

    assert peak_bytes(600) < 1.1 * peak_bytes(60)

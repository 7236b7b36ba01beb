"""What nobody says is no emotion, with every model that comes with the package."""

import numpy as np
import pytest

import lightspeech
from lightspeech import bundle
from lightspeech.corpora import synthetic
from lightspeech.errors import LightspeechWarning
from lightspeech.inference import answers

RATE = 16_000


def chord(t):
    notes = (220, 277.2, 329.6)
    return 0.1 * sum(np.sin(2 * np.pi * f * k * t) / k for f in notes for k in (1, 2, 3))


def hum(t):
    return 0.05 * sum(np.sin(2 * np.pi * 50 * k * t + k) / k for k in range(1, 12))


SOUNDS = {
    "silence": np.zeros_like,
    "dither": lambda t: np.random.default_rng(0).integers(-1, 2, len(t)) / 32_768,
    "offset": lambda t: np.full_like(t, 0.3),
    "tone": lambda t: 0.5 * np.sin(2 * np.pi * 440 * t),
    "hiss": lambda t: 0.1 * np.random.default_rng(1).standard_normal(len(t)).clip(-9, 9),
    "faint hiss": lambda t: 1e-3 * np.random.default_rng(2).standard_normal(len(t)),
    "hum": hum,
    "chord": chord,
}


@pytest.fixture(scope="module", params=bundle.shipped())
def recognizer(request):
    return lightspeech.load(request.param)


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voice")
    cfg = synthetic.Config(speakers=2, sentences=1, seed=7, root=folder)
    paths = [utterance.path for utterance in synthetic.read(cfg).utterances]
    return [lightspeech.read_audio(path) for path in paths]


def sound(kind, seconds):
    return SOUNDS[kind](np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.01, 0.5, 3, 14])
@pytest.mark.parametrize("kind", SOUNDS)
def test_a_sound_without_speech_has_no_emotion(recognizer, kind, seconds):
    answer = recognizer(sound(kind, seconds), sample_rate=RATE)
    assert (answer.label, answer.uncertain) == (answers.NONE, False)
    assert answer.speech == 0
    assert {segment.label for segment in answer.segments} == {answers.NONE}
    assert set(answer.probabilities) == set(recognizer.labels)


def test_a_voice_is_heard_however_quiet(recognizer, voice):
    for gain_db in (0, -40, -60):
        for waveform in voice:
            answer = recognizer(waveform * np.float32(10 ** (gain_db / 20)), sample_rate=RATE)
            assert answer.label != answers.NONE
            assert answer.speech > 0.4


def test_opposite_channels_cancel_to_nothing(recognizer, voice):
    stereo = np.stack([voice[0], -voice[0]], axis=1)
    with pytest.warns(LightspeechWarning, match="cancel"):
        answer = recognizer(stereo, sample_rate=RATE)
    assert answer.label == answers.NONE


@pytest.mark.parametrize("whole", [False, True])
def test_a_muted_part_counts_for_nothing(recognizer, voice, whole):
    spoken = np.concatenate(voice)
    muted = np.zeros(15 * RATE, np.float32)
    call = np.concatenate([spoken, muted, spoken])
    answer = recognizer(call, sample_rate=RATE, whole=whole)
    assert answer.label != answers.NONE
    share = 2 * len(spoken) / len(call)
    assert answer.speech == pytest.approx(share, abs=0.25)
    if not whole:
        begin_s, end_s = len(spoken) / RATE, (len(spoken) + len(muted)) / RATE
        inside = [h for h in answer.hops if h.start_s > begin_s + 1 and h.end_s < end_s - 1]
        assert len(inside) >= 10
        assert {hop.label for hop in inside} == {answers.NONE}
        rows = [list(hop.probabilities.values()) for hop in answer.hops if hop.label != "none"]
        weights = [h.end_s - h.start_s for h in answer.hops if h.label != "none"]
        mean = np.average(rows, axis=0, weights=weights)
        np.testing.assert_allclose(list(answer.probabilities.values()), mean)


def test_a_stream_says_the_same(recognizer, voice):
    call = np.concatenate([*voice, np.zeros(8 * RATE, np.float32), voice[0]])
    stream = recognizer.stream(RATE)
    segments = [segment for part in np.array_split(call, 97) for segment in stream.feed(part)]
    segments += stream.flush()
    answer = recognizer(call, sample_rate=RATE)
    assert tuple(segments) == answer.hops
    assert {answers.NONE} < {segment.label for segment in segments}

from dataclasses import replace

import numpy as np
import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends import hidden_states, mel, mel_features, pair_inputs
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.encoder import Config
from lightspeech.frontends.hidden_states import HiddenStates
from lightspeech.frontends.known_speaker import KnownSpeaker, know
from lightspeech.frontends.mel_features import MelFeatures

N = 8
SPEAKERS = [f"toy/{row % 2}" for row in range(N)]
FRONT = MelConfig(n_mels=4)


def utterances(speakers=SPEAKERS):
    return [
        Utterance(id=f"toy/{n}", path=None, corpus="toy", speaker=speaker, emotion="sad")
        for n, speaker in enumerate(speakers)
    ]


@pytest.fixture
def encoded(tmp_path):
    """Hidden states of two speakers, one far off and wide."""
    rng = np.random.default_rng(0)
    files = tuple(tmp_path / f"{row}.npy" for row in range(N))
    for row, file in enumerate(files):
        states = rng.normal(size=(10 + row, 4)) * (1 + 4 * (row % 2)) + 20 * (row % 2)
        np.save(file, states.astype(np.float16))
    return HiddenStates(Config(first=1, last=1, width=4), files)


@pytest.fixture
def features():
    rng = np.random.default_rng(1)
    offsets = np.arange(N + 1) * 6
    level = np.repeat(np.arange(N) % 2, 6)[:, None]
    frames = (rng.normal(size=(6 * N, 4)) + 5 * level).astype(np.float32)
    windows = np.repeat(frames.reshape(N, 6, 4), 2, 0)
    return MelFeatures(FRONT, frames, offsets, windows, np.arange(N + 1) * 2)


@pytest.mark.parametrize("speaker", [0, 1])
def test_every_speaker_ends_with_mean_0_and_deviation_1(encoded, speaker, monkeypatch):
    monkeypatch.setattr(hidden_states, "BATCH", 3)
    known = know(encoded, SPEAKERS)
    rows = np.arange(speaker, N, 2)
    parts = list(known.measure(rows))
    assert [len(part) for part in parts] == [3, 1]
    frames = torch.cat([part[(part != 0).any(2)] for part in parts])
    torch.testing.assert_close(frames.mean(0), torch.zeros(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(frames.std(0, correction=0), torch.ones(4), atol=1e-3, rtol=0)


def test_frames_behind_an_utterance_stay_zeros(encoded):
    known = know(encoded, SPEAKERS)
    rows = np.array([0, 7])
    [part] = known.measure(rows)
    assert (part[0, 10:] == 0).all()
    assert (part[0, :10] != 0).any(1).all()


def test_training_batches_are_standardized_and_else_the_same(encoded):
    known = know(encoded, SPEAKERS)
    of = Order(np.arange(N), batch_size=3, seed=0), torch.arange(N), Augment(time_masks=0)
    plain, made = encoded.train(*of), known.train(*of)
    assert len(made) == len(plain)
    for one, other in zip(plain.epoch(2), made.epoch(2), strict=True):
        assert torch.equal(one.rows, other.rows)
        torch.testing.assert_close(other.features, known.standardize(one.features, one.rows))
        assert other.features.abs().max() < 6


def test_log_bands_are_standardized_window_by_window(features, monkeypatch):
    monkeypatch.setattr(mel_features, "BATCH", 3)
    known = know(features, SPEAKERS)
    rows = np.array([3, 0])
    first, last = known.measure(rows)
    own = features.frames.reshape(N, 6, 4)[1::2].reshape(-1, 4)
    expected = (features.windows[6] - own.mean(0)) / own.std(0)
    np.testing.assert_allclose(first[0], expected, atol=1e-4)
    own = torch.from_numpy(features.windows[1])
    torch.testing.assert_close(last[0], (own - known.mean[0]) / known.deviation[0])


def test_a_feature_that_never_moves_stays_finite(features):
    features.frames[:, 2] = -7.0
    known = know(features, SPEAKERS)
    made = known.standardize(torch.full((1, 3, 4), -7.0), torch.tensor([1]))
    assert torch.isfinite(made).all()
    assert (made[..., 2] == 0).all()


def test_an_unknown_speaker_is_refused(tmp_path):
    front = KnownSpeaker(mel.build(FRONT, windows=Windows()))
    with pytest.raises(ConfigError, match=r"needs speakers, that of toy/3 is unknown"):
        front.open(utterances([*SPEAKERS[:3], "", *SPEAKERS[4:]]), tmp_path)


def test_a_front_end_of_known_speakers_computes_and_knows_all_of_a_corpus(tmp_path, write_tone):
    """Their voices are taken out of what the front end gives; what it says of itself stays."""
    stranger = mel.build(FRONT, windows=Windows(window_s=0.2, hop_s=0.1))
    front = KnownSpeaker(stranger)
    told = []
    corpus = [
        replace(
            utterance,
            path=write_tone(tmp_path / f"{row}.wav", seconds=0.5, hertz=200 + 90 * row),
            audio_hash=f"{row}",
        )
        for row, utterance in enumerate(utterances())
    ]
    found = front.open(corpus, tmp_path / "cache", step=lambda: told.append(1))
    assert len(told) == N
    expected = know(stranger.open(corpus, tmp_path / "cache"), SPEAKERS)
    torch.testing.assert_close(found.read(3), expected.read(3))
    assert torch.equal(front.example(), stranger.example())
    assert (front.n_features, front.sample_rate, front.scheme, front.tuned) == (
        4,
        16_000,
        "fp32",
        0,
    )
    assert list(front.layer(any_length=True).sources) == ["features"]


def test_a_pair_gives_no_voice_to_know(tmp_path):
    both = pair_inputs.PairInputs(None, None)
    with pytest.raises(ConfigError, match="of one front end, not of a pair; set normalisation"):
        know(both, ["toy/a"])

import numpy as np
import pytest
import torch

from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, LightspeechWarning
from lightspeech.frontends import augment, bends, mel, mel_features, waveform
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.bends import excerpt, room, rumble, telephone

RATE = 16_000
CFG, WINDOWS = MelConfig(n_mels=16), Windows(window_s=0.3, hop_s=0.3)
STILL = {
    "shift": 0, "stretch": 0, "semitones": 0, "gain_db": 0, "noise_probability": 0,
    "time_masks": 0, "band_masks": 0,
}  # fmt: skip


def drawn():
    return bends.generator("a/1", "any")


def spectrum(sound):
    return np.abs(np.fft.rfft(sound)) ** 2, np.fft.rfftfreq(len(sound), 1 / RATE)


@pytest.fixture(scope="module")
def hiss():
    return np.float32(np.random.default_rng(0).normal(0, 0.1, 2 * RATE))


def test_a_telephone_passes_its_band_alone(hiss):
    power, hertz = spectrum(telephone.bend(hiss, RATE, drawn()))
    before, _ = spectrum(hiss)
    gain_db = 10 * np.log10(power / before)
    inside = (hertz > 600) & (hertz < 2700)
    assert abs(np.median(gain_db[inside])) < 0.5
    assert np.median(gain_db[(hertz > 20) & (hertz < 80)]) < -15
    assert np.median(gain_db[hertz > 4100]) < -30


def test_the_a_law_errs_by_one_part_in_forty_five():
    sound = np.geomspace(1 / telephone.A, 1, 1000) * np.tile([1, -1], 500)
    error = np.abs(telephone.companded(sound) / sound - 1)
    assert 0.01 < error.max() < 1 / 45
    assert not telephone.companded(np.zeros(3)).any()


def test_a_room_goes_on_after_the_voice():
    click = np.zeros(RATE, np.float32)
    click[1000] = 0.5
    heard = room.bend(click, RATE, drawn())
    energy = [float((heard[at : at + 1600] ** 2).sum()) for at in (1200, 2800, 4400, 6000)]
    assert energy == sorted(energy, reverse=True)
    assert energy[0] > 20 * energy[3] > 0
    assert np.abs(heard[:1000]).max() < 1e-5


def test_an_excerpt_is_a_part_of_where_somebody_speaks():
    time = np.arange(6 * RATE) / RATE
    speech = np.float32(np.sin(2 * np.pi * 200 * time) * (abs(time - 4) < 1))
    lengths, places = set(), set()
    for number in range(40):
        part = excerpt.bend(speech, RATE, np.random.default_rng(number))
        [start] = [
            n for n in range(0, 6 * RATE, 800) if np.array_equal(speech[n:][: len(part)], part)
        ]
        assert 0.6 <= len(part) / RATE <= 1.5
        assert (part**2).sum() > 0.24 * min((speech**2).sum(), len(part) / 2)
        lengths.add(len(part))
        places.add(start)
    assert len(lengths) == 40
    assert len(places) > 10


def test_rumble_is_deep_and_leaves_the_power_alone(hiss):
    bent = rumble.bend(hiss, RATE, drawn())
    assert (bent**2).mean() == pytest.approx((hiss**2).mean(), rel=0.01)
    (power, hertz), (before, _) = spectrum(bent), spectrum(hiss)
    assert power[hertz < 60].sum() > 5 * before[hertz < 60].sum()
    assert power[hertz > 4000].sum() < before[hertz > 4000].sum()


@pytest.fixture
def utterances(tmp_path, write_tone):
    return [
        Utterance(
            id=f"toy/{row}", corpus="toy", speaker="toy/a", emotion="sad", audio_hash=f"{row}",
            path=write_tone(tmp_path / f"{row}.wav", seconds=0.3 + 0.1 * row, hertz=500),
        )
        for row in range(6)
    ]  # fmt: skip


def opened(utterances, folder, cfg):
    return mel.build(CFG, windows=WINDOWS, augment=cfg).open(utterances, folder / "cache")


def epoch(utterances, folder, shares):
    cfg = Augment(**STILL, bends=shares)
    order = Order(np.arange(len(utterances)), batch_size=3, seed=1)
    made = opened(utterances, folder, cfg).train(order, torch.arange(len(utterances)), cfg)
    return [(part.rows, part.features) for part in made.epoch(0)]


def of_the_middle(utterance, bend):
    """Features of the window in the middle of a recording that is bent."""
    sound = io.load(utterance.path, RATE)
    if bend is not None:
        sound = bend(sound, RATE, bends.generator(utterance.id, "telephone"))
    whole = frontend.log_bands(sound, CFG)
    n = mel.build(CFG, windows=WINDOWS).n_frames
    start = (len(whole) - n) / 2
    low, share = int(start), start - int(start)
    ahead = np.vstack([whole[low + 1 :], whole[-1:]])[:n] if share else whole[low:][:n]
    return (1 - share) * whole[low:][:n] + share * ahead


@pytest.mark.parametrize(("share", "bend"), [(1.0, telephone.bend), (0.0, None)])
def test_examples_are_made_of_the_bent_recordings_in_their_share(utterances, tmp_path, share, bend):
    for rows, features in epoch(utterances, tmp_path, {"telephone": share, "room": 0.0}):
        for row, found in zip(rows, features, strict=True):
            expected = of_the_middle(utterances[row], bend)
            np.testing.assert_allclose(found[1:-1], expected[1:-1], atol=0.05)


def test_versions_come_in_their_shares_and_each_epoch_anew():
    found = augment.versions(20_000, {"a": 0.2, "b": 0.05}, seed=3, epoch=0)
    shares = torch.bincount(found) / len(found)
    torch.testing.assert_close(shares, torch.tensor([0.75, 0.2, 0.05]), atol=0.01, rtol=0)
    assert torch.equal(found, augment.versions(20_000, {"a": 0.2, "b": 0.05}, seed=3, epoch=0))
    assert not torch.equal(found, augment.versions(20_000, {"a": 0.2, "b": 0.05}, 3, 1))
    assert not augment.versions(100, {}, seed=0, epoch=0).any()


def test_what_is_measured_is_never_bent(utterances, tmp_path):
    plain = opened(utterances, tmp_path, Augment())
    bent = opened(utterances, tmp_path, Augment(bends={"rumble": 1.0}))
    rows = np.arange(len(utterances))
    for one, other in zip(plain.measure(rows), bent.measure(rows), strict=True):
        assert torch.equal(one, other)


def test_bends_are_computed_once_and_anew_where_damaged(utterances, tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr(room, "bend", lambda sound, *_: heard.append(1) or sound)
    for _ in range(2):
        mel_features.load(utterances, CFG, WINDOWS, tmp_path, bent=["room"])
    assert len(heard) == len(utterances)
    (file,) = tmp_path.rglob("offsets-room-*.npy")
    file.write_bytes(b"nothing")
    with pytest.warns(LightspeechWarning, match="damaged"):
        mel_features.load(utterances, CFG, WINDOWS, tmp_path, bent=["room"])
    assert len(heard) == 2 * len(utterances)


@pytest.mark.parametrize(
    ("shares", "told"),
    [({"telefone": 0.1}, "no bend is called 'telefone'"), ({"room": 0.7, "rumble": 0.4}, "add up")],
)
def test_bends_that_cannot_be_are_refused(shares, told):
    with pytest.raises(ConfigError, match=told):
        Augment(bends=shares)


def test_what_keeps_nothing_bends_nothing_beforehand():
    with pytest.raises(ConfigError, match=r"augment\.bends are of what is kept"):
        waveform.build(waveform.Config(), windows=Windows(), augment=Augment(bends={"room": 0.1}))

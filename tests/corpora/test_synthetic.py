import hashlib
import json

import numpy as np
import pytest
import soundfile

from lightspeech.corpora import synthetic
from lightspeech.corpora import synthetic_voice as voice
from lightspeech.errors import ConfigError, CorpusError

SMALL = {"speakers": 2, "sentences": 1}


def contents(root):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*.*"))}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("synthetic")
    return root, synthetic.read(synthetic.Config(root=root, **SMALL))


def test_every_speaker_says_every_sentence_in_every_emotion(made):
    found = made[1].utterances
    assert len(found) == 2 * 1 * 4
    assert {u.emotion for u in found} == set(synthetic.INFO.labels)
    assert {(u.speaker, u.sex) for u in found} == {
        ("synthetic/s001", "male"),
        ("synthetic/s002", "female"),
    }


def test_only_what_it_did_not_make_is_told_as_skipped(tmp_path):
    cfg = synthetic.Config(root=tmp_path, **SMALL)
    assert synthetic.read(cfg).skipped == []
    (tmp_path / "notes.txt").touch()
    assert synthetic.read(cfg).skipped == [tmp_path / "notes.txt"]


def test_the_same_seed_gives_the_same_files_and_another_seed_others(made, tmp_path):
    for seed in (0, 1):
        synthetic.read(synthetic.Config(root=tmp_path / str(seed), seed=seed, **SMALL))
    assert contents(tmp_path / "0") == contents(made[0])
    assert contents(tmp_path / "1").keys() == contents(made[0]).keys()
    assert not set(contents(tmp_path / "1").values()) & set(contents(made[0]).values())


def test_a_killed_rendering_goes_on_where_it_stopped(tmp_path, made, monkeypatch):
    say, calls = synthetic.say, []

    def killed(*sentence):
        calls.append(sentence)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return say(*sentence)

    monkeypatch.setattr(synthetic, "say", killed)
    cfg = synthetic.Config(root=tmp_path, **SMALL)
    with pytest.raises(KeyboardInterrupt):
        synthetic.read(cfg)
    synthetic.read(cfg)
    assert len(calls) == 3 + 6  # two were done before the kill
    assert contents(tmp_path) == contents(made[0])


def test_the_rules_and_the_cues_of_each_file_are_stored(made):
    root, reading = made
    stored = json.loads((root / "rules.json").read_text())
    assert stored["rules"].keys() == synthetic.RULES.keys()
    assert stored["files"].keys() == {u.path.stem for u in reading.utterances}
    assert stored["files"]["s001_sad_001"].keys() == stored["rules"]["sad"].keys()


def test_a_root_with_another_configuration_is_refused(made):
    with pytest.raises(CorpusError, match="another synthetic corpus; name another root"):
        synthetic.read(synthetic.Config(root=made[0], seed=9, **SMALL))


def test_the_default_root_is_named_after_the_configuration(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        synthetic.make(synthetic.Config(speakers=1, sentences=1, seed=seed))
    assert len(list((tmp_path / "cache").glob("synthetic-*"))) == 2


def test_without_spread_each_emotion_keeps_its_place_in_loudness(tmp_path):
    cfg = synthetic.Config(root=tmp_path, spread=0.0, **SMALL)
    level = {
        u.emotion: np.sqrt(np.mean(soundfile.read(u.path)[0] ** 2))
        for u in synthetic.read(cfg).utterances
        if u.speaker == "synthetic/s001"
    }
    assert level["angry"] > level["happy"] > level["neutral"] > level["sad"]


@pytest.mark.parametrize("field", ["speakers", "sentences"])
@pytest.mark.parametrize("value", [0, 1000])
def test_a_corpus_that_cannot_be_is_refused(field, value):
    with pytest.raises(ConfigError, match="1 to 999"):
        synthetic.Config(**{field: value})


SPEAKER = voice.Speaker(f0_hz=120, tract=1.0, loudness_db=0, rate=1.0, expression=1.0)
FLAT = {
    "pitch_st": 0, "range_st": 1e-6, "loudness_db": 0, "rate": 1.0, "tilt_db": 0, "jitter": 0.0,
}  # fmt: skip


def voiced(**cues):
    rng = np.random.default_rng(0)
    return voice.say(voice.sentence(rng), SPEAKER, voice.Cues(**{**FLAT, **cues}), rng)


def periods(waveform):
    """Pitch period in samples of the middle of each 64 ms frame, by autocorrelation."""
    frames = np.lib.stride_tricks.sliding_window_view(waveform, 1024)[::512]
    loud = frames[np.sqrt((frames**2).mean(1)) > 0.5 * np.sqrt((waveform**2).mean())]
    power = np.abs(np.fft.rfft(loud, 2048)) ** 2
    return np.fft.irfft(power)[:, 40:300].argmax(1) + 40


@pytest.mark.parametrize("semitones", [-5, 0, 5])
def test_the_pitch_cue_sets_the_pitch(semitones):
    expected = 16_000 / (120 * 2 ** (semitones / 12))
    assert np.median(periods(voiced(pitch_st=semitones))) == pytest.approx(expected, rel=0.02)


def test_the_range_cue_widens_the_intonation():
    assert np.std(np.log(periods(voiced(range_st=4)))) > 2 * np.std(np.log(periods(voiced())))


def test_the_loudness_cue_sets_the_level():
    louder = 20 * np.log10(np.std(voiced(loudness_db=6)) / np.std(voiced()))
    assert louder == pytest.approx(6, abs=0.1)


def test_the_rate_cue_shortens_the_sentence():
    silence = 2 * voice.SILENCE_S * voice.SAMPLE_RATE
    assert (len(voiced()) - silence) / (len(voiced(rate=2.0)) - silence) == pytest.approx(2, 0.01)


def test_the_tilt_cue_brightens_the_voice():
    def brightness(waveform):
        power = np.abs(np.fft.rfft(waveform)) ** 2
        return power[len(power) // 4 :].sum() / power.sum()

    assert brightness(voiced(tilt_db=3)) > 2 * brightness(voiced())


def test_the_jitter_cue_makes_periods_uneven():
    def unevenness(jitter):
        pulses = voice.pulses(np.full(16_000, 100.0), jitter, np.random.default_rng(0))
        closures = np.flatnonzero((pulses < 0) & (np.roll(pulses, 1) >= 0))
        return np.std(np.diff(closures))

    assert unevenness(0.03) > 3 * unevenness(0.0)


def test_formants_ring_where_they_are_put():
    click = np.zeros(8000)
    click[4000] = 1.0
    formants = np.array([[500.0, 1500.0, 2500.0, 3500.0]] * 2)
    spectrum = np.abs(np.fft.rfft(voice.resonate(click, np.array([0.0, 1.0]), formants, 0.0)))
    hertz = np.fft.rfftfreq(8000, 1 / 16_000)
    for formant in formants[0]:
        near = abs(hertz - formant) < 300
        assert hertz[near][spectrum[near].argmax()] == pytest.approx(formant, rel=0.01)


def test_cues_that_carry_no_label_are_as_in_neutral_speech():
    cfg = synthetic.Config(speakers=1, sentences=1, spread=0, cues=("pitch_st",))
    files = synthetic.describe(cfg)["files"]
    angry, neutral = files["s001_angry_001"], files["s001_neutral_001"]
    assert angry["pitch_st"] != neutral["pitch_st"]
    assert {**angry, "pitch_st": neutral["pitch_st"]} == neutral


def test_a_cue_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="no cue 'pitch'"):
        synthetic.Config(cues=("pitch",))

"""What is measured of a voice is what was put into it, at any pitch, level and rate."""

import numpy as np
import pytest
import soundfile

from lightspeech.audio import io, measures, psola
from lightspeech.audio.pitch import SAMPLE_RATE


def buzz(hertz, *, snr_db=60.0, rate=SAMPLE_RATE, level=0.1):
    """A second of harmonics that fall by 6 dB an octave, and noise."""
    time = np.arange(rate) / rate
    rng = np.random.default_rng(0)
    voice = sum(np.cos(2 * np.pi * hertz * k * time + k * k) / k for k in range(1, 5000 // hertz))
    noise = rng.normal(size=SAMPLE_RATE).repeat(rate // SAMPLE_RATE)
    both = voice / voice.std() + 10 ** (-snr_db / 20) * noise / noise.std()
    return (level * both / both.std()).astype(np.float32)


def measured(waveform):
    return dict(zip(measures.UNITS, measures.measure(psola.analyse(waveform)), strict=True))


@pytest.mark.parametrize("hertz", [100, 200, 300])
@pytest.mark.parametrize("snr_db", [10, 20])
@pytest.mark.parametrize("level", [0.1, 0.001])
def test_harmonicity_is_that_of_the_noise_at_any_pitch_and_level(hertz, snr_db, level):
    found = measured(buzz(hertz, snr_db=snr_db, level=level))
    assert found["harmonicity"] == pytest.approx(snr_db, abs=0.6)
    assert found["pitch"] == pytest.approx(12 * np.log2(hertz / 100), abs=0.05)


def test_loudness_alone_follows_the_level():
    loud, faint = measured(buzz(150, level=0.1)), measured(buzz(150, level=0.001))
    assert loud["loudness"] - faint["loudness"] == pytest.approx(40, abs=0.1)
    for name in measures.UNITS.keys() - {"loudness"}:
        assert loud[name] == pytest.approx(faint[name], abs=0.1), name


def test_the_rate_of_a_file_is_no_cue(tmp_path):
    found = []
    for rate in (16_000, 48_000):
        path = tmp_path / f"{rate}.wav"
        soundfile.write(path, buzz(150, rate=rate), rate, subtype="FLOAT")
        found.append(measured(io.load(path, SAMPLE_RATE)))
    for name, unit in measures.UNITS.items():
        assert found[0][name] == pytest.approx(found[1][name], abs=0.5), (name, unit)

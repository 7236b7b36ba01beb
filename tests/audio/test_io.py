import io as streams
import math
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from lightspeech.audio.io import inspect, load, sped_up, stream
from lightspeech.errors import AudioError

RATE = 16_000


def tone(seconds=0.3, rate=RATE, channels=1):
    """A decaying 300 Hz tone in 16-bit steps, the same in all channels."""
    time = np.arange(round(seconds * rate)) / rate
    wave = 0.5 * np.sin(2 * np.pi * 300 * time) * np.exp(-time)
    return np.repeat(np.rint(wave[:, None] * 32768) / 32768, channels, 1).astype("f4")


@pytest.fixture
def save(tmp_path):
    """Write samples to an audio file and give its path."""

    def write(samples, name="voice.wav", rate=RATE, subtype=None):
        soundfile.write(tmp_path / name, samples, rate, subtype=subtype)
        return tmp_path / name

    return write


LOSSLESS = [
    ("voice.wav", "PCM_16"), ("voice.wav", "PCM_24"), ("voice.wav", "PCM_32"),
    ("voice.wav", "FLOAT"), ("voice.wav", "DOUBLE"), ("voice.flac", "PCM_16"),
    ("voice.flac", "PCM_24"), ("voice.aiff", "PCM_16"), ("voice.au", "PCM_16"),
    ("voice.caf", "PCM_16"), ("voice.w64", "PCM_16"), ("voice.rf64", "PCM_16"),
]  # fmt: skip
LOSSY = [("voice.wav", "PCM_U8"), ("voice.wav", "ULAW"), ("voice.wav", "ALAW"),
         ("voice.ogg", "VORBIS"), ("voice.ogg", "OPUS"), ("voice.mp3", None)]  # fmt: skip


@pytest.mark.parametrize(("name", "subtype"), LOSSLESS)
def test_the_same_samples_are_the_same_waveform_and_hash(save, name, subtype):
    path = save(tone(), name, subtype=subtype)
    np.testing.assert_array_equal(load(path), tone()[:, 0])
    assert inspect(path).audio_hash == inspect(save(tone(), "reference.wav")).audio_hash


@pytest.mark.parametrize(("name", "subtype"), LOSSY)
def test_lossy_formats_are_read_nearly(save, name, subtype):
    waveform = load(save(tone(), name, subtype=subtype))
    assert waveform.dtype == np.float32
    assert len(waveform) == len(tone())
    assert np.abs(waveform - tone()[:, 0]).mean() < 0.03


@pytest.mark.parametrize("rate", [1_000, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_channels_become_16_khz_mono(save, rate, channels):
    samples = tone(0.5, rate, channels)
    waveform = load(save(samples, rate=rate))
    expected = np.clip(soxr.resample(samples[:, 0], rate, RATE), -1, 1)
    np.testing.assert_allclose(waveform, expected, atol=1e-5)


def test_channels_are_averaged(save):
    samples = np.stack((np.full(1000, 0.5), np.full(1000, -0.25)), 1)
    np.testing.assert_array_equal(load(save(samples)), np.full(1000, 0.125, np.float32))


def test_blocks_joined_are_what_load_gives(save):
    path = save(tone(7, 44_100), rate=44_100)
    blocks = list(stream(path))
    assert len(blocks) > 3
    np.testing.assert_array_equal(np.concatenate(blocks), load(path))
    np.testing.assert_array_equal(load(streams.BytesIO(path.read_bytes())), load(path))


def test_length_and_rate_are_told(save):
    info = inspect(save(tone(0.25, 48_000), rate=48_000))
    assert (info.duration_s, info.sample_rate) == (0.25, 48_000)


def test_one_changed_sample_is_another_hash(save):
    changed = tone()
    changed[100] += 1 / 32768
    assert inspect(save(tone())).audio_hash != inspect(save(changed)).audio_hash


def test_decoders_that_overshoot_full_scale_are_clipped(save):
    waveform = load(save(tone() * 2.5, subtype="FLOAT"))
    assert np.abs(waveform).max() == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [(math.nan, "NaN or Inf"), (-math.inf, "NaN or Inf"), (20_000.0, "samples reach 20000")],
)
@pytest.mark.parametrize("read", [inspect, load])
def test_samples_that_are_no_waveform_are_refused(save, read, value, message):
    samples = tone()
    samples[-1] = value
    with pytest.raises(AudioError, match=f"voice.wav: .*{message}"):
        read(save(samples, subtype="FLOAT"))


TRUNCATED = ["voice.wav", "voice.flac", "voice.aiff", "voice.au", "voice.w64", "voice.rf64",
             "voice.caf", "voice.ogg"]  # fmt: skip


@pytest.mark.parametrize("part", [0.5, 0.95])
@pytest.mark.parametrize("name", TRUNCATED)
@pytest.mark.parametrize("read", [inspect, load])
def test_a_truncated_file_is_refused(save, read, name, part):
    path = save(tone(0.5), name)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(AudioError, match=f"{name}: "):
        read(path)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("part", [0.5, 0.9, 0.999])
def test_an_ogg_file_of_many_pages_is_refused_when_cut(save, subtype, part):
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 20 * RATE)
    path = save(noise, "voice.ogg", subtype=subtype)
    assert len(load(path)) == len(noise)
    content = path.read_bytes()[: int(path.stat().st_size * part)]
    path.write_bytes(content)
    with pytest.raises(AudioError, match="voice.ogg: cut short"):
        load(path)
    with pytest.raises(AudioError, match="audio stream: cut short"):
        load(streams.BytesIO(content))


def patch(path, at, data):
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("at", "data", "message"),
    [
        (24, bytes(4), "not readable as audio"),  # 0 Hz
        (24, b"\xff\xff\xff\x7f", "2147483647 Hz; allowed are 1000 to 768000 Hz"),
        (24, b"\x01\0\0\0", "1 Hz; allowed"),
        (22, bytes(2), "not readable as audio"),  # 0 channels
        (22, b"\x41\0", "65 channels; allowed are 1 to 64"),
    ],
)
def test_an_absurd_header_is_refused(save, at, data, message):
    with pytest.raises(AudioError, match=message):
        load(patch(save(tone()), at, data))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.wav", b"", "the file is empty"),
        ("text.wav", b"hello world " * 99, "not readable as audio"),
        ("bare.raw", bytes(1000), "not readable as audio"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(500), "not readable as audio"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AudioError, match=f"{name}: {message}"):
        load(tmp_path / name)


@pytest.mark.parametrize("n_samples", [0, 1, 159])
def test_less_than_ten_milliseconds_is_refused(save, n_samples):
    with pytest.raises(AudioError, match=f"{n_samples} samples at 16000 Hz; at least 0.01 s"):
        load(save(tone()[:n_samples]))


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing.wav", "no such file; check the path"), (".", "no file but a folder")],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_a_missing_file_is_named(tmp_path, name, message, kind):
    with pytest.raises(AudioError, match=message):
        load(kind(tmp_path / name))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_called_one_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AudioError, match="no file but a pipe or a device; give predict its sound"):
        load(tmp_path / "pipe")


@pytest.mark.parametrize("read", [inspect, load, lambda path: np.concatenate(list(stream(path)))])
def test_a_path_may_be_a_text(save, read):
    path = save(tone())
    assert np.array_equal(read(str(path)), read(path))


def test_an_hour_is_inspected_in_the_memory_of_a_minute(save):
    def peak_bytes(seconds):
        path = save(np.zeros(seconds * 1_000, np.int16), f"{seconds}.flac", rate=1_000)
        tracemalloc.start()
        assert inspect(path).duration_s == seconds
        assert sum(map(len, stream(path, 2_000))) == 2_000 * seconds
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert peak_bytes(3_600) < 1.1 * peak_bytes(240)


def test_a_file_without_the_right_to_read_is_named(save, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    path = save(tone())
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(AudioError, match=r"voice.wav: cannot be read \(Permission denied\)"):
        load(path)


@pytest.mark.parametrize("rate", [0.8, 1.0, 1.25])
def test_played_faster_it_is_shorter_and_higher(rate):
    played = sped_up(tone()[:, 0], rate)
    assert len(played) == pytest.approx(0.3 * RATE / rate, abs=1)
    assert played.dtype == np.float32
    loudest = np.abs(np.fft.rfft(played, RATE)).argmax()  # bins of one hertz
    assert loudest == pytest.approx(300 * rate, abs=2)

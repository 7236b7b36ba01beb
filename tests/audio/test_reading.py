import io
import os
import threading
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightspeech import Channel, channels, read_audio
from lightspeech.audio.containers.links import read_at
from lightspeech.errors import AudioError, ConfigError, LightspeechWarning

RATE = 44_100


@pytest.fixture
def file(tmp_path):
    seconds = np.arange(RATE) / RATE
    tone = np.stack((0.5 * np.sin(900 * seconds), 0.2 * np.cos(2_000 * seconds)), 1)
    soundfile.write(tmp_path / "a.wav", tone, RATE, "PCM_16")
    return tmp_path / "a.wav"


def piped(path):
    """Open a pipe that somebody writes a file into: it cannot seek."""
    reader, writer = os.pipe()

    def write():
        with open(writer, "wb") as end:
            end.write(path.read_bytes())

    threading.Thread(target=write).start()
    return open(reader, "rb")


FORMS = {
    "text": str,
    "path": Path,
    "bytes": Path.read_bytes,
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memoryview": lambda path: memoryview(path.read_bytes()),
    "memory": lambda path: io.BytesIO(path.read_bytes()),
    "file": lambda path: path.open("rb"),
    "pipe": piped,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_in_every_form(file, form):
    samples, rate = soundfile.read(file, dtype="int16")
    audio = FORMS[form](file)
    with audio if hasattr(audio, "close") else nullcontext():
        waveform = read_audio(audio)
    assert waveform.shape == (16_000,)
    np.testing.assert_array_equal(waveform, read_audio(samples, sample_rate=rate))


def test_the_rate_may_be_chosen_and_is_left_alone_where_it_fits(file):
    samples, _ = soundfile.read(file, dtype="float32")
    np.testing.assert_array_equal(read_audio(file, RATE), samples.mean(1))
    assert len(read_audio(file, 8_000)) == 8_000


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        ([0.0] * 999, "audio is a list; give a path, .* or a NumPy array with sample_rate="),
        (None, "audio is a NoneType"),
        (16_000, "audio is a int"),
        (io.StringIO("text"), "opened as text; open it with 'rb'"),
        (np.zeros(RATE), "add it in Hz, as in sample_rate=16000"),
    ],
)
def test_what_is_no_audio_is_refused(audio, message):
    with pytest.raises(ConfigError, match=message):
        read_audio(audio)


def test_a_closed_file_is_refused(file):
    closed = file.open("rb")
    closed.close()
    with pytest.raises(ConfigError, match="a file that was closed; open it again"):
        read_audio(closed)


def test_a_rate_beside_a_file_is_refused(file):
    with pytest.raises(ConfigError, match="which tells its own; leave it out"):
        read_audio(file, sample_rate=RATE)


@pytest.mark.parametrize("audio", [b"", b"noise " * 500, "none.wav", Path("none.wav"), "a\0b.wav"])
def test_what_cannot_be_decoded_is_refused(audio):
    with pytest.raises(AudioError):
        read_audio(audio)


def test_a_recording_is_taken_apart_in_every_form(tmp_path):
    left, right = np.full(1_000, 0.5, np.float32), np.full(1_000, -0.25, np.float32)
    stereo = np.stack((left, right), 1)
    soundfile.write(tmp_path / "call.wav", stereo, 16_000)
    content = (tmp_path / "call.wav").read_bytes()
    for audio in (tmp_path / "call.wav", content, io.BytesIO(content)):
        one, two = map(read_audio, channels(audio))
        np.testing.assert_array_equal((one, two), (left, right))
    one, two = (read_audio(channel, sample_rate=16_000) for channel in channels(stereo))
    np.testing.assert_array_equal((one, two), (left, right))


def test_a_channel_that_is_not_there_is_named():
    with pytest.raises(AudioError, match="array: no channel 3; it has 1"):
        read_audio(Channel(np.zeros(1_000), 3), sample_rate=16_000)


@pytest.mark.parametrize(("second", "is_warned"), [(-1.0, True), (-0.7, True), (0.0, False)])
def test_a_mix_twelve_decibels_below_its_channels_is_warned_of(second, is_warned):
    tone = 0.3 * np.sin(np.arange(8_000) / 5)
    stereo = np.stack((tone, second * tone), 1)
    with pytest.warns(LightspeechWarning, match="cancel") if is_warned else nullcontext():
        read_audio(stereo, sample_rate=16_000)


def test_a_sample_dump_is_refused_before_a_library_prints_of_it(tmp_path, capfd):
    soundfile.write(tmp_path / "a.sds", np.zeros(4_000), 16_000, format="SDS")
    (tmp_path / "a.sds").write_bytes((tmp_path / "a.sds").read_bytes()[:-200])
    with pytest.raises(AudioError, match="a MIDI sample dump"):
        read_audio(tmp_path / "a.sds")
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("lengths", [b"\x81\x82\x83\x84\x85\x06", b"\x10\x81"])
def test_a_damaged_table_of_packets_is_refused_before_a_library_prints_of_it(
    lengths, tmp_path, capfd
):
    path = tmp_path / "a.caf"
    soundfile.write(path, np.zeros(40_000), 16_000, format="CAF", subtype="ALAC_16")
    assert len(read_audio(path)) == 40_000
    content = path.read_bytes()
    at = content.index(b"pakt")
    told = content[at + 4 : at + 12]
    end = at + 12 + int.from_bytes(told, "big")
    path.write_bytes(content[: end - len(lengths)] + lengths + content[end:])
    with pytest.raises(AudioError, match="damaged, its table of packets cannot be read"):
        read_audio(path)
    assert capfd.readouterr().out == ""


def test_beyond_the_end_of_a_file_is_nothing():
    assert read_at(io.BytesIO(b"abc"), 1 << 70, -1) == b""

"""What phones, browsers and messengers write, made here by PyAV itself."""

import io as streams
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile

from lightspeech.audio.io import inspect, load, stream
from lightspeech.errors import AudioError

RATE = 16_000
KINDS = {  # format of FFmpeg, codec, rate, samples at 16 kHz by which it comes late
    "m4a": ("ipod", "aac", RATE, 0),
    "mp4": ("mp4", "aac", RATE, 0),
    "3gp": ("3gp", "libopencore_amrnb", 8_000, -20),
    "aac": ("adts", "aac", RATE, 1024),
    "amr": ("amr", "libopencore_amrnb", 8_000, 80),
    "webm": ("webm", "libopus", 48_000, 0),
    "mka": ("matroska", "pcm_s16le", RATE, 0),
    "wma": ("asf", "wmav2", RATE, -512),
}
TELLS_LENGTH = [name for name in KINDS if name not in ("aac", "amr")]


@pytest.fixture(scope="session")
def av():
    return pytest.importorskip("av", reason="the extra media is not installed")


def voice(seconds, rate=RATE):
    """Five syllables a second: what a shift of some milliseconds would show in."""
    time = np.arange(round(seconds * rate)) / rate
    wave = 0.4 * np.sin(2 * np.pi * (300 + 200 * np.sin(9 * time)) * time)
    return (wave * (0.5 - 0.5 * np.cos(2 * np.pi * 5 * time))).astype(np.float32)


def encode(av, kind, seconds=2.0, channels=1, options=None):
    """Write a recording; PyAV keeps the file in memory."""
    format, codec, rate, _ = KINDS[kind]
    file = streams.BytesIO()
    with av.open(file, "w", format=format, options=options or {}) as container:
        layout = "mono" if channels == 1 else "stereo"
        track = container.add_stream(codec, rate=rate, layout=layout)
        track.bit_rate = 12_200 if "amr" in codec else 64_000
        samples = np.tile(np.rint(voice(seconds, rate) * 32767).astype(np.int16), (channels, 1))
        for begin in range(0, samples.shape[1], rate):
            part = np.ascontiguousarray(samples[:, begin : begin + rate])
            frame = av.AudioFrame.from_ndarray(part, format="s16p", layout=layout)
            frame.sample_rate, frame.pts = rate, begin
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_each_format_is_heard_where_it_is_said(av, kind):
    waveform = load(streams.BytesIO(encode(av, kind)))
    assert len(waveform) == pytest.approx(2 * RATE, abs=0.15 * RATE)
    begin = RATE // 2 + KINDS[kind][-1]
    heard, said = waveform[begin:][:RATE], voice(2.0)[RATE // 2 :][:RATE]
    assert np.corrcoef(heard, said)[0, 1] > 0.8


@pytest.mark.parametrize("kind", TELLS_LENGTH)
def test_half_of_a_file_that_tells_its_length_is_refused(av, kind):
    content = encode(av, kind, 8.0)
    with pytest.raises(AudioError, match="audio stream: cut short"):
        load(streams.BytesIO(content[: len(content) // 2]))


def test_a_recorder_that_stopped_inside_a_packet_is_heard(av):
    content = encode(av, "aac", 4.0)
    assert len(load(streams.BytesIO(content[: len(content) // 2]))) > RATE


def test_a_file_damaged_in_the_middle_is_refused(av):
    content = bytearray(encode(av, "aac", 4.0))
    content[len(content) // 2 : len(content) // 2 + 100] = bytes(range(100))
    with pytest.raises(AudioError, match="damaged"):
        load(streams.BytesIO(bytes(content)))


@pytest.mark.parametrize("name", ["call.m4a", "browser.wav", "phone.mp3", "noname"])
def test_a_name_decides_nothing(av, tmp_path, name):
    (tmp_path / name).write_bytes(encode(av, "m4a"))
    assert inspect(tmp_path / name).duration_s == pytest.approx(2.0, abs=0.1)


def test_blocks_joined_are_what_load_gives_and_channels_are_averaged(av):
    content = encode(av, "webm", 8.0, channels=2)
    blocks = list(stream(streams.BytesIO(content)))
    assert len(blocks) > 3
    whole = load(streams.BytesIO(content))
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    one = load(streams.BytesIO(encode(av, "webm", 8.0)))
    assert np.abs(whole - one[: len(whole)]).mean() < 0.02


def test_a_long_file_is_heard_in_the_memory_of_a_short_one(av, tmp_path):
    def peak_bytes(seconds):
        (tmp_path / "call.mka").write_bytes(encode(av, "mka", seconds))
        tracemalloc.start()
        assert inspect(tmp_path / "call.mka").duration_s == pytest.approx(seconds, abs=0.01)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert peak_bytes(120) < 1.2 * peak_bytes(30)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\nspeech.wav\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile speech.wav\n",
}


@pytest.mark.parametrize("text", PLAYLISTS.values(), ids=PLAYLISTS)
def test_a_playlist_named_like_a_recording_opens_nothing(av, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    soundfile.write("speech.wav", voice(2.0), RATE)
    (tmp_path / "call.m4a").write_text(text)
    for source in (tmp_path / "call.m4a", streams.BytesIO(text.encode())):
        with pytest.raises(AudioError, match="not readable as audio"):
            load(source)


def test_a_file_without_a_sound_track_is_refused(av):
    file = streams.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        track = container.add_stream("mpeg4", rate=5)
        track.width = track.height = 32
        for _ in range(5):
            picture = np.zeros((32, 32, 3), np.uint8)
            container.mux(track.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(track.encode(None))
    with pytest.raises(AudioError, match="holds no sound"):
        load(streams.BytesIO(file.getvalue()))


SIGNS = {
    "MP4 and M4A": b"\0\0\0\x1cftypM4A ",
    "WebM and Matroska": b"\x1a\x45\xdf\xa3",
    "AMR": b"#!AMR\n",
    "AAC": b"\xff\xf1\x60\x40",
}


@pytest.mark.parametrize("kind", SIGNS)
def test_without_the_extra_the_error_names_it(tmp_path, monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "av", None)
    path = tmp_path / "call.m4a"
    path.write_bytes(SIGNS[kind] + bytes(500))
    with pytest.raises(AudioError, match=rf"call.m4a: {kind} audio .*pip install .*media"):
        load(path)

"""What a header says of its length is held against the file."""

import contextlib
import io as streams

import numpy as np
import pytest
import soundfile

from lightspeech.audio import decoding
from lightspeech.audio.decoding import UNTOLD
from lightspeech.audio.io import inspect, load, stream
from lightspeech.errors import AudioError, LightspeechWarning

RATE = 16_000
CHUNK = b"LIST" + (600).to_bytes(4, "little") + b"INFO" + bytes(596)


def voice(seconds=2.0):
    """A tone with a little noise, in 16-bit steps."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).normal(0, 0.01, len(time))
    return np.rint((0.3 * np.sin(1400 * time) + noise) * 32768).astype(np.float32) / 32768


def encoded(format, subtype="PCM_16", samples=None, **options):
    file = streams.BytesIO()
    samples = voice() if samples is None else samples
    soundfile.write(file, samples, RATE, format=format, subtype=subtype, **options)
    return file.getvalue()


def decoded(content):
    return load(streams.BytesIO(content))


def patched(content, at, number, n_bytes, order):
    return content[:at] + number.to_bytes(n_bytes, order) + content[at + n_bytes :]


LENGTHS = {  # where the length of the sound is told
    "WAV": (lambda content: content.index(b"data") + 4, 4, "little"),
    "WAVEX": (lambda content: content.index(b"data") + 4, 4, "little"),
    "AIFF": (lambda content: content.index(b"SSND") + 4, 4, "big"),
    "AU": (lambda content: 8, 4, "big"),
    "CAF": (lambda content: content.index(b"data") + 4, 8, "big"),
    "W64": (lambda content: content.index(b"data") + 16, 8, "little"),
    "RF64": (lambda content: content.index(b"ds64") + 16, 8, "little"),
    "FLAC": (lambda content: 22, 4, "big"),
}


def with_length(format, change):
    """Encode a voice and change the length that its header tells."""
    content = encoded(format)
    find, n_bytes, order = LENGTHS[format]
    at = find(content)
    told = int.from_bytes(content[at : at + n_bytes], order)
    return patched(content, at, change(told, 8 * n_bytes), n_bytes, order)


HARMLESS = {
    "0": lambda told, bits: 0,
    "half": lambda told, bits: told // 2,
    "a header too much": lambda told, bits: told + 44,
    "five milliseconds too much": lambda told, bits: told + 80,
}
PIPED = {
    "ones": lambda told, bits: (1 << bits) - 1,
    "ones but the sign": lambda told, bits: (1 << bits - 1) - 1,
}


@pytest.mark.parametrize("length", HARMLESS | PIPED)
@pytest.mark.parametrize("format", LENGTHS)
def test_no_length_in_a_header_decides_what_is_heard(format, length):
    if format == "FLAC" and length in PIPED:
        pytest.skip("a pipe leaves 0 there")
    content = with_length(format, (HARMLESS | PIPED)[length])
    np.testing.assert_array_equal(decoded(content), voice())


@pytest.mark.parametrize("format", LENGTHS)
def test_a_header_that_promises_seconds_more_is_refused(format):
    with pytest.raises(AudioError, match="audio stream: cut short"):
        decoded(with_length(format, lambda told, bits: 2 * told))


def test_duration_is_what_decoded(tmp_path):
    (tmp_path / "half.wav").write_bytes(with_length("WAV", HARMLESS["half"]))
    assert inspect(tmp_path / "half.wav").duration_s == 2.0


@pytest.mark.parametrize("length", [0, 64_000])
def test_a_chunk_behind_the_sound_is_not_heard(length):
    content = patched(encoded("WAV"), 40, length, 4, "little") + CHUNK
    if length:
        np.testing.assert_array_equal(decoded(content), voice())
    else:  # nobody can know where the sound ends
        np.testing.assert_array_equal(decoded(content)[: len(voice())], voice())


@pytest.mark.parametrize(
    ("format", "subtype"),
    [(format, "PCM_16") for format in LENGTHS if format != "AU"]
    + [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")],
)
def test_of_joined_files_each_is_heard(format, subtype):
    content = encoded(format, subtype)
    one = decoded(content)
    np.testing.assert_array_equal(decoded(3 * content), np.tile(one, 3))


def test_a_damaged_file_behind_another_is_refused():
    content = bytearray(2 * encoded("WAV"))
    content[len(content) // 2 + 20] = 0xEE  # an encoding that nobody knows
    with pytest.raises(AudioError, match="damaged where files were joined"):
        decoded(bytes(content))


def test_files_of_two_rates_may_be_joined(tmp_path):
    other = streams.BytesIO()
    soundfile.write(other, voice()[:8_000], 8_000, format="OGG", subtype="VORBIS")
    path = tmp_path / "chain.ogg"
    path.write_bytes(encoded("OGG", "VORBIS") + other.getvalue())
    assert inspect(path).duration_s == 3.0
    assert inspect(path).sample_rate == RATE
    np.testing.assert_array_equal(np.concatenate(list(stream(path))), load(path))
    assert len(load(path)) == 3 * RATE


def without_info(content):
    """Leave out the first frame of an MP3, which tells how many follow."""
    return content[content.index(content[:2], 100) :]


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_an_mp3_that_tells_no_length_is_heard_to_its_end(mode):
    loud_last = np.concatenate((np.zeros(3 * RATE), *[voice()] * 4)).astype(np.float32)
    content = encoded("MP3", None, loud_last, bitrate_mode=mode, compression_level=0.5)
    waveform = decoded(without_info(content))
    assert len(waveform) == pytest.approx(len(loud_last), abs=0.2 * RATE)
    assert np.abs(waveform[-RATE:]).max() > 0.2


def test_an_mp3_that_lacks_frames_is_refused():
    content = encoded("MP3", None)
    with pytest.raises(AudioError, match="cut short or damaged"):
        decoded(content[: len(content) // 2])


def test_an_mp3_without_a_length_that_ends_in_a_frame_is_heard():
    content = without_info(encoded("MP3", None))
    assert len(decoded(content[: len(content) // 2])) == pytest.approx(RATE, abs=0.1 * RATE)


def test_a_flac_of_a_recorder_that_lost_power_is_heard_up_to_its_last_frame():
    content = with_length("FLAC", HARMLESS["0"])
    waveform = decoded(content[: int(0.7 * len(content))])
    assert len(waveform) >= RATE
    np.testing.assert_array_equal(waveform, voice()[: len(waveform)])


def test_a_flac_without_a_length_that_is_damaged_is_refused():
    content = bytearray(with_length("FLAC", HARMLESS["0"]))

    content[len(content) // 2 : len(content) // 2 + 50] = bytes(50)
    with pytest.raises(AudioError, match="cut short or damaged"):
        decoded(bytes(content))


@pytest.mark.parametrize("format", ["FLAC", "MP3", "WAV"])
def test_tags_before_and_behind_change_nothing(format):
    content = encoded(format, None if format == "MP3" else "PCM_16")
    before = b"ID3\x04\0\0\0\0\x02\0" + bytes(256) if format != "WAV" else b""
    np.testing.assert_array_equal(decoded(before + content + b"TAG" + bytes(125)), decoded(content))


def test_a_pointer_of_large_file_storage_is_called_that(tmp_path):
    path = tmp_path / "voice.wav"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n")
    with pytest.raises(AudioError, match=r"voice.wav: a pointer of .*; type: git lfs pull"):
        load(path)


@pytest.mark.parametrize("format", [*LENGTHS, "MP3", "OGG"])
def test_headers_of_noise_are_our_errors(format):
    random = np.random.default_rng(0)
    for _ in range(50):
        content = bytearray(encoded(format, None, voice(0.2)))
        for at in random.integers(4, 60, 3):
            content[at] = random.choice((0, 255, random.integers(256)))
        with contextlib.suppress(AudioError):
            decoded(bytes(content[: random.integers(4, len(content))]))


@pytest.mark.parametrize("format", sorted(UNTOLD - {"WVE", "XI"}))
def test_a_format_whose_cuts_cannot_be_told_is_answered_with_a_warning(format):
    with pytest.warns(LightspeechWarning, match=f"whether a {format} file was cut short cannot be"):
        decoded(encoded(format))


@pytest.mark.parametrize(
    ("format", "subtype", "rate"), [("WVE", "ALAW", 8_000), ("XI", "DPCM_16", 44_100)]
)
def test_likewise_where_libsndfile_writes_one_encoding(format, subtype, rate):
    content = streams.BytesIO()
    soundfile.write(content, voice(), rate, subtype, format=format)
    with pytest.warns(LightspeechWarning, match=f"whether a {format} file was cut short"):
        decoded(content.getvalue())


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_a_long_mp3_is_heard_as_if_it_were_decoded_at_once(rate):
    time = np.arange(40 * rate) / rate
    tone = np.float32(0.3 * np.sin(2 * np.pi * (200 + 20 * time) * time))
    file = streams.BytesIO()
    soundfile.write(file, tone, rate, format="MP3")
    at_once, _ = soundfile.read(streams.BytesIO(file.getvalue()), dtype="float32")
    in_blocks = [block for _, block in decoding.blocks(streams.BytesIO(file.getvalue()))]
    assert len(in_blocks) > 3
    np.testing.assert_allclose(np.concatenate(in_blocks)[:, 0], at_once, atol=1e-6)

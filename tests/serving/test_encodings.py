"""Bytes to samples."""

import io

import numpy as np
import pytest
import soundfile

from lightspeech.errors import ConfigError
from lightspeech.serving import protocol
from lightspeech.serving.encodings import decoded
from lightspeech.serving.limits import Limits, parsed
from lightspeech.serving.protocol import Code, Refused


def test_mu_law_is_that_of_libsndfile():
    codes = bytes(range(256))
    file = io.BytesIO(codes)
    expected, _ = soundfile.read(
        file, dtype="int16", format="RAW", subtype="ULAW", samplerate=8_000, channels=1
    )
    assert decoded(codes, "mulaw", 1)[:, 0].tolist() == expected.tolist()


@pytest.mark.parametrize(("encoding", "kind"), [("s16", "<i2"), ("f32", "<f4")])
def test_samples_are_taken_by_channel(encoding, kind):
    samples = np.arange(6, dtype=kind).reshape(3, 2)
    assert (decoded(samples.tobytes(), encoding, 2) == samples).all()


@pytest.mark.parametrize(("encoding", "channels"), [("s16", 2), ("f32", 1), ("mulaw", 2)])
def test_half_a_sample_is_refused(encoding, channels):
    with pytest.raises(Refused, match="ends within a sample"):
        decoded(b"\0" * 5, encoding, channels)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "JSON object"),
        ("[" * 100_000, "JSON object"),
        ("[]", "JSON object"),
        ("{}", "type"),
        ('{"type": "hello"}', "sample_rate"),
        ('{"type": "hello", "sample_rate": 0}', "allowed are 1000"),
        ('{"type": "hello", "sample_rate": 16000, "channels": 0}', "0 channels"),
        ('{"type": "hello", "sample_rate": 16000, "encoding": "mp3"}', "encoding"),
        ('{"type": "hello", "sample_rate": 16000, "colour": "red"}', "colour"),
        ('{"type": "hello", "sample_rate": 16000, "version": 2}', "version"),
    ],
)
def test_a_bad_hello_is_refused_and_says_why(text, says):
    with pytest.raises(Refused, match=says) as refused:
        protocol.hello(text)
    assert refused.value.code is Code.BAD_REQUEST


@pytest.mark.parametrize("content", [b"", b"1234567", protocol.STAMP.pack(float("nan")) + b"00"])
def test_a_chunk_without_its_time_is_refused(content):
    with pytest.raises(Refused, match="a chunk"):
        protocol.chunk(content)


def test_limits_are_typed():
    assert parsed(["streams=500", "age_s=0.5"]) == Limits(streams=500, age_s=0.5)
    for bad in ("streams", "streams=0", "streams=x", "strems=1"):
        with pytest.raises(ConfigError, match="stre"):
            parsed([bad])

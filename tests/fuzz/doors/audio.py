"""Recordings: every format that is read, spoilt; a folder of one, as `predict` takes it; a pipe."""

import io
import sys
from pathlib import Path
from random import Random

import numpy as np
import soundfile
from mutations import binary

from doors import Door, command
from lightspeech.audio.io import inspect
from lightspeech.audio.reading import read_audio

RATE = 16_000
FORMATS = {
    "wav": [("WAV", s) for s in ("PCM_16", "PCM_U8", "PCM_24", "FLOAT", "DOUBLE", "ULAW")],
    "wavex": [("WAVEX", "PCM_16"), ("WAV", "IMA_ADPCM")],
    "flac": [("FLAC", "PCM_16")],
    "ogg": [("OGG", "VORBIS"), ("OGG", "OPUS")],
    "mp3": [("MP3", "MPEG_LAYER_III")],
    "aiff": [("AIFF", "PCM_16"), ("AIFF", "FLOAT")],
    "au": [("AU", "PCM_16"), ("AU", "ULAW")],
    "caf": [("CAF", "PCM_16"), ("CAF", "ALAC_16")],
    "w64": [("W64", "PCM_16")],
    "rf64": [("RF64", "PCM_16")],
    **{name.lower(): [(name, "PCM_16")] for name in
       ("SVX", "MAT4", "MAT5", "PAF", "PVF", "IRCAM", "VOC", "NIST", "SDS", "AVR", "MPC2K", "HTK")},
    "xi": [("XI", "DPCM_16")],
    "wve": [("WVE", "ALAW")],
}  # fmt: skip
"""What libsndfile writes, by suffix."""
CODECS = {
    "m4a": ("mp4", "aac"), "webm": ("webm", "libopus"), "aac": ("adts", "aac"),
    "wma": ("asf", "wmav2"), "amr": ("amr", "libopencore_amrnb"),
}  # fmt: skip
"""What FFmpeg writes, where it is there."""


def speech(seconds: float, rate: int = RATE) -> np.ndarray:
    """Make a buzz that moves, shape ``(samples,)``, −1…1."""
    time_s = np.arange(round(seconds * rate)) / rate
    buzz = np.sign(np.sin(2 * np.pi * (120 + 40 * np.sin(3 * time_s)) * time_s))
    return 0.2 * buzz * np.abs(np.sin(4 * time_s)) + 0.05 * np.sin(2_000 * time_s)


def _make(folder: Path) -> None:
    sound = speech(0.6)
    for suffix, kinds in FORMATS.items():
        for format, subtype in kinds:
            rate = 8_000 if format == "WVE" else 44_100 if format == "XI" else RATE
            path = folder / f"{subtype.lower()}.{suffix}"
            soundfile.write(path, sound, rate, subtype, format=format)
    soundfile.write(folder / "two.wav", np.stack([sound, -sound / 2], 1), RATE)
    for suffix, (container, codec) in CODECS.items():
        _encode(folder / f"media.{suffix}", container, codec)


def _encode(path: Path, container: str, codec: str) -> None:
    try:
        import av
    except ImportError:
        return
    rate = {"libopencore_amrnb": 8_000, "wmav2": 16_000, "libopus": 48_000}.get(codec, RATE)
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 12_200 if container == "amr" else 32_000
        samples = (speech(0.6, rate) * 32_000).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)


def _spoil(rng: Random, good: Path, to: Path) -> None:
    files = sorted(good.iterdir())
    file, other = rng.choice(files), rng.choice(files)
    named = file if rng.random() < 0.9 else other  # the suffix of another format
    (to / f"{file.stem}{named.suffix}").write_bytes(
        binary(rng, file.read_bytes(), other.read_bytes())
    )


def _leave_dumps_out(good: Path, to: Path) -> None:
    """Take all but MIDI sample dumps, which are refused."""
    for file in good.iterdir():
        if file.suffix != ".sds":
            (to / file.name).hardlink_to(file)


def _read(folder: Path) -> None:
    for file in folder.iterdir():
        try:
            inspect(file)
        finally:
            read_audio(file.read_bytes())


def _predict(folder: Path) -> None:
    command("predict", folder, "--bundle", "nano", "--json", "--channels", "each")


def _make_raw(folder: Path) -> None:
    (folder / "sound").write_bytes((speech(1.0) * 32_000).astype("<i2").tobytes())


def _spoil_pipe(rng: Random, good: Path, to: Path) -> None:
    (to / "sound").write_bytes(binary(rng, (good / "sound").read_bytes()))


def _pipe(folder: Path) -> None:
    sys.stdin = io.TextIOWrapper(io.BytesIO((folder / "sound").read_bytes()))
    command("predict", "-", "--raw", RATE, "--bundle", "nano", "--json")


DOORS = [
    Door(name="audio", share=58.6, make=_make, spoil=_spoil, untouched=_leave_dumps_out,
         enter=_read),
    Door(name="audio, by predict", share=2, make=_make, spoil=_spoil, enter=_predict),
    Door(name="raw sound", share=1, make=_make_raw, spoil=_spoil_pipe, enter=_pipe),
]  # fmt: skip

"""Hear emotion through the microphone: one JSON object an answer, `none` while nobody speaks.

python listen.py BUNDLE [options of arecord, such as -D plughw:1,0]
"""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

import lightspeech
from lightspeech.inference import answers
from lightspeech.inference.live_stream import Kind, Update

BLOCK = 3_840
"""Bytes read at once: about a tenth of a second; samples of any number of channels up to six."""
SMOOTHING = 0.5
"""Weight that the answer of a hop before keeps in `now`: less flicker, and a second later."""
TOLD = (Kind.NOW, Kind.TURN)
"""What is told: the last window each hop, and each turn, said between two pauses, once it ended."""


def record(sample_rate: int, options: list[str]) -> subprocess.Popen[bytes]:
    """Ask the microphone for the rate that the model was trained at.

    A device that cannot do that takes a rate of its own, which the header of a WAV tells.
    """
    command = ["arecord", "-q", "-t", "wav", "-f", "S16_LE", "-c", "1", "-r", str(sample_rate)]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE)


def header(sound: BufferedReader, asked: int) -> tuple[int, int]:
    """Read the header of a WAV: sample rate in Hz and number of channels.

    A program that gives samples alone gives them as they were asked for.
    """
    form = asked, 1
    if not sound.peek(4).startswith(b"RIFF"):
        return form
    sound.read(12)
    while len(chunk := sound.read(8)) == 8:
        name, n_bytes = struct.unpack("<4sI", chunk)
        if name == b"data":
            break
        content = sound.read(n_bytes)
        if name == b"fmt ":
            _, channels, rate = struct.unpack_from("<HHI", content)
            form = rate, channels
    return form


def blocks(sound: BufferedReader, channels: int) -> Iterator[npt.NDArray[Any]]:
    """Give 16-bit samples as they come, shape ``(samples, channels)``."""
    while len(block := sound.read(BLOCK)) == BLOCK:
        yield np.frombuffer(block, "<i2").reshape(-1, channels)


def tell(updates: list[Update]) -> None:
    """Print a line an update."""
    for update in updates:
        if update.kind in TOLD:
            about = {"kind": update.kind, "at_s": round(update.at_s, 1)}
            print(json.dumps({**about, **answers.record(update.segment)}), flush=True)


def main(folder: Path, options: list[str]) -> int:
    """Answer while the microphone is open; give the exit code of `arecord`."""
    recognizer = lightspeech.load(folder)
    with record(recognizer.sample_rate, options) as microphone:
        sound = cast(BufferedReader, microphone.stdout)
        rate, channels = header(sound, recognizer.sample_rate)
        stream = recognizer.live(rate, channels, smoothing=SMOOTHING)
        for block in blocks(sound, channels):
            tell(stream.feed(block))
        tell(stream.flush())
    return microphone.returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))

"""Hear emotion through the microphone: one JSON object a window, `none` while nobody speaks.

python listen.py BUNDLE [options of arecord, such as -D plughw:1,0]
"""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import cast

import numpy as np

import lightspeech
from lightspeech.audio.resampling import resampled
from lightspeech.audio.samples import mono
from lightspeech.audio.windows import Waveform

BLOCK = 3_840
"""Bytes read at once: about a tenth of a second; samples of any number of channels up to six."""


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


def samples(sound: BufferedReader, channels: int) -> Iterator[Waveform]:
    """Turn 16-bit samples into one waveform from −1 to 1, as they come."""
    while len(block := sound.read(BLOCK)) == BLOCK:
        yield mono(np.frombuffer(block, "<i2").reshape(-1, channels))


def main(folder: Path, options: list[str]) -> int:
    """Answer window by window until the microphone stops; give the exit code of `arecord`."""
    recognizer = lightspeech.load(folder)
    windows, rate = recognizer.bundle.windows, recognizer.sample_rate
    with record(rate, options) as microphone:
        sound = cast(BufferedReader, microphone.stdout)
        true_rate, channels = header(sound, rate)
        heard = resampled(samples(sound, channels), true_rate, rate)
        for start, window in windows.stream(heard, rate):
            answer = recognizer(window, sample_rate=rate)
            line = {
                "start_s": round(start / rate, 1),
                "label": answer.label,
                "uncertain": answer.uncertain,
                "speech": round(answer.speech, 2),
                "probabilities": {name: round(p, 3) for name, p in answer.probabilities.items()},
            }
            print(json.dumps(line), flush=True)
    return microphone.returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))

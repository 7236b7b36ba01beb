"""Hear emotion through the microphone: one JSON object a window, while somebody speaks.

python listen.py BUNDLE [options of arecord, such as -D plughw:1,0]
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

import lightspeech
from lightspeech.audio.windows import Waveform

BLOCK = 3_200
"""Bytes read at once: a tenth of a second at 16 kHz, two bytes a sample."""
SILENCE = 0.002
"""Loudest sample, of 1, of a window that nobody speaks in; below it no model is asked."""


def record(sample_rate: int, options: list[str]) -> subprocess.Popen[bytes]:
    """Start the microphone at the rate that the model was trained at."""
    command = ["arecord", "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(sample_rate)]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE)


def samples(sound: IO[bytes]) -> Iterator[Waveform]:
    """Turn 16-bit samples into numbers from −1 to 1, as they come."""
    while len(block := sound.read(BLOCK)) == BLOCK:
        yield np.frombuffer(block, "<i2").astype(np.float32) / np.float32(32_768)


def main(folder: Path, options: list[str]) -> int:
    """Answer window by window until the microphone stops; give the exit code of `arecord`."""
    recognizer = lightspeech.load(folder)
    windows, rate = recognizer.bundle.windows, recognizer.sample_rate
    with record(rate, options) as microphone:
        assert microphone.stdout is not None
        for start, window in windows.stream(samples(microphone.stdout), rate):
            if np.abs(window).max() < SILENCE:
                continue
            answer = recognizer(window, sample_rate=rate)
            line = {
                "start_s": round(start / rate, 1),
                "label": answer.label,
                "uncertain": answer.uncertain,
                "probabilities": {name: round(p, 3) for name, p in answer.probabilities.items()},
            }
            print(json.dumps(line), flush=True)
    return microphone.returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))

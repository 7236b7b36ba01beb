"""Hidden states of a corpus, decoded, heard and kept: processor time beside the encoder's alone.

Run by hand, two minutes: ``python benchmarks/extraction.py``, of CREMA-D below
``$LIGHTSPEECH_DATA``. Each recording is taken both ways in turn, so that a busy machine slows both.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from lightspeech.audio import io
from lightspeech.config import Choice
from lightspeech.corpora import crema_d, preparing
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.frontends import encoder, extraction
from lightspeech.frontends.states import SAMPLE_RATE

PATH = Path("results/benchmarks/extraction.json")
BAR = 1.3
"""Times the processor time of the encoder that extraction may take."""


def spent(work: Callable[[], object]) -> float:
    """Give the processor time of some work, s."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Measure recordings drawn by a seed, and write one file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--recordings", type=int, default=150)
    got = asked.parse_args()
    torch.set_num_threads(1)
    found = preparing.prepare(Choice("lightspeech.corpora", "crema_d", crema_d.Config())).utterances
    drawn = np.random.default_rng(0).permutation(len(found))[: got.recordings]
    ours = encoder.Pretrained(encoder.Config())
    times = []
    with TemporaryDirectory() as cache, torch.no_grad():
        extraction.load([found[0]], ours, Path(cache))  # loads the encoder
        for number, utterance in enumerate(found[place] for place in drawn if place):
            waveform = io.load(utterance.path, SAMPLE_RATE)
            ways: list[Callable[[], object]] = [
                partial(extraction.load, [utterance], ours, Path(cache)),
                partial(ours.listen.hidden_states, waveform),
            ]
            turn = 1 if number % 2 else -1
            times.append([spent(way) for way in ways[::turn]][::turn])
    whole, alone = np.sum(times, 0)
    figures = {
        "recordings": len(times),
        "encoder_s": round(float(alone), 2),
        "extraction_s": round(float(whole), 2),
        "ratio": round(float(whole / alone), 3),
        "bar": BAR,
    }
    print(figures)
    write_json(PATH, {"machine": machine.describe(), **figures})


if __name__ == "__main__":
    main()

"""How fast maps are: masks on cached spectra, and one whole forward pass for each mask.

    python benchmarks/maps.py ~/ravdess/Actor_01/*.wav

An occlusion map of each recording by a shipped int8 model, in three ways that take turns on one
thread: the masked spectrum is turned into a waveform and that is asked about, mask by mask; masks
on a waveform that was taken apart once; masks on the energies of mel bands, of which the network
alone runs. Processor time, medians over recordings.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech import bundle
from lightspeech.audio import io
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.windows import Waveform
from lightspeech.evaluation import machine
from lightspeech.explain import maps, masking, places
from lightspeech.explain.listeners import ask
from lightspeech.explain.masking import FAINTER, Mask, Masked, OfWaveform
from lightspeech.files import write_json
from lightspeech.inference import dispatch
from lightspeech.inference.predictor import Predictor
from lightspeech.metrics import Floats

OUTPUT = Path("results/benchmarks/maps.json")
MODELS = ("nano", "micro", "small")
WAYS = ("whole", "waveform", "bands")


class Whole:
    """One whole forward pass for each mask."""

    def __init__(self, predictor: Predictor, waveform: Waveform) -> None:
        """Take a bundle, and a recording of shape ``(samples,)``."""
        self.predictor, self.waveform = predictor, waveform

    def answer(self, kept: Mask) -> Floats:
        """Answer with all places but the ``kept`` ones made faint, see `masking.Masked`."""
        return np.concatenate([ask(self.predictor, [self._masked(mask)]) for mask in kept])

    def _masked(self, kept: Mask) -> Waveform:
        spectrum = places.spectrum_of(self.waveform)
        piece, band = places.places_of(spectrum, len(self.waveform))
        gain = np.where(kept, 1.0, FAINTER)[piece][:, band]
        samples = places.overlapped(spectrum * gain)[places.FRAME :][: len(self.waveform)]
        waveform: Waveform = samples.clip(-1, 1).astype(np.float32)
        return waveform


def main() -> None:
    """Measure all, and write `OUTPUT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="+", type=Path)
    waveforms = [io.load(path, SAMPLE_RATE) for path in parser.parse_args().recordings]
    figures = {name: measure(name, waveforms) for name in MODELS}
    about = {"machine": machine.describe(), "recordings": len(waveforms)}
    write_json(OUTPUT, {**about, "models": figures})
    for name, of in figures.items():
        print(name, of)


def measure(name: str, waveforms: list[Waveform]) -> dict[str, Any]:
    """Time a shipped model on all recordings, and compare the maps."""
    predictor = dispatch.open(bundle.read(bundle.find(name)))
    rows = [one(predictor, waveform) for waveform in waveforms]
    times = dict(zip(WAYS, np.median([times for times, _ in rows], 0).tolist(), strict=True))
    return {
        "ms_per_mask": {way: round(ms, 3) for way, ms in times.items()},
        "times_faster": {way: round(times["whole"] / ms, 1) for way, ms in times.items()},
        "correlation": round(float(np.median([alike for _, alike in rows])), 3),
    }


def one(predictor: Predictor, waveform: Waveform) -> tuple[list[float], float]:
    """Milliseconds a mask in each way, and how alike the maps of the first and last are."""
    ways: list[Masked] = [
        Whole(predictor, waveform),
        OfWaveform(predictor, waveform),
        masking.masked(predictor, waveform),
    ]
    label = int(ask(predictor, [waveform])[0].argmax())
    times, found = [], []
    for way in ways:
        start = time.process_time()
        found.append(maps.occlusion(way, label))
        times.append(1e3 * (time.process_time() - start) / (found[-1].size + 1))
    return times, float(np.corrcoef(found[0].ravel(), found[-1].ravel())[0, 1])


if __name__ == "__main__":
    main()

"""Make ``gate.npz``, by formula in double precision: ``python tests/golden/make_gate.py``.

Nothing but the sound is made by lightspeech, and the numbers of the gate are read from the browser
example. Every implementation of the gate (NumPy, ONNX, JavaScript, Java, C) is held against it:

- ``samples``: int16: silence, a voice, silence, hiss;
- ``levels``: of each cell and band, as many cells after the end as a score needs;
- ``scores``: of each cell of the sound;
- ``speech``: the share of time.
"""

import json
import tempfile
from pathlib import Path

import numpy as np

NUMBERS = Path(__file__).parents[2] / "examples/browser/gate.json"


def samples():
    from lightspeech.audio import io
    from lightspeech.corpora import synthetic

    with tempfile.TemporaryDirectory() as folder:
        cfg = synthetic.Config(speakers=1, sentences=1, root=Path(folder))
        voice = io.load(synthetic.read(cfg).utterances[0].path)
    hiss = np.random.default_rng(0).normal(0, 0.002, 16_000)
    sound = np.concatenate((np.zeros(6_000), voice, np.zeros(9_000), hiss))
    return np.round(32_767 * sound).astype(np.int16)


def levels(waveform, gate):
    n_fft, n_bands = gate["n_fft"], len(gate["bands"])
    n = np.arange(n_fft)
    window = (np.sin(np.pi * n / n_fft) ** 2).astype(np.float32).astype(float)
    fourier = np.exp(-2j * np.pi * (np.outer(n, np.arange(n_fft // 2 + 1)) % n_fft) / n_fft)
    weights = np.zeros((n_fft // 2 + 1, n_bands))
    for number, band in enumerate(gate["bands"]):
        weights[band["first"] :][: len(band["weights"]), number] = band["weights"]
    frames = np.stack([waveform[at:][:n_fft] for at in range(0, len(waveform), gate["cell"])])
    energy = np.abs((frames * window) @ fourier) ** 2 @ weights
    return np.floor(gate["steps"] * np.log(energy + gate["floor"])).astype(int)


def scores(rows, gate):
    peak, values = gate["nothing"], []
    for row in rows:
        peak = max(gate["nothing"], peak - gate["decay"], row.max())
        values.append(np.maximum((row - peak) // gate["coarse"], -gate["range"]))
    values, before = np.array(values), -gate["range"]
    for layer in gate["layers"]:
        weights, shift = np.array(layer["weights"]), np.array(layer["shift"])
        reach = (len(weights) - 1) * layer["dilation"]
        padded = np.pad(values, ((reach, 0), (0, 0)), constant_values=before)
        sums = np.array(layer["bias"]) + sum(
            padded[tap * layer["dilation"] :][: len(values)] @ each
            for tap, each in enumerate(weights)
        )
        unlimited = (sums + (1 << (shift - 1))) >> shift
        values, before = unlimited.clip(0, gate["largest"]), 0
    return unlimited[gate["delay"] :, 0]


def share(found, n_samples, gate):
    cell, sounds = gate["cell"], found >= gate["threshold"]
    n_cells = -(-n_samples // cell)
    inside = np.minimum(n_samples - cell * np.arange(n_cells), cell)
    held = [sounds[max(k - gate["hold"], 0) :][: min(k, gate["hold"]) + gate["hold"] + 1].any()
            for k in range(n_cells)]  # fmt: skip
    assert inside @ sounds[:n_cells] >= gate["least_s"] * gate["sample_rate"]
    assert sounds.sum() >= gate["least_run"] * (np.diff(sounds.astype(int)) > 0).sum()
    return inside @ held / n_samples


def main():
    gate = json.loads(NUMBERS.read_text("utf-8"))
    sound = samples()
    n_cells = -(-len(sound) // gate["cell"])
    after = (n_cells + gate["delay"] + gate["hold"]) * gate["cell"] - len(sound)
    rows = levels(np.pad(sound, (0, after)) / 32_768, gate)
    found = scores(rows, gate)
    np.savez_compressed(
        Path(__file__).with_name("gate.npz"), samples=sound, levels=rows.astype(np.int16),
        scores=found[:n_cells].astype(np.int32), speech=share(found, len(sound), gate),
    )  # fmt: skip


if __name__ == "__main__":
    main()

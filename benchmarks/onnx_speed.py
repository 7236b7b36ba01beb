"""How fast ONNX bundles of the shipped models are: as torch's exporter writes them, and as ours.

    python benchmarks/onnx_speed.py ~/ravdess/**/*.wav   # whose answers are compared

Sessions take turns on one thread; medians of processor time of one window. *Exported* is what
torch.onnx.export and onnxslim give, with a Fourier transform and convolutions in floats.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lightspeech import bundle
from lightspeech.audio import io
from lightspeech.audio.windows import Waveform
from lightspeech.evaluation import latency, machine
from lightspeech.export import onnx, recover
from lightspeech.files import write_json
from lightspeech.runtime.onnx_session import OnnxSession

OUTPUT = Path("results/benchmarks/onnx.json")
MODELS = ("nano", "micro", "small")
FORMS = ("exported", "ours")
ROUNDS = 300


def main() -> None:
    """Measure all, and write `OUTPUT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="+", type=Path)
    paths = parser.parse_args().recordings
    windows = np.stack([first_window(path) for path in paths])
    figures = {name: measure(name, windows) for name in MODELS}
    about = {"machine": machine.describe(), "recordings": len(paths), "rounds": ROUNDS}
    write_json(OUTPUT, {**about, "models": figures})
    for name, of in figures.items():
        print(name, of)


def first_window(path: Path) -> Waveform:
    """The first window of a recording as the shipped models cut it."""
    taken = bundle.read(MODELS[0])
    waveform, windows = io.load(path, taken.sample_rate), taken.windows
    return next(iter(windows.cut(waveform, taken.sample_rate)))


def measure(name: str, windows: np.ndarray) -> dict[str, Any]:
    """Time a shipped model in both forms, whole and its network alone, and compare answers."""
    run = recover.recover(bundle.read(name))
    whole = run.config.front.layer(any_length=False)
    alone = run.config.front.network_alone(any_length=False)
    assert alone is not None  # bands are to be had outside
    files = {
        "bundle, exported": exported(run, whole),
        "bundle, ours": onnx.to_bytes(run),
        "network, exported": exported(run, alone),
        "network, ours": onnx.to_bytes(run, network_alone=True),
    }
    sessions = {form: OnnxSession(model, form, threads=1) for form, model in files.items()}
    sound = {onnx.WAVEFORM: windows[:1]}
    bands = {name: source.example[:1].numpy() for name, source in alone.sources.items()}
    calls = {
        form: partial(running.run, onnx.OUTPUT, given)
        for (form, running), given in zip(
            sessions.items(), (*2 * [sound], *2 * [bands]), strict=True
        )
    }
    us = {form: 1e3 * of.work_ms for form, of in latency.measure(calls, rounds=ROUNDS).items()}
    before, after = (answers(sessions[f"bundle, {form}"], windows) for form in FORMS)
    return {
        "bytes": {form: len(model) for form, model in files.items()},
        "us": {form: round(time, 1) for form, time in us.items()},
        "bundle_times_faster": round(us["bundle, exported"] / us["bundle, ours"], 2),
        "network_times_faster": round(us["network, exported"] / us["network, ours"], 2),
        "other_labels": int((before.argmax(1) != after.argmax(1)).sum()),
        "largest_difference": round(float(np.abs(before - after).max()), 6),
    }


def exported(run: Any, layer: Any) -> bytes:
    """Export as torch and onnxslim do."""
    model = onnx.graph(onnx.Recognizer(run, layer), run.config.model.name)
    data: bytes = model.SerializeToString()
    return data


def answers(running: OnnxSession, windows: np.ndarray) -> np.ndarray:
    """Answer windows one by one, as a device does."""
    return np.concatenate(
        [running.run(onnx.OUTPUT, {onnx.WAVEFORM: each[None]}) for each in windows]
    )


if __name__ == "__main__":
    main()

"""Emotion of one recording on a Jetson: TensorRT where there is one, else CUDA, else the processor.

python recognize.py BUNDLE RECORDING.wav

Needs numpy, soundfile and NVIDIA's build of onnxruntime, not lightspeech: the core install brings
onnxruntime for the processor, and the two do not live in one environment.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

# Read once, by the import: else onnxruntime tells its vendor that it is used.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime  # noqa: E402

FORMAT = 3
"""Version of the bundle's folder that this reads."""
INPUT, OUTPUT = "waveform", "probabilities"
GATE, SPEECH, NONE = "gate.onnx", "speech", "none"
"""The voice gate in the bundle's folder, its output, and the answer where nobody speaks."""
LEAST_SHARE = 0.4
"""Share of speech below which an answer is uncertain: less is rather music that the gate let in."""

Array = npt.NDArray[np.float32]


def providers(cache: Path) -> list[Any]:
    """Choose what this build of onnxruntime has, fastest first.

    Args:
        cache: folder for TensorRT's engines; to build one takes minutes, to read it seconds.
    """
    tensorrt = {
        "trt_fp16_enable": "1",
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(cache),
    }
    known: dict[str, dict[str, str]] = {
        "TensorrtExecutionProvider": tensorrt,
        "CUDAExecutionProvider": {},
        "CPUExecutionProvider": {},
    }
    there = onnxruntime.get_available_providers()
    return [(name, options) for name, options in known.items() if name in there]


def windows(waveform: Array, window: int, hop: int | None) -> list[Array]:
    """Cut a recording as lightspeech does: windows of samples a hop apart, the last at its end."""
    spare = len(waveform) - window
    starts = [spare // 2] if spare <= 0 or hop is None else [*range(0, spare, hop), spare]
    silence = max(-spare, 0)
    padded = np.pad(waveform, silence)
    return [padded[silence + start :][:window] for start in starts]


def speech(folder: Path, waveform: Array) -> float:
    """Tell the share of a recording in which somebody speaks: 0, where nobody does, to 1.

    On the processor: it takes double precision and little time.
    """
    if not (folder / GATE).is_file():
        sys.exit(f"{folder}: no {GATE}; it hears 16 kHz, and is written by: lightspeech export")
    session = onnxruntime.InferenceSession(
        (folder / GATE).read_bytes(), providers=["CPUExecutionProvider"]
    )
    return float(session.run([SPEECH], {INPUT: waveform[None]})[0][0])


def main(folder: Path, recording: Path) -> None:
    """Print whether somebody speaks, and the probabilities, by all windows."""
    about = json.loads((folder / "bundle.json").read_text("utf-8"))
    if about["format"] != FORMAT:
        sys.exit(f"{folder}: bundle format {about['format']}, this reads {FORMAT}; export it again")
    rate, cut = about["sample_rate"], about["windows"]
    waveform, found = soundfile.read(recording, dtype="float32", always_2d=True)
    if found != rate:
        sys.exit(f"{recording}: {found} Hz; type: ffmpeg -i {recording} -ar {rate} converted.wav")
    hop = None if cut["hop_s"] is None else round(cut["hop_s"] * rate)
    mono = waveform.mean(1)
    share = speech(folder, mono)
    heard = windows(mono, round(cut["window_s"] * rate), hop)
    model = (folder / about["model_file"]).read_bytes()
    session = onnxruntime.InferenceSession(model, providers=providers(folder / "tensorrt"))
    # One at a time: TensorRT builds an engine for a shape, and builds anew for another.
    rows = [session.run([OUTPUT], {INPUT: window[None]})[0][0] for window in heard]
    pooled = np.mean(rows, axis=0)
    if cut.get("over") == "max":
        pooled = np.max(rows, axis=0) / np.max(rows, axis=0).sum()
    answers = dict(zip(about["labels"], pooled.tolist(), strict=True))
    best = int(np.argmax(pooled))
    unsure = pooled[best] < about["thresholds"][best] or share < LEAST_SHARE
    answer = {
        "label": about["labels"][best] if share else NONE,
        "uncertain": bool(share and unsure),
        "speech": share,
        "probabilities": answers,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Whether a processor without VNNI gives the same answers as this one.

    python benchmarks/without_vnni.py ~/ravdess

There onnxruntime adds products of uint8 and int8 in pairs of 16 bits, which overflow where weights
are large; ours are uint8 and uint8, which never do. Such a processor is emulated (QEMU's user mode,
apt install qemu-user): windows of the shipped models, one by one, are answered here and there.
"""

import argparse
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightspeech import bundle
from lightspeech.audio import folders, io
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.inference.backends import onnx
from lightspeech.runtime.onnx_session import OnnxSession

OUTPUT = Path("results/benchmarks/without_vnni.json")
EMULATOR = ("qemu-x86_64", "-cpu", "Haswell-v4")
MODELS = ("nano", "micro", "small")
N_WINDOWS = 40


def main() -> None:
    """Compare, and write `OUTPUT`; with files in place of a folder, answer alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Recordings, of which some are heard.")
    parser.add_argument("--answers", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.answers is not None:
        np.savez(asked.answers, **answer(np.load(asked.folder)))
        return
    with tempfile.TemporaryDirectory() as place:
        heard, told = Path(place) / "windows.npy", Path(place) / "answers.npz"
        np.save(heard, windows_of(asked.folder))
        here = answer(np.load(heard))
        command = [*EMULATOR, sys.executable, __file__, str(heard), "--answers", str(told)]
        subprocess.run(command, check=True)
        with np.load(told) as there:
            figures = {name: compare(here[name], there[name]) for name in there}
    about = {"machine": machine.describe(), "emulator": " ".join(EMULATOR), "windows": N_WINDOWS}
    write_json(OUTPUT, {**about, "models": figures})
    print(figures)


def windows_of(folder: Path) -> npt.NDArray[np.float32]:
    """The first window of recordings that lie evenly in a folder, shape ``(windows, samples)``."""
    taken = bundle.read(MODELS[0])
    paths = folders.listing(folder).recordings
    chosen = [paths[at] for at in np.linspace(0, len(paths) - 1, N_WINDOWS).astype(int)]
    cut = [
        taken.windows.cut(io.load(path, taken.sample_rate), taken.sample_rate) for path in chosen
    ]
    return np.stack([rows[0] for rows in cut])


def answer(windows: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
    """Answer windows one by one with each model: shape ``(windows, n_classes)``."""
    return {
        name: np.concatenate(
            [opened(name).run(onnx.OUTPUT, {onnx.WAVEFORM: w[None]}) for w in windows]
        )
        for name in MODELS
    }


@cache
def opened(name: str) -> OnnxSession:
    """Open a shipped model."""
    shipped = bundle.read(name)
    return OnnxSession((shipped.path / shipped.model_file).read_bytes(), name)


def compare(here: npt.NDArray[np.float32], there: npt.NDArray[np.float32]) -> dict[str, float]:
    """How far answers are apart."""
    return {
        "largest_difference": round(float(np.abs(here - there).max()), 6),
        "other_labels": int((here.argmax(1) != there.argmax(1)).sum()),
    }


if __name__ == "__main__":
    main()

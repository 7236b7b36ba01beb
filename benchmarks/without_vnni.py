"""Whether a processor without VNNI gives the same answers as this one.

    python benchmarks/without_vnni.py ~/ravdess --run runs/ravdess_base/2-fuse/fold0-seed0 base

There onnxruntime adds products of uint8 and int8 in pairs of 16 bits, which overflow where weights
are large; ours are uint8 and uint8, which never do. Such a processor is emulated (QEMU's user mode,
apt install qemu-user): windows of the shipped models, one by one, are answered here and there, and
of a run, by its bundle, recordings it was tested on.
"""

import argparse
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech import bundle, metrics
from lightspeech.audio import folders, io
from lightspeech.corpora import manifest
from lightspeech.evaluation import machine
from lightspeech.files import write_json
from lightspeech.inference.backends import onnx
from lightspeech.runtime.onnx_session import OnnxSession
from lightspeech.training import layout, predictions

OUTPUT = Path("results/benchmarks/without_vnni.json")
EMULATOR = ("qemu-x86_64", "-cpu", "Haswell-v4")
MODELS = ("nano", "micro", "small")
N_WINDOWS = 40
HERE = Path(__file__)


@dataclass
class Question:
    """Windows for a model, shape ``(windows, samples)``, and their classes where known."""

    bundle: str
    windows: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int64] | None = None

    def answer(self) -> npt.NDArray[np.float32]:
        """Answer windows one by one: shape ``(windows, n_classes)``."""
        opened = bundle.read(self.bundle)
        session = OnnxSession((opened.path / opened.model_file).read_bytes(), self.bundle)
        each = [session.run(onnx.OUTPUT, {onnx.WAVEFORM: row[None]}) for row in self.windows]
        return np.concatenate(each)


def main() -> None:
    """Compare, and write `OUTPUT`; asked for answers alone, give those."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Recordings, of which some are heard.")
    parser.add_argument("--run", nargs=2, metavar=("RUN", "BUNDLE"), help="Heard, and asked.")
    parser.add_argument("--answers", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.answers:
        questions = pickle.loads(asked.folder.read_bytes())
        asked.folder.write_bytes(pickle.dumps([each.answer() for each in questions]))
        return
    paths = folders.listing(asked.folder).recordings
    questions = [Question(name, windows_of(some(paths), name)) for name in MODELS]
    if asked.run is not None:
        questions.append(of_run(Path(asked.run[0]), asked.run[1]))
    figures = {
        Path(each.bundle).name: compare(each.answer(), there, each.truth)
        for each, there in zip(questions, emulated(questions), strict=True)
    }
    about = {"machine": machine.describe(), "emulator": " ".join(EMULATOR), "windows": N_WINDOWS}
    write_json(OUTPUT, {**about, "models": figures})
    print(figures)


def emulated(questions: list[Question]) -> list[npt.NDArray[np.float32]]:
    """Let the emulated processor answer."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "questions"
        file.write_bytes(pickle.dumps(questions))
        subprocess.run([*EMULATOR, sys.executable, HERE, file, "--answers"], check=True)
        answers: list[npt.NDArray[np.float32]] = pickle.loads(file.read_bytes())
    return answers


def of_run(run: Path, name: str) -> Question:
    """Ask a bundle about recordings that its run was tested on."""
    tested = predictions.read(run / layout.ANSWERS)
    lie = {u.id: u.path for u in manifest.read(layout.study_of(run.parent) / layout.MANIFEST)}
    paths = [lie[one] for one in some(tested.ids)]
    return Question(name, windows_of(paths, name), np.array(some([*tested.truth])))


def some(all_of_them: Sequence[Any]) -> list[Any]:
    """Take as many as are heard, evenly."""
    return [all_of_them[at] for at in np.linspace(0, len(all_of_them) - 1, N_WINDOWS).astype(int)]


def windows_of(paths: Sequence[Path], name: str) -> npt.NDArray[np.float32]:
    """The first window of recordings."""
    taken = bundle.read(name)
    rate = taken.sample_rate
    return np.stack([taken.windows.cut(io.load(path, rate), rate)[0] for path in paths])


def compare(
    here: npt.NDArray[np.float32],
    there: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int64] | None,
) -> dict[str, float]:
    """How far answers are apart, and what share of each class is right where that is known."""
    figures = {
        "largest_difference": round(float(np.abs(here - there).max()), 6),
        "other_labels": int((here.argmax(1) != there.argmax(1)).sum()),
    }
    if truth is not None:
        for place, answers in (("uar", here), ("uar_there", there)):
            right = metrics.uar(truth, answers.argmax(1), here.shape[1])
            figures[place] = round(float(right), 4)
    return figures


if __name__ == "__main__":
    main()

"""How many answers 40 dB less change, in every form of a shipped model.

    python benchmarks/gain.py ~/ravdess

Recordings are drawn by a seed and answered as they are, 40 dB quieter in floats, and quieter in the
steps of 16 bits, which is all that a device hears. NumPy, torch, ONNX and LiteRT hear floats; C
hears 16 bits always.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lightspeech import bundle
from lightspeech.audio import folders, frontend, io
from lightspeech.audio.windows import Waveform
from lightspeech.bundle import Bundle
from lightspeech.evaluation import machine
from lightspeech.export import c99, onnx, recover
from lightspeech.files import write_json
from lightspeech.frontends.mel_layer import MelLayer
from lightspeech.frontends.mel_products import MelProducts
from lightspeech.inference import dispatch
from lightspeech.training.run import Run

OUTPUT = Path("results/benchmarks/gain.json")
Array = npt.NDArray[np.float32]
Form = Callable[[Array], Array]
"""Windows, shape ``(n, samples)``, to probabilities, shape ``(n, n_classes)``."""


def steps(waveform: Waveform) -> Waveform:
    """Round to 16 bits."""
    return np.asarray(np.round(waveform * np.float32(32_768)) / np.float32(32_768), np.float32)


HEARD: dict[str, Callable[[Waveform], Waveform]] = {
    "as it is": lambda waveform: waveform,
    "-40 dB": lambda waveform: waveform * np.float32(0.01),
    "-40 dB, 16 bits": lambda waveform: steps(waveform * np.float32(0.01)),
    "-20 dB, 16 bits": lambda waveform: steps(waveform * np.float32(0.1)),
}
FLOATS = "-40 dB"
"""What C cannot hear."""


def forms(shipped: Bundle) -> Iterator[tuple[str, Form]]:
    """Open a model in every form."""
    run = recover.recover(shipped)
    cfg = run.config.frontend.config
    layer = MelLayer(cfg)
    yield (
        "NumPy",
        behind(run, lambda rows: np.stack([frontend.features(row, cfg) for row in rows])),
    )
    yield "torch", behind(run, lambda rows: layer(torch.from_numpy(rows)).numpy())
    yield "ONNX", dispatch.open(shipped).predict
    [network] = bundle.parts(shipped)
    yield "LiteRT", in_litert(network)
    yield "C", dispatch.open(shipped, backend="native").predict


def in_litert(network: Bundle) -> Form:
    """Run the network that lies beside a model, behind the products of its LiteRT front end."""
    from ai_edge_litert.interpreter import Interpreter

    content = (network.path / network.model_file).read_bytes()
    cfg, to = c99.hears(network, content)
    opened, products = Interpreter(model_content=content, num_threads=1), MelProducts(cfg)
    opened.allocate_tensors()
    [source], [scores] = opened.get_input_details(), opened.get_output_details()
    scale, _ = scores["quantization"]

    def predict(windows: Array) -> Array:
        rows = []
        for features in to.quantize(products(torch.from_numpy(windows)).numpy()):
            opened.set_tensor(source["index"], features[None].astype(np.int8))
            opened.invoke()
            rows.append(opened.get_tensor(scores["index"])[0] * scale / network.temperature)
        odds = np.exp(np.stack(rows))
        return np.asarray(odds / odds.sum(1, keepdims=True), np.float32)

    return predict


def behind(run: Run, front: Form) -> Form:
    """Put the integers of a network, in torch, behind a front end."""
    network = onnx.integers(run.network)

    @torch.no_grad()
    def predict(windows: Array) -> Array:
        logits = network(torch.from_numpy(front(windows)))
        rows: Array = torch.softmax(logits / run.temperature, 1).numpy()
        return rows

    return predict


def changed(form: Form, shipped: Bundle, waveforms: list[Waveform]) -> dict[str, float]:
    """Give the share of recordings whose label is another than as they are, by what is heard."""
    windows, rate = shipped.windows, shipped.sample_rate
    labels = {
        name: np.array(
            [windows.pooled(form(windows.cut(hear(each), rate))).argmax() for each in waveforms]
        )
        for name, hear in HEARD.items()
    }
    before = labels.pop("as it is")
    return {name: round(float((after != before).mean()), 6) for name, after in labels.items()}


def main() -> None:
    """Measure, and write `OUTPUT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Recordings, of which some are heard.")
    parser.add_argument("--most", type=int, default=200, help="Recordings that are heard.")
    parser.add_argument("--models", nargs="*", default=["micro"])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    paths = folders.listing(asked.folder).recordings
    drawn = np.random.default_rng(0).permutation(len(paths))[: asked.most]
    waveforms = [io.load(paths[at], 16_000) for at in sorted(drawn)]
    loudness = [20 * np.log10(np.sqrt(np.mean(np.square(each)))) for each in waveforms]
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for model in asked.models:
        shipped = bundle.read(model)
        for name, form in forms(shipped):
            found = changed(form, shipped, waveforms)
            if name == "C":
                del found[FLOATS]
            figures.setdefault(name, {})[model] = found
            print(model, name, found, flush=True)
    about = {"machine": machine.describe(), "recordings": len(waveforms)}
    about |= {"corpus": asked.folder.name, "rms_db": round(float(np.median(loudness)), 1)}
    write_json(OUTPUT, {**about, "forms": figures})


if __name__ == "__main__":
    main()

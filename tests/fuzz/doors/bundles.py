"""Bundles: what describes them, and models of every format, edited as their hash would allow."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import onnx
from mutations import INTEGERS, as_json, binary, odd_text, text
from onnx import helper

import lightspeech
from doors import Door, linked, one_of, replaced
from doors.audio import RATE, speech
from lightspeech import bundle as bundles
from lightspeech.bundle import places
from lightspeech.evaluation import device_cost, kept
from lightspeech.export import c99, tflite_check, tflite_file

ZOO = places.ZOO
SOUND = speech(1.2).astype(np.float32)


OPERATORS = ("Loop", "If", "Resize", "Expand", "ConstantOfShape", "Tile", "Pad", "LSTM", "Gather",
             "ConvTranspose", "TopK", "STFT", "DFT")  # fmt: skip
"""That ask for much memory, time, or what lies elsewhere."""


def answer(folder: Path) -> None:
    """Open a bundle and ask it."""
    lightspeech.load(folder)(SOUND, sample_rate=RATE)


def _shipped(name: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copytree(ZOO / name, folder, dirs_exist_ok=True)


def _described_anew(folder: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the model of a bundle, and let its description say so."""
    description = folder / bundles.DESCRIPTION
    said = json.loads(description.read_text())
    model = change((folder / said["model_file"]).read_bytes())
    said |= {"sha256": hashlib.sha256(model).hexdigest(), "size_bytes": len(model)}
    replaced(folder / said["model_file"], model)
    replaced(description, json.dumps(said).encode())


def _spoil_model(change: Callable[[Random, bytes], bytes]) -> Callable[[Random, Path, Path], None]:
    def spoil(rng: Random, good: Path, to: Path) -> None:
        linked(good, to)
        _described_anew(to, lambda model: change(rng, model))

    return spoil


def as_onnx(rng: Random, data: bytes) -> bytes:
    """Edit a graph: operators, attributes, shapes, names, constants; now and then its bytes."""
    if rng.random() < 0.3:
        return binary(rng, data)
    model = onnx.load_from_string(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        rng.choice(_EDITS)(rng, model.graph, rng.choice(model.graph.node))
    return bytes(model.SerializeToString())


def _attribute(rng: Random, graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    nodes = [each for each in graph.node if each.attribute]
    attribute = rng.choice(rng.choice(nodes).attribute) if nodes else None
    if attribute is None:
        return
    if attribute.ints:
        attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(INTEGERS)
    elif attribute.type == onnx.AttributeProto.INT:
        attribute.i = rng.choice(INTEGERS)
    else:
        attribute.name = odd_text(rng).encode("utf-8", "replace").decode()


def _operator(rng: Random, graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    kinds = [each.op_type for each in graph.node]
    node.op_type = rng.choice([*kinds, *OPERATORS])


def _wire(rng: Random, graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    names = [name for each in graph.node for name in (*each.input, *each.output)]
    side = rng.choice((node.input, node.output))
    if side and rng.random() < 0.8:
        side[rng.randrange(len(side))] = rng.choice([*names, ""])
    else:
        side.append(rng.choice(names))


def _constant(rng: Random, graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    if not graph.initializer:
        return
    tensor = rng.choice(graph.initializer)
    change = rng.randrange(4)
    if change == 0 and tensor.dims:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(INTEGERS)
    elif change == 1:
        tensor.data_type = rng.randrange(24)
    elif change == 2 and tensor.raw_data:
        tensor.raw_data = binary(rng, tensor.raw_data)
    else:
        small = rng.choice([each for each in graph.initializer if len(each.raw_data) <= 64])
        n_values = max(len(small.raw_data) // 8, 1)
        odd = [rng.choice(INTEGERS) for _ in range(n_values)]
        small.CopyFrom(helper.make_tensor(small.name, onnx.TensorProto.INT64, [n_values], odd))


def _ends(rng: Random, graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    end = rng.choice([*graph.input, *graph.output]).type.tensor_type
    if end.shape.dim and rng.random() < 0.7:
        rng.choice(end.shape.dim).dim_value = rng.choice(INTEGERS)
    else:
        end.elem_type = rng.randrange(24)


def _fewer(rng: Random, graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    del graph.node[rng.randrange(len(graph.node))]


_EDITS = (_attribute, _attribute, _operator, _wire, _constant, _constant, _ends, _fewer)


def _open_litert(folder: Path) -> None:
    """Check and run a network as the back end does, which takes whole bundles alone."""
    from ai_edge_litert.interpreter import Interpreter

    from lightspeech.quiet import muted

    opened = bundles.read(folder)
    model = (folder / opened.model_file).read_bytes()
    tflite_check.check(tflite_file.read(model))
    try:
        with muted():
            interpreter = Interpreter(model_content=model, num_threads=1)
            interpreter.allocate_tensors()
            interpreter.invoke()
    except (ValueError, RuntimeError):  # the back end makes an error of ours of it
        return


def _make_c(folder: Path) -> None:
    network = bundles.read(ZOO / "nano" / "nano-litert-network")
    c99.rewrite(network, dataclasses.replace(network, path=folder))


def _boards(folder: Path) -> None:
    device_cost.find(bundles.read(folder))


def _make_kept(folder: Path) -> None:
    root = Path(__file__).parents[3] / "results" / "models" / "ravdess" / "nano-int8"
    shutil.copytree(root, folder, dirs_exist_ok=True)


def _open_kept(folder: Path) -> None:
    for described, model in kept.read(folder):
        kept.OnnxSession(model, described.corpus)


DESCRIPTION = one_of(json=as_json)
DOORS = [
    Door(name="bundle.json", share=4, make=_shipped("nano"), spoil=DESCRIPTION, enter=answer),
    Door(name="bundle.json of a network", share=2, make=_shipped("nano/nano-litert-network"),
         spoil=DESCRIPTION, enter=bundles.read),
    Door(name="model.onnx", share=4, make=_shipped("nano"), spoil=_spoil_model(as_onnx),
         enter=answer),
    Door(name="model.tflite", share=5, make=_shipped("nano/nano-litert-network"),
         spoil=_spoil_model(binary), enter=_open_litert),
    Door(name="bundle of C", share=0.6, make=_make_c,
         spoil=one_of(h=text, c=text, json=as_json), enter=_boards),
    Door(name="kept models", share=0.6, make=_make_kept, spoil=one_of(json=as_json),
         enter=_open_kept),
]  # fmt: skip

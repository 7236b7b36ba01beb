"""C99 = TFLite Micro = LiteRT's reference kernels, bit for bit, layer by layer and at random."""

import re

import numpy as np
import pytest

from lightspeech.evaluation import tflite_micro
from lightspeech.export import c99

ROWS = 8
SAME, VALID = 0, 1
LITERT_STEPS = {"reduced": 1, "reshaped": 1}
"""LiteRT rounds a FULLY_CONNECTED once, TFLite Micro and C99 twice as all other layers."""


def rows_for(built, n=ROWS, seed=5):
    rng = np.random.default_rng(seed)
    return rng.integers(-128, 128, (n, *built.shape(built.inputs[0]))).astype(np.int8)


def conv(net):
    net.conv(5, (3, 2), (2, 1), SAME)


def dilated(net):
    net.conv(3, (2, 2), (1, 1), VALID, (2, 3), activation=3)


def narrowing(net):
    net.conv(4, (1, 1), activation=0)
    net.conv(3, (1, 1))


def padded_conv(net):
    net.move("PAD", (1, 11, 8, 4), [[0, 0], [2, 0], [1, 1], [0, 0]])
    net.conv(4, (3, 3), (2, 2), VALID)


def pad(net):
    net.move("PAD", (1, 9, 7, 7), [[0, 0], [0, 0], [1, 0], [1, 2]])


def depthwise(net):
    net.depthwise((3, 3), (2, 1), SAME)


def one_channel(net):
    net.conv(1, (1, 1))
    net.depthwise((3, 2), (1, 1), SAME, multiplier=6)


def pools(net):
    net.pool("AVERAGE_POOL_2D", (2, 3), (2, 2), SAME)
    net.pool("MAX_POOL_2D", (3, 2), (1, 2), VALID)


def residual(net):
    before = net.conv(4, (1, 1), activation=0)
    net.conv(4, (3, 1))
    net.pair("ADD", before, activation=1)


def repeated(net):
    net.pair("MUL", net.operand((1, 9, 1, 4)))
    net.pair("ADD", net.operand((1, 1, 1, 4)))
    net.pair("MUL", net.operand((1, 1, 1, 1)))


def reduced(net):
    before = net.last
    mean = net.reduce("MEAN", [1, 2], scale=(0.03, -7))
    net.last = before
    most = net.reduce("REDUCE_MAX", [1, 2])
    net.last = most
    most = net.quantize(0.03, -7)
    net.concatenation([mean, most], 1)
    net.fully_connected(5)


def mean_of_the_same_scale(net):
    net.reduce("MEAN", [1, 2])


def mean_along_channels(net):
    net.reduce("MEAN", [3], scale=(0.07, 11))


def transposed(net):
    net.move("TRANSPOSE", (1, 4, 9, 6), [0, 3, 1, 2])
    net.pool("MAX_POOL_2D", (2, 2), (2, 2), VALID)


def transposed_then_reduced(net):
    net.move("TRANSPOSE", (1, 4, 9, 6), [0, 3, 1, 2])
    net.reduce("MEAN", [2, 3], scale=(0.02, 0))


def reshaped(net):
    net.move("RESHAPE", (1, 216), [1, 216])
    net.fully_connected(3, per_channel=False)


def sliced(net):
    net.slice((1, 5, 4, 2), [0, 2, 1, 1])


def residual_without_padding(net):
    net.conv(4, (1, 1))
    before = net.last
    net.depthwise((3, 1), (1, 1), VALID)
    after = net.conv(4, (1, 1), activation=0)
    net.last = before
    net.slice((1, 7, 6, 4), [0, 1, 0, 0])
    net.pair("ADD", after, activation=1)


def joined(net):
    one = net.conv(4, (1, 1))
    net.last = net.inputs[0]
    net.conv(3, (1, 1))
    other = net.quantize(*net.scale(one))
    net.concatenation([one, other, one], 3)


LAYERS = [
    conv, dilated, narrowing, padded_conv, pad, depthwise, one_channel, pools, residual, repeated,
    reduced, mean_of_the_same_scale, mean_along_channels, transposed, transposed_then_reduced,
    reshaped, sliced, residual_without_padding, joined,
]  # fmt: skip


@pytest.mark.parametrize("layers", LAYERS, ids=lambda layers: layers.__name__)
def test_each_layer_gives_the_bits_of_the_references(layers, network, run_c, run_micro, run_litert):
    net = network((1, 9, 6, 4))
    layers(net)
    model, rows = net.to_bytes(), rows_for(net)
    found = run_c(model, rows, int(np.prod(net.shape(net.last))))
    assert np.ptp(found.astype(int)) > 10  # not all cut off
    steps = np.abs(found.astype(int) - run_litert(model, rows))
    assert steps.max() <= LITERT_STEPS.get(layers.__name__, 0)
    answers, _ = run_micro({"model": model}, {"model": rows})
    np.testing.assert_array_equal(found, answers["model"])


def random_network(network, seed):
    """Layers in random order; a picture stays a picture until a mean ends it."""
    net = network((1, 11, 5, 3), scale=0.04, zero=-20, seed=seed)
    rng = np.random.default_rng(seed)
    for _ in range(rng.integers(1, 6)):
        before, (_, h, w, c) = net.last, net.shape(net.last)
        kernel = (int(rng.integers(1, min(h, 4) + 1)), int(rng.integers(1, min(w, 4) + 1)))
        stride = tuple(int(n) for n in rng.integers(1, 3, 2))
        padding = int(rng.integers(2))
        kind = rng.integers(6)
        if kind == 0:
            net.conv(int(rng.integers(1, 9)), kernel, stride, padding)
        elif kind == 1 and c > 1:
            net.depthwise(kernel, stride, padding)
        elif kind == 2:
            net.conv(c, (1, 1), activation=int(rng.choice([0, 1, 3])))
            net.pair("ADD", before, activation=1)
        elif kind == 3:
            net.pool(str(rng.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"])), kernel, stride, padding)
        elif kind == 4:
            net.move("PAD", (1, h + 2, w + 1, c), [[0, 0], [1, 1], [0, 1], [0, 0]])
            net.conv(5, (3, 2), stride, VALID)
        else:
            net.pair("MUL", net.operand((1, 1, 1, c)))
    net.reduce("MEAN", [1, 2], scale=(net.scale()[0] / 2, 0))
    return net


def test_random_networks_give_the_bits_of_tflite_micro(network, run_c, run_micro):
    made = {f"net{seed}": random_network(network, seed) for seed in range(10)}
    models = {name: net.to_bytes() for name, net in made.items()}
    rows = {name: rows_for(net) for name, net in made.items()}
    answers, _ = run_micro(models, rows)
    for name, net in made.items():
        found = run_c(models[name], rows[name], net.shape(net.last)[1])
        np.testing.assert_array_equal(found, answers[name], err_msg=name)


def test_c_needs_little_more_than_half_the_memory_of_tflite_micros_arena(network, tmp_path):
    pytest.importorskip("tflite_micro", reason="needs tflite-micro")
    net = network((1, 74, 1, 64))
    net.conv(80, (3, 1), (2, 1))
    for _ in range(3):
        before = net.last
        net.depthwise((7, 1))
        net.conv(80, (1, 1), activation=0)
        net.pair("ADD", before, activation=1)
    net.reduce("MEAN", [1, 2])
    model = net.to_bytes()
    (tmp_path / "model.tflite").write_bytes(model)
    arena = tflite_micro.arena_bytes(tmp_path / "model.tflite")
    header = c99.sources(model, [str(i) for i in range(80)])["ls_model.h"]
    assert int(re.search(r"LS_MODEL_ARENA_SIZE (\d+)", header)[1]) < 0.55 * arena


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(64)])
def test_what_tflite_micro_cannot_run_has_no_arena(data, tmp_path):
    (tmp_path / "model.tflite").write_bytes(data)
    assert tflite_micro.arena_bytes(tmp_path / "model.tflite") is None

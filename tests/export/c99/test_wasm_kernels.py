"""The kernels with vectors of WebAssembly have the bits of the plain ones, whatever the sizes."""

import shutil
import subprocess
from importlib.resources import files

import numpy as np
import pytest

from lightspeech.export import c99
from lightspeech.export.wasm import compiler

SAME, VALID = 0, 1
MAIN = """
#include "ls_model.h"
static ls_model model;
__attribute__((export_name("input"))) int8_t *input(void) { return ls_model_input(&model); }
__attribute__((export_name("run"))) const int8_t *run(void) {
    ls_model_run(&model);
    return ls_model_output(&model);
}
"""
NODE = """
import { readFileSync, writeFileSync } from 'node:fs';
const [outputs] = process.argv.slice(1).map(Number);
const { exports: c } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync('net.wasm')));
const rows = readFileSync('rows'), size = rows.length / 8, given = [];
for (let at = 0; at < rows.length; at += size) {
  new Uint8Array(c.memory.buffer, c.input(), size).set(rows.subarray(at, at + size));
  given.push(...new Uint8Array(c.memory.buffer, c.run(), outputs));
}
writeFileSync('out', Uint8Array.from(given));
"""


def convolutions(net, c):
    net.conv(c + 3, (3, 1), activation=0)
    net.conv(c, (1, 1), activation=0)
    net.conv(5, (2, 2), (2, 1), VALID, activation=0)


def depthwise(net, c):
    net.depthwise((3, 1), (1, 1), SAME, activation=0)
    net.depthwise((3, 3), (2, 1), SAME, activation=0)


def sums(net, c):
    before = net.conv(c, (1, 1), activation=0)
    net.conv(c, (3, 1))
    net.pair("ADD", before)
    net.pair("MUL", net.operand((1, 1, 1, c)))


def to_the_left(net, c):
    """Weights so large that an output is a shift to the left of its sum."""
    net._output = lambda shape, terms: net.tensor(shape, 1e-5, 2)
    net.conv(5, (1, 1), activation=3)
    net.depthwise((3, 1), (1, 1), SAME, activation=0)


@pytest.mark.parametrize("channels", [3, 4, 8, 13, 24])
@pytest.mark.parametrize("layers", [convolutions, depthwise, sums, to_the_left])
def test_a_network_gives_the_same_bits(layers, channels, network, run_c, tmp_path):
    for tool in ("clang", "wasm-ld", "node"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    net = network((1, 9, 4, channels), zero=-7)
    layers(net, channels)
    model = net.to_bytes()
    shape = net.shape(net.last)
    rows = np.random.default_rng(1).integers(-128, 128, (8, 9 * 4 * channels)).astype(np.int8)
    folder = tmp_path / "wasm"
    folder.mkdir()
    for name, text in c99.sources(model, ["x"] * int(np.prod(shape))).items():
        (folder / name).write_text(text)
    (folder / "main.c").write_text(MAIN)
    (folder / "rows").write_bytes(rows.tobytes())
    includes = ("-isystem", str(files("lightspeech.export.wasm") / "libc"))
    sources = sorted(file.name for file in folder.glob("*.c"))
    command = [*compiler.CLANG, *compiler.FLAGS, *includes, *sources, "-o", "net.wasm"]
    subprocess.run(command, cwd=folder, check=True, timeout=100)
    script = ["node", "--no-warnings", "--input-type=module", "--eval", NODE]
    subprocess.run([*script, str(int(np.prod(shape)))], cwd=folder, check=True, timeout=100)
    found = np.frombuffer((folder / "out").read_bytes(), np.int8).reshape(8, -1)
    np.testing.assert_array_equal(found, run_c(model, rows, int(np.prod(shape)), "-O2"))
    assert len(np.unique(found)) > 3

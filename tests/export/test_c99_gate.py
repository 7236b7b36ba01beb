"""The voice gate in C says of 16-bit samples what the gate in Python says."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lightspeech.audio import gate, nobody
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.corpora import synthetic
from lightspeech.evaluation import device_cost
from lightspeech.export.c99 import frontend as c99_frontend
from lightspeech.export.c99 import gate as c99_gate
from lightspeech.export.c99.frontend import Input

RATE = 16_000
SHIPPED = MelConfig(level="loudest")
WINDOWS = Windows(window_s=3.0, hop_s=1.0)
STATE_BYTES = 1 << 17
GOLDEN = np.load(Path(__file__).parents[1] / "golden/gate.npz")
KNOWN = 37 - gate.DELAY - gate.HOLD


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A voice, silence, hiss, a melody that flickers and a hum, as 16 bits."""
    from lightspeech import read_audio

    cfg = synthetic.Config(speakers=2, sentences=1, seed=3, root=tmp_path_factory.mktemp("voice"))
    voice = [read_audio(utterance.path) for utterance in synthetic.read(cfg).utterances]
    rng = np.random.default_rng(0)
    t = np.arange(2 * RATE) / RATE
    hum = 0.05 * sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 12))
    melody = nobody.made("melody", np.random.default_rng(5))
    parts = (*voice, np.zeros(RATE), 0.1 * rng.standard_normal(3 * RATE), *voice[:2], melody, hum)
    return (32_767 * np.concatenate(parts).clip(-1, 1)).round().astype(np.int16)


@pytest.fixture
def load_front(tmp_path, load_c):
    def load(cfg, windows=WINDOWS, gate_c=None, options=()):
        ones = np.ones(cfg.n_features, np.float32)
        made = c99_frontend.sources(cfg, windows, Input(ones, ones, 0.05, 0))
        for name, text in made.items():
            if "listen" not in name:  # which needs a network
                (tmp_path / name).write_text(text)
        if gate_c is not None:
            (tmp_path / "ls_gate.c").write_text(gate_c)
        library = load_c(tmp_path, *options)
        library.ls_frontend_push.restype = ctypes.c_size_t
        library.ls_frontend_speech.restype = ctypes.c_float
        return library

    return load


def hear(library, samples):
    """Share of speech at each window that is due."""
    state = ctypes.create_string_buffer(STATE_BYTES)
    library.ls_frontend_init(state)
    heard, at = [], 0
    window = np.empty(1 << 15, np.int8)
    while at < len(samples):
        rest = samples[at:]
        at += library.ls_frontend_push(
            state, rest.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(len(rest))
        )
        if library.ls_frontend_due(state):
            library.ls_frontend_window(state, window.ctypes.data_as(ctypes.c_void_p))
            heard.append(library.ls_frontend_speech(state))
    return heard


def expected(samples):
    """What Python says of the cells that are known when a window is due."""
    waveform = samples.astype(np.float32) / np.float32(32_768)
    scores = gate.Scorer(gate.weights()).scores(gate.levels(gate.energies(waveform)))
    sounds = scores >= gate.weights().threshold
    reach = 2 * gate.HOLD + 1
    held = np.lib.stride_tricks.sliding_window_view(np.pad(sounds, gate.HOLD), reach).any(1)
    shares, flickering = [], 0
    for frames in range(74, (len(samples) - 1024) // 640 + 2, 25):
        known = (frames + 1) // 2 - gate.HOLD
        cells = slice(known - KNOWN, known)
        flickers, long = gate.flickers(sounds[cells]), sounds[cells].sum() >= 4
        shares.append((sounds if flickers else held)[cells].mean() if long else 0.0)
        flickering += long and flickers
    assert flickering
    return shares


def test_c_hears_speech_where_python_does(load_front, samples):
    heard = hear(load_front(SHIPPED), samples)
    shares = expected(samples)
    assert len(heard) == len(shares) > 15
    assert min(shares) == 0
    assert max(shares) == 1
    # A level on the edge between two steps may fall on either side: a word more or less.
    np.testing.assert_allclose(heard, shares, atol=(2 * gate.HOLD + 1.5) / KNOWN)
    assert np.mean(np.isclose(heard, shares)) > 0.8


HEAR = """
#include <stddef.h>
#include "ls_gate.h"
void hear(const int32_t *levels, int cells, uint8_t *speech);
void hear(const int32_t *levels, int cells, uint8_t *speech) {
    ls_gate gate;
    ls_gate_init(&gate);
    for (int n = 0; n < cells; n++) {
        ls_gate_hear(&gate, levels + (size_t)n * LS_GATE_BANDS);
        speech[n] = gate.speech[(gate.cells - 1) % LS_GATE_CELLS];
    }
}
"""


@pytest.mark.parametrize(
    "options", [(), ("-DLS_SMLAD",), ("-DLS_VECTORS",)], ids=["plain", "smlad", "vectors"]
)
def test_c_hears_speech_in_the_golden_levels_where_their_scores_say_so(tmp_path, load_c, options):
    ones = np.ones(SHIPPED.n_features, np.float32)
    for name, text in c99_frontend.sources(SHIPPED, WINDOWS, Input(ones, ones, 1, 0)).items():
        if any(part in name for part in ("gate", "config", "pairs")):
            (tmp_path / name).write_text(text)
    (tmp_path / "hear.c").write_text(HEAR)
    levels = GOLDEN["levels"].astype(np.int32)
    marks = np.empty(len(levels), np.uint8)
    load_c(tmp_path, *options).hear(
        levels.ctypes.data_as(ctypes.c_void_p), len(levels), marks.ctypes.data_as(ctypes.c_void_p)
    )
    expected = GOLDEN["scores"] >= gate.weights().threshold
    assert np.array_equal(marks[gate.DELAY :][: len(expected)], expected)


RECORD = """
#include <string.h>
#include "ls_gate.h"
int32_t levels[1024][LS_GATE_BANDS];
int cells;
void ls_gate_init(ls_gate *gate) { gate->cells = 0; cells = 0; }
void ls_gate_hear(ls_gate *gate, const int32_t *heard) {
    gate->cells++;
    memcpy(levels[cells++], heard, sizeof levels[0]);
}
float ls_gate_share(const ls_gate *gate) { return (float)gate->cells; }
"""


def test_levels_in_single_precision_are_the_golden_ones_or_a_step_beside(load_front):
    """Of bands that the network hears; further below the peak there is the noise of 24 bits."""
    library = load_front(SHIPPED, WINDOWS, RECORD)
    hear(library, GOLDEN["samples"])
    cells = ctypes.c_int.in_dll(library, "cells").value
    kind = ctypes.c_int32 * gate.N_BANDS * 1024
    found = np.array(kind.in_dll(library, "levels"))[:cells]
    golden = GOLDEN["levels"][:cells].astype(int)
    assert cells == (len(GOLDEN["samples"]) - gate.MEL.n_fft) // gate.CELL + 1
    inputs, _ = gate.relative(golden, gate.NOTHING)
    heard = inputs > -gate.RANGE
    away = np.abs(found - golden)[heard]
    assert away.max() <= 1
    assert (away == 0).mean() > 0.98
    assert heard.mean() > 0.5


WASM = """
#include "ls_gate.h"
static ls_gate gate;
int32_t levels[LS_GATE_BANDS];
void begin(void);
int hear(void);
int32_t *place(void);
void begin(void) { ls_gate_init(&gate); }
int32_t *place(void) { return levels; }
int hear(void) {
    ls_gate_hear(&gate, levels);
    return gate.speech[(gate.cells - 1) % LS_GATE_CELLS];
}
"""
NODE = """
import { readFileSync } from 'node:fs';
const [wasm, data] = process.argv.slice(1).map((path) => readFileSync(path));
const { exports: c } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
const levels = new Int32Array(data.buffer, data.byteOffset, data.length / 4);
c.begin();
const heard = [];
for (let at = 0; at < levels.length; at += 16) {
  new Int32Array(c.memory.buffer, c.place(), 16).set(levels.subarray(at, at + 16));
  heard.push(c.hear());
}
console.log(heard.join(' '));
"""


@pytest.mark.parametrize("kind", ["golden", "made"])
def test_the_gate_is_web_assembly_that_needs_no_library(tmp_path, samples, kind):
    for tool in ("clang", "wasm-ld", "node"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    ones = np.ones(SHIPPED.n_features, np.float32)
    for name, text in c99_frontend.sources(SHIPPED, WINDOWS, Input(ones, ones, 1, 0)).items():
        (tmp_path / name).write_text(text)
    (tmp_path / "main.c").write_text(WASM)
    exports = [f"-Wl,--export={name}" for name in ("begin", "hear", "place")]
    command = [
        "clang", "--target=wasm32", "-std=c99", "-O2", "-Wall", "-Werror", "-ffreestanding",
        "-nostdlib", "-fno-builtin", "-Wl,--no-entry", *exports, "main.c", "ls_gate.c",
        "-o", "gate.wasm",
    ]  # fmt: skip
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    levels = GOLDEN["levels"]
    if kind == "made":
        levels = gate.levels(gate.energies(samples.astype(np.float32) / np.float32(32_768)))
    levels.astype("<i4").tofile(tmp_path / "levels")
    script = ["node", "--no-warnings", "--input-type=module", "--eval", NODE]
    done = subprocess.run(
        [*script, "gate.wasm", "levels"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    scores = gate.Scorer(gate.weights()).scores(levels.astype(np.int64))
    expected = scores >= gate.weights().threshold
    if kind == "golden":
        n = len(GOLDEN["scores"])
        assert scores[gate.DELAY :][:n].tolist() == GOLDEN["scores"].tolist()
    assert [int(mark) for mark in done.stdout.split()] == expected.astype(int).tolist()
    assert {0, 1} == set(expected.astype(int).tolist())


@pytest.mark.parametrize("kind", ["log_mel", "mfcc"])
def test_the_gate_hears_what_comes_before_level_and_cepstra(kind):
    assert c99_gate.hears(MelConfig(kind=kind, level="kept", floor=1e-9))
    assert c99_gate.hears(MelConfig(kind=kind, level="recent", floor=1e-18, range_db=30))


@pytest.mark.parametrize(
    "other", [{"n_fft": 512}, {"hop_length": 320}, {"n_mels": 40}, {"kind": "spectrogram"}]
)
def test_a_front_end_of_other_bands_has_no_gate_and_everybody_speaks(load_front, other):
    cfg = MelConfig(**other)
    library = load_front(cfg, Windows(window_s=0.8, hop_s=0.4))
    assert "ls_gate.c" not in c99_frontend.sources(
        cfg, WINDOWS, Input(*(np.ones(cfg.n_features, np.float32),) * 2, 0.05, 0)
    )
    assert set(hear(library, np.zeros(RATE, np.int16))) == {1.0}


def test_where_the_gate_is_left_out_everybody_speaks(load_front):
    library = load_front(SHIPPED, options=[device_cost.NO_GATE])
    assert set(hear(library, np.zeros(4 * RATE, np.int16))) == {1.0}

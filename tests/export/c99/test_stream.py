"""Networks without padding hear a stream: after every hop the very scores of the window."""

import subprocess

import numpy as np
import pytest
from tests.export.c99.conftest import SANITIZERS

from lightspeech import bundle
from lightspeech.export.c99 import sources, trusted
from lightspeech.inference import dispatch
from lightspeech.workflows.convert import convert

VALID = 1
PIPE = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ls_model.h"
static ls_model model;
static ls_stream streams[2]; /* the second hears the same, each frame a while later */
static int8_t frames[4096][LS_MODEL_INPUT_FEATURES];
static int is_due(int heard) {
    const int more = heard - LS_MODEL_INPUT_FRAMES;
    return more >= 0 && more % LS_STREAM_STRIDE == 0 && rand() % 3 == 0;
}
static void compare(ls_stream *stream, int heard) {
    memcpy(ls_model_input(&model), frames[heard - LS_MODEL_INPUT_FRAMES], LS_MODEL_INPUT_SIZE);
    ls_model_run(&model);
    const int8_t *scores = ls_stream_decide(stream);
    if (memcmp(scores, ls_model_output(&model), LS_MODEL_OUTPUT_SIZE) != 0) exit(9);
    fwrite(scores, 1, LS_MODEL_OUTPUT_SIZE, stdout);
}
int main(void) {
    const int n = (int)(fread(frames, 1, sizeof frames, stdin) / sizeof frames[0]);
    for (int turn = 0; turn < 2; ++turn) {
        ls_stream_reset(&streams[0]);
        ls_stream_reset(&streams[1]);
        for (int i = 0, k = 0; i < n || k < n;) {
            int *const heard = i < n && (k >= i || rand() % 2) ? &i : &k;
            ls_stream_hear(&streams[heard == &k], frames[*heard]);
            ++*heard;
            if (is_due(*heard)) compare(&streams[heard == &k], *heard);
        }
    }
    return 0;
}
"""


def block(net, rng):
    """Depthwise and pointwise, with or without a residual, as the stream tier has them."""
    before = net.last
    _, rows, _, channels = net.shape(before)
    kernel = int(rng.choice([1, 3, 5]))
    net.depthwise((kernel, 1), (1, 1), VALID)
    after = net.conv(channels, (1, 1), activation=0)
    if rng.random() < 0.7:
        net.last, lost = before, kernel // 2
        if lost:
            net.slice((1, rows - 2 * lost, 1, channels), [0, lost, 0, 0])
        net.pair("ADD", after, activation=1)


def trunk(net, rng):
    stride = int(rng.integers(1, 3))
    net.conv(int(rng.integers(2, 14)), (int(rng.integers(stride, 5)), 1), (stride, 1), VALID)
    for _ in range(rng.integers(0, 4)):
        block(net, rng)
    if rng.random() < 0.4:
        dilation = (int(rng.integers(1, 3)), 1)
        net.conv(int(rng.integers(2, 9)), (2, 1), (1, 1), VALID, dilation, activation=0)


def statistics(net):
    last = net.last
    mean = net.reduce("MEAN", [1, 2])
    net.last = last
    return net.concatenation([mean, net.reduce("REDUCE_MAX", [1, 2])], 1)


def stream_network(network, seed):
    rng = np.random.default_rng(seed)
    net = network((1, int(rng.integers(30, 48)), int(rng.integers(2, 9))), seed=seed)
    _, frames, features = net.shape(net.last)
    net.move("RESHAPE", (1, frames, 1, features), [1, frames, 1, features])
    narrow = net._output
    net._output = lambda shape, terms: narrow(shape, 2_000 * terms)  # so that little is cut off
    trunk(net, rng)
    statistics(net)
    net.fully_connected(5)
    return net


@pytest.mark.parametrize("options", [(), ("-DLS_SMLAD",)], ids=["plain", "smlad"])
@pytest.mark.parametrize("seed", range(8))
def test_a_stream_gives_the_bits_of_the_window(seed, options, network, run_c):
    net = stream_network(network, seed)
    features = net.shape(net.inputs[0])[2]
    frames = np.random.default_rng(seed).integers(-128, 128, (150, features)).astype(np.int8)
    answers = run_c(net.to_bytes(), frames, 5, *SANITIZERS, *options, pipe=PIPE)
    assert len(answers) > 40
    assert len(np.unique(answers)) > 20


def padded(net):
    net.conv(4, (3, 1), (2, 1))
    statistics(net)


def looks_at_all(net):
    """A layer that takes the rows of a window as one."""
    net.conv(4, (3, 1), (1, 1), VALID)
    net.move("RESHAPE", (1, 40), [1, 40])
    net.fully_connected(10)


def out_of_step(net):
    """Rows that are as many, but come two frames apart."""
    before = net.conv(4, (3, 1), (1, 1), VALID)
    net.last = net.inputs[0]
    net.slice((1, 10, 1, 3), [0, 2, 0, 0])
    net.conv(4, (1, 1))
    net.pair("ADD", before)
    statistics(net)


@pytest.mark.parametrize("grow", [padded, looks_at_all, out_of_step])
def test_what_no_stream_can_compute_hears_windows(grow, network):
    net = network((1, 12, 1, 3))
    grow(net)
    labels = ["x"] * int(np.prod(net.shape(net.last)))
    assert "ls_stream" not in sources(net.to_bytes(), labels)["ls_model.h"]


LOOP = """
#include <stdio.h>
#include <stdlib.h>
#include "ls_recognizer.h"
static ls_recognizer recognizer;
int main(void) {
    int16_t block[1000];
    size_t n;
    ls_recognizer_init(&recognizer);
    while ((n = fread(block, sizeof block[0], (size_t)(rand() % 1000 + 1), stdin)) > 0) {
        for (size_t used = 0; used < n;) {
            used += ls_recognizer_hear(&recognizer, block + used, n - used);
            if (ls_recognizer_due(&recognizer)) {
                float p[LS_MODEL_OUTPUT_SIZE];
                ls_recognizer_answer(&recognizer, p);
                fwrite(p, sizeof p, 1, stdout);
            }
        }
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A model of the stream tier as C."""
    return convert(bundle.read("nano"), format="c99", bundles=tmp_path_factory.mktemp("shipped"))


@pytest.fixture
def answer(shipped, gcc, tmp_path):
    """What the C says of a stream of 16-bit samples that comes in blocks of any length."""
    for name, text in {**trusted.sources(shipped), "loop.c": LOOP}.items():
        (tmp_path / name).write_text(text)
    checks = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    program = gcc(tmp_path / "loop", *sorted(tmp_path.glob("*.c")), *checks)

    def run(samples):
        done = subprocess.run([program], input=samples.tobytes(), capture_output=True, check=True)
        return np.frombuffer(done.stdout, np.float32).reshape(-1, len(shipped.labels))

    return run


def test_a_stream_of_growing_sound_is_answered_as_predict_answers_its_windows(answer, shipped):
    """No earlier frame is the loudest: what a window does not hear of the past is nothing."""
    n = 7 * 16_000
    rng = np.random.default_rng(0)
    loudest = np.sin(2 * np.pi * np.arange(n) / 16)  # 1 kHz: the same in every frame
    quieter = 0.3 * rng.normal(0, 1, n) * (np.sin(np.arange(n) / 9_000.0) > 0)
    grown = 40 * np.exp(np.arange(n) / 30_000) * (loudest + quieter)
    samples = grown.clip(-32_768, 32_767).astype(np.int16)
    found = answer(samples)
    window, hop = shipped.windows.samples(16_000)
    frames = 1024 + 73 * 640  # a window's last samples are in no frame
    starts = range(0, n - frames + 1, hop)
    rows = np.stack([np.pad(samples[s : s + frames], (0, window - frames)) for s in starts])
    expected = dispatch.open(shipped).predict(rows / np.float32(32_768))
    assert len(found) > 3
    assert np.ptp(expected, axis=0).max() > 0.01
    np.testing.assert_array_equal(found, expected)

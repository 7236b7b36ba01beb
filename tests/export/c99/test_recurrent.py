"""LSTM layers in C99: the bits of TFLite Micro, by windows and frame by frame."""

import numpy as np
import pytest

from lightspeech.errors import BundleError
from lightspeech.evaluation import tflite_micro
from lightspeech.export import c99, tflite_file
from lightspeech.export.c99.recurrent import by_frame

FRAMES, FEATURES, ROWS = 11, 6, 16
STREAM = """
#include <stdio.h>
#include "ls_model.h"
static ls_model model;
int main(void) {
    int8_t frame[LS_MODEL_INPUT_FEATURES];
    ls_model_reset(&model);
    for (int i = 1; fread(frame, 1, sizeof frame, stdin) == sizeof frame; ++i) {
        ls_model_hear(&model, frame);
        if (i % 3 == 0) {
            ls_model_decide(&model); /* an answer on the way changes none that follows */
        }
        if (i % LS_MODEL_INPUT_FRAMES == 0) {
            ls_model_decide(&model);
            fwrite(ls_model_output(&model), 1, LS_MODEL_OUTPUT_SIZE, stdout);
            ls_model_reset(&model);
        }
    }
    return 0;
}
"""


def last_frame(net):
    """Two layers, the last frame of the second, and a head: what can be heard frame by frame."""
    net.lstm(12, power=-11)
    net.lstm(7, power=-13, hidden=(0.0081, -9))
    net.slice((1, 1, 7), [0, FRAMES - 1, 0])
    net.move("RESHAPE", (1, 7), [1, 7])
    net._output = lambda shape, terms: net.tensor(shape, 0.02, -4)
    net.fully_connected(4)


def every_frame(net):
    net.lstm(8)
    net.lstm(5, power=-9, hidden=(1 / 128, 0))
    net.reduce("MEAN", [1])


def behind(net):
    """A layer behind a convolution."""
    net.move("RESHAPE", (1, FRAMES, 1, FEATURES), [1, FRAMES, 1, FEATURES])
    net.conv(9, (3, 1), (2, 1), 0)
    net.move("RESHAPE", (1, 6, 9), [1, 6, 9])
    net.lstm(5, power=-15)
    net.slice((1, 1, 5), [0, 5, 0])
    net.move("RESHAPE", (1, 5), [1, 5])


def alone(net):
    net.lstm(5)


NETWORKS = {each.__name__: each for each in (last_frame, every_frame, behind, alone)}


def built(network, grow):
    net = network((1, FRAMES, FEATURES))
    grow(net)
    return net


def rows():
    rng = np.random.default_rng(3)
    return rng.integers(-128, 128, (ROWS, 1, FRAMES, FEATURES)).astype(np.int8)


@pytest.mark.parametrize("name", NETWORKS)
def test_c_gives_the_bits_of_tflite_micro(name, network, run_c, run_micro):
    net = built(network, NETWORKS[name])
    n_outputs = int(np.prod(net.shape(net.last)))
    answers, _ = run_micro({name: net.to_bytes()}, {name: rows()})
    here = run_c(net.to_bytes(), rows(), n_outputs)
    np.testing.assert_array_equal(here, answers[name])
    assert len(np.unique(here)) > 20


def test_frame_by_frame_gives_the_bits_of_windows(network, run_c):
    net = built(network, last_frame)
    windows = run_c(net.to_bytes(), rows(), 4)
    frames = run_c(net.to_bytes(), rows(), 4, pipe=STREAM)
    np.testing.assert_array_equal(frames, windows)


@pytest.mark.parametrize("name", NETWORKS)
def test_frames_are_heard_one_by_one_where_the_last_is_all_that_counts(name, network):
    net = built(network, NETWORKS[name])
    labels = [str(i) for i in range(int(np.prod(net.shape(net.last))))]
    header = c99.sources(net.to_bytes(), labels)["ls_model.h"]
    assert ("ls_model_hear" in header) == (name == "last_frame")
    assert (by_frame(tflite_file.read(net.to_bytes())) is not None) == (name == "last_frame")


def test_a_network_without_a_state_brings_no_kernel_for_it(network):
    net = network((1, 5, 5, 2))
    net.conv(3, (3, 3))
    net.reduce("MEAN", [1, 2])
    assert not [name for name in c99.sources(net.to_bytes(), "abc") if "lstm" in name]


def test_multiplications_of_a_window_count_every_frame(network):
    net = built(network, last_frame)
    header = c99.sources(net.to_bytes(), "abcd")["ls_model.h"]
    macs = FRAMES * (4 * 12 * (FEATURES + 12) + 4 * 7 * (12 + 7)) + 7 * 4
    assert f"#define LS_MODEL_MACS {macs}\n" in header


def test_states_take_far_less_memory_than_the_arena_of_tflite_micro(network, tmp_path):
    pytest.importorskip("tflite_micro", reason="needs tflite-micro")
    net = built(network, last_frame)
    file = tmp_path / "model.tflite"
    file.write_bytes(net.to_bytes())
    header = c99.sources(net.to_bytes(), "abcd")["ls_model.h"]
    size = header.partition("ARENA_SIZE ")[2].split()[0]
    assert int(size) * 4 < tflite_micro.arena_bytes(file)


def test_a_layer_that_is_none_of_ours_names_its_fault(network):
    net = built(network, alone)
    net.operations[-1].builtinOptions.cellClip = 10.0
    with pytest.raises(BundleError, match="UNIDIRECTIONAL_SEQUENCE_LSTM .* has options"):
        c99.sources(net.to_bytes(), [str(i) for i in range(5 * FRAMES)])

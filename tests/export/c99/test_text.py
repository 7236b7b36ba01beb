"""What is written: the interface, labels, memory; and that C++ and two instances can use it."""

import ctypes
import subprocess
import textwrap

import numpy as np
import pytest

from lightspeech.export import c99
from lightspeech.export.c99 import text as writing

LABELS = ["angry", 'sa"d\\', "freude ü", "*/ int x;"]


@pytest.fixture
def built(network, tmp_path):
    net = network((1, 9, 1, 4))
    net.conv(4, (3, 1))
    net.reduce("MEAN", [1, 2])
    made = c99.sources(net.to_bytes(), LABELS, temperature=2.0, title="A toy. */ int y;")
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    return tmp_path


CPP = r"""
#include <cstdio>
#include <cstring>
#include "ls_model.h"
static ls_model one, two;
int main() {
    float probabilities[LS_MODEL_OUTPUT_SIZE];
    std::memset(ls_model_input(&one), 60, LS_MODEL_INPUT_SIZE);
    std::memset(ls_model_input(&two), -60, LS_MODEL_INPUT_SIZE);
    ls_model_run(&one);
    ls_model_run(&two);
    for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; ++i) {
        std::printf("%d %d %s\n", ls_model_output(&one)[i], ls_model_output(&two)[i],
                    ls_model_label(i));
    }
    ls_model_probabilities(&one, probabilities);
    for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; ++i) {
        std::printf("%.6f %.9g %s\n", probabilities[i], LS_MODEL_OUTPUT_SCALE, ls_model_label(9));
    }
    return 0;
}
"""


def test_a_cpp_program_runs_two_instances_and_reads_labels_and_probabilities(built, gcc):
    (built / "main.cpp").write_text(CPP)
    objects = [built / "ls_model.o", built / "ls_kernels.o"]
    for made in objects:
        gcc(made, "-c", made.with_suffix(".c"))
    flags = ("-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
    program = gcc(built / "main", built / "main.cpp", *objects, compiler="g++", dialect=flags)
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split("\n")
    scores = [line.split(" ", 2) for line in lines[:4]]
    assert [score[2] for score in scores] == LABELS
    assert [score[0] for score in scores] != [score[1] for score in scores]
    logits = np.array([int(score[0]) for score in scores]) * float(lines[4].split()[1]) / 2.0
    expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    np.testing.assert_allclose([float(line.split()[0]) for line in lines[4:8]], expected, atol=1e-5)


def test_the_header_prints_the_memory_of_each_layer_and_its_peak(built):
    header = (built / "ls_model.h").read_text()
    assert "<-- peak  CONV_2D 1x9x1x4 -> 1x9x1x4" in header
    assert "multiplications with weights" in header
    assert "A toy.  int y" in header  # no name ends a comment


def test_the_same_model_is_written_the_same_twice(network):
    net = network((1, 9, 1, 4))
    net.conv(4, (3, 1))
    model = net.to_bytes()
    labels = ["x"] * 36
    assert c99.sources(model, labels) == c99.sources(model, labels)


def test_no_global_and_no_allocation(built, gcc):
    made = gcc(built / "ls_model.o", "-fno-pie", "-c", built / "ls_model.c")
    symbols = subprocess.run(["nm", made], capture_output=True, text=True, check=True).stdout
    kinds = {line.split()[-2] for line in symbols.splitlines()}
    assert not kinds & {"b", "B", "d", "D", "C"}
    assert "malloc" not in symbols


EXPONENTIAL = """
#include "ls_model.c"
void run(const float *x, float *y, int n);
void run(const float *x, float *y, int n) {
    for (int i = 0; i < n; ++i) y[i] = exponential(x[i]);
}
"""


def test_its_exponential_is_that_of_numpy_to_a_bit_or_two(built, gcc):
    """Own sums, so that probabilities have the same bits everywhere; libraries' expf have not."""
    (built / "all.c").write_text(EXPONENTIAL)
    files, flags = (built / "all.c", built / "ls_kernels.c"), ("-shared", "-fPIC")
    library = ctypes.CDLL(str(gcc(built / "all.so", *flags, *files)))
    x = -np.concatenate([np.linspace(0, 87, 300_001), np.geomspace(1e-9, 1, 1_000), [88, 1e4]])
    x, y = x.astype(np.float32), np.empty(len(x), np.float32)
    pointers = [each.ctypes.data_as(ctypes.c_void_p) for each in (x, y)]
    library.run(*pointers, len(x))
    expected = np.exp(x.astype(np.float64))
    expected[x < -87] = 0
    np.testing.assert_allclose(y, expected, rtol=2e-7)


def test_lines_are_those_of_textwrap():
    numbers = np.random.default_rng(0).integers(-(10**6), 10**6, 500)
    words = [*map(str, numbers), "x" * (2 * writing.WIDTH), "1"]
    joined = ", ".join(words)
    wanted = textwrap.fill(
        joined, writing.WIDTH, initial_indent=writing.INDENT, subsequent_indent=writing.INDENT,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    assert writing.wrapped(joined) == wanted

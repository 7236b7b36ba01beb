"""The layers for processors with two products an instruction have the bits of the plain ones.

On this machine, under the sanitizers, in C that computes what the instructions do; on an emulated
processor see `test_cores`.
"""

import numpy as np
import pytest
from tests.export.c99.conftest import SANITIZERS
from tests.export.c99.test_bits import LAYERS, SAME, VALID, random_network, rows_for


def wide(net):
    """Every rest of positions by six, and of channels by four."""
    net.conv(9, (3, 1), (1, 1), SAME)
    net.depthwise((3, 1), (1, 1), VALID)
    before = net.conv(13, (1, 1), activation=0)
    net.conv(13, (1, 1), activation=0)
    net.pair("ADD", before)


def same_scale(net):
    """A sum of two whose scale is a half of the common one, both."""
    before = net.last
    net.quantize(0.05, -9)
    net.pair("ADD", before)


def to_the_left(net):
    """Weights so large that an output is a shift to the left of its sum."""
    net._output = lambda shape, terms: net.tensor(shape, 1e-5, 2)
    net.conv(5, (1, 1), activation=3)


@pytest.mark.parametrize(
    "grow", [*LAYERS, wide, same_scale, to_the_left], ids=lambda grow: grow.__name__
)
def test_each_layer_has_the_same_bits(grow, network, run_c):
    net = network((1, 9, 6, 4))
    narrow = net._output
    net._output = lambda shape, terms: narrow(shape, 2_000 * terms)  # so that little is cut off
    grow(net)
    assert np.ptp(same_bits(net, run_c).astype(int)) > 10


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_have_the_same_bits(seed, network, run_c):
    same_bits(random_network(network, seed), run_c)


def same_bits(net, run_c):
    """Run plain and paired; gives their answers."""
    model, rows = net.to_bytes(), rows_for(net, n=4)
    n_outputs = int(np.prod(net.shape(net.last)))
    plain = run_c(model, rows, n_outputs, "-O2")
    paired = run_c(model, rows, n_outputs, "-DLS_SMLAD", *SANITIZERS)
    np.testing.assert_array_equal(paired, plain)
    return plain

"""The layers for processors with vectors of floats have the bits of the plain ones."""

import numpy as np
import pytest
from tests.export.c99.conftest import SANITIZERS
from tests.export.c99.test_bits import SAME, VALID, random_network, rows_for


def rests(net):
    """Every rest of positions and channels by sixteen and eight; one over another in place."""
    net.conv(19, (3, 1), (1, 1), SAME)
    net.depthwise((3, 1), (1, 1), VALID)
    net.conv(17, (1, 1), activation=0)
    net.conv(3, (1, 1), activation=0)


def many_products(net):
    """More in a sum than single precision holds at once."""
    net.conv(40, (1, 1), activation=0)
    net.conv(9, (9, 4), (1, 1), VALID, activation=0)


def to_the_left(net):
    """Weights so large that an output is a shift to the left of its sum."""
    net._output = lambda shape, terms: net.tensor(shape, 1e-5, 2)
    net.conv(5, (1, 1), activation=3)


@pytest.mark.parametrize(
    "grow", [rests, many_products, to_the_left], ids=lambda grow: grow.__name__
)
def test_layers_have_the_same_bits(grow, network, run_c):
    net = network((1, 9, 6, 4))
    narrow = net._output
    net._output = lambda shape, terms: narrow(shape, 2_000 * terms)  # so that little is cut off
    grow(net)
    assert np.ptp(same_bits(net, run_c).astype(int)) > 10


@pytest.mark.parametrize("seed", range(3))
def test_random_networks_have_the_same_bits(seed, network, run_c):
    same_bits(random_network(network, seed), run_c)


def same_bits(net, run_c):
    """Run plain and side by side; gives their answers."""
    model, rows = net.to_bytes(), rows_for(net, n=4)
    n_outputs = int(np.prod(net.shape(net.last)))
    plain = run_c(model, rows, n_outputs, "-O2")
    vectors = run_c(model, rows, n_outputs, "-DLS_VECTORS", *SANITIZERS)
    np.testing.assert_array_equal(vectors, plain)
    return plain

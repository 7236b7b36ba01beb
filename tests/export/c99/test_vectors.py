"""The layers for processors with vectors have the bits of the plain ones."""

import numpy as np
import pytest
from tests.export.c99.test_bits import SAME, VALID, random_network
from tests.export.c99.variants import grown, same_bits, to_the_left


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


every_flag = pytest.mark.parametrize(
    "flags",
    [["-DLS_VECTORS"], ["-DLS_VECTORS", "-march=native"]],  # which may multiply bytes
    ids=["floats", "native"],
)


@every_flag
@pytest.mark.parametrize(
    "grow", [rests, many_products, to_the_left], ids=lambda grow: grow.__name__
)
def test_layers_have_the_same_bits(grow, flags, network, run_c):
    answers = same_bits(grown(network, grow), run_c, *flags)
    assert np.ptp(answers.astype(int)) > 10


@every_flag
@pytest.mark.parametrize("seed", range(3))
def test_random_networks_have_the_same_bits(seed, flags, network, run_c):
    same_bits(random_network(network, seed), run_c, *flags)

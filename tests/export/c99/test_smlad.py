"""The layers for processors with two products an instruction have the bits of the plain ones.

On this machine, under the sanitizers, in C that computes what the instructions do; on an emulated
processor see `test_cores`.
"""

import numpy as np
import pytest
from tests.export.c99.test_bits import LAYERS, SAME, VALID, random_network
from tests.export.c99.variants import grown, same_bits, to_the_left


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


def along_time(net):
    """Seven taps at the edges of a column, within it, and where one does not fit between them."""
    net.conv(5, (1, 6), (1, 1), VALID)
    net.depthwise((7, 1), (1, 1), SAME, activation=0)
    net.depthwise((7, 1), (1, 1), VALID, activation=0)
    net.depthwise((7, 1), (1, 1), SAME, activation=0)
    net.depthwise((7, 1), (1, 1), SAME)


@pytest.mark.parametrize(
    "grow", [*LAYERS, wide, same_scale, along_time, to_the_left], ids=lambda grow: grow.__name__
)
def test_each_layer_has_the_same_bits(grow, network, run_c):
    answers = same_bits(grown(network, grow), run_c, "-DLS_SMLAD")
    assert np.ptp(answers.astype(int)) > 10


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_have_the_same_bits(seed, network, run_c):
    same_bits(random_network(network, seed), run_c, "-DLS_SMLAD")

"""What variants of the kernels are held to: the bits of the plain C, on small networks."""

import numpy as np
from tests.export.c99.conftest import SANITIZERS
from tests.export.c99.test_bits import rows_for


def to_the_left(net):
    """Weights so large that an output is a shift to the left of its sum."""
    net._output = lambda shape, terms: net.tensor(shape, 1e-5, 2)
    net.conv(5, (1, 1), activation=3)


def grown(network, grow):
    """A network of some layers of which little is cut off."""
    net = network((1, 9, 6, 4))
    narrow = net._output
    net._output = lambda shape, terms: narrow(shape, 2_000 * terms)
    grow(net)
    return net


def same_bits(net, run_c, *variant):
    """Run plain, and a variant that flags choose under the sanitizers; gives their answers."""
    model, rows = net.to_bytes(), rows_for(net, n=4)
    n_outputs = int(np.prod(net.shape(net.last)))
    plain = run_c(model, rows, n_outputs, "-O2")
    other = run_c(model, rows, n_outputs, *variant, *SANITIZERS)
    np.testing.assert_array_equal(other, plain)
    return plain

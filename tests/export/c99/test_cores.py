"""The kernels on each emulated processor give the bits of this machine."""

from shutil import which

import pytest

from lightspeech.evaluation import cores, device_cost, emulation
from lightspeech.export import c99
from lightspeech.export.c99 import frontend

PLAIN = ("plain", cores.M4F, ())
OF_CORES = [(core.target, core, core.options) for core in cores.CORES]


def each(*forms):
    """Parametrize a test by a core and what of the C it takes."""
    return pytest.mark.parametrize(
        ("core", "options"), [form[1:] for form in forms], ids=[form[0] for form in forms]
    )


@pytest.fixture
def core():
    return cores.M4F


@pytest.fixture
def bundle_of_layers(make_c_bundle, network, core):
    """The toy bundle with a network of every kind of kernel, widths odd so that pairs are left."""
    for tool, package in core.tools.packages.items():
        if not which(tool):
            pytest.skip(f"needs {tool}: apt install {package}")
    net = network((1, 49, 1, 8))
    narrow = net._output
    net._output = lambda shape, terms: narrow(shape, 30 * terms)  # so that little is cut off
    before = net.conv(7, (3, 1), (2, 1))
    net.depthwise((7, 1), activation=0)
    net.conv(7, (1, 1), activation=0)
    net.pair("ADD", before, activation=1)
    last = net.conv(13, (1, 1), activation=0)
    mean = net.reduce("MEAN", [1, 2])
    net.last = last
    net.concatenation([mean, net.reduce("REDUCE_MAX", [1, 2])], 1)
    net.fully_connected(9)
    made = make_c_bundle()
    for name, text in c99.sources(net.to_bytes(), "abcdefghi").items():
        (made.path / name).write_text(text)
    return made


@each(PLAIN, *OF_CORES)
def test_kernels_give_the_bits_of_this_machine(bundle_of_layers, core, options):
    samples = device_cost.sound(bundle_of_layers)
    here = emulation.on_host(bundle_of_layers.path, samples, *options)
    there = emulation.on_core(bundle_of_layers.path, samples, *options, core=core).printed
    assert there.windows == here.windows
    assert there.logits == here.logits
    assert len({*here.logits}) == 2


@each(PLAIN, OF_CORES[0])
def test_recurrent_layers_give_the_bits_of_this_machine(bundle_of_layers, network, core, options):
    net = network((1, 49, 8))
    net.lstm(9)
    net.lstm(6, power=-10)
    net.slice((1, 1, 6), [0, 48, 0])
    net.move("RESHAPE", (1, 6), [1, 6])
    for name, text in c99.sources(net.to_bytes(), "abcdef").items():
        (bundle_of_layers.path / name).write_text(text)
    samples = device_cost.sound(bundle_of_layers)
    here = emulation.on_host(bundle_of_layers.path, samples)
    there = emulation.on_core(bundle_of_layers.path, samples, *options, core=core).printed
    assert there.logits == here.logits
    assert len({*here.logits}) == 2


def test_two_multiplications_an_instruction_take_fewer(bundle_of_layers):
    samples = device_cost.sound(bundle_of_layers)
    plain, paired = (
        emulation.on_core(bundle_of_layers.path, samples, *options).printed
        for options in ((), cores.M4F.options)
    )
    assert sum(paired.inference_instructions) < sum(plain.inference_instructions)


def test_a_board_learns_a_voice_with_the_bits_of_this_machine(bundle_of_layers):
    samples = device_cost.sound(bundle_of_layers)
    strangers = emulation.on_host(bundle_of_layers.path, samples)
    file = bundle_of_layers.path / frontend.CONFIG
    file.write_text(file.read_text().replace("LS_LEARNS 0u", "LS_LEARNS 1u"))
    here = emulation.on_host(bundle_of_layers.path, samples)
    there = emulation.on_core(bundle_of_layers.path, samples).printed
    assert there.windows == here.windows
    assert len(here.windows) == len(strangers.windows) > 0
    assert here.windows != strangers.windows

"""The kernels on an emulated Cortex-M4F, plain and two at a time, give the bits of this machine."""

from shutil import which

import pytest

from lightspeech.evaluation import cortex_m, device_cost
from lightspeech.export import c99
from lightspeech.export.c99 import frontend


@pytest.fixture
def bundle_of_layers(make_c_bundle, network):
    """The toy bundle with a network of every kind of kernel, widths odd so that pairs are left."""
    for tool, package in cortex_m.PACKAGES.items():
        if not which(tool):
            pytest.skip(f"needs {tool}: apt install {package}")
    net = network((1, 49, 1, 8))
    narrow = net._output
    net._output = lambda shape, terms: narrow(shape, 30 * terms)  # so that little is cut off
    before = net.conv(7, (3, 1), (2, 1))
    net.depthwise((5, 1))
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


@pytest.mark.parametrize("options", [(), ("-DLS_SMLAD",)], ids=["plain", "smlad"])
def test_kernels_give_the_bits_of_this_machine(bundle_of_layers, options):
    samples = device_cost.sound(bundle_of_layers)
    here = cortex_m.on_host(bundle_of_layers.path, samples)
    there = cortex_m.on_cortex_m(bundle_of_layers.path, samples, *options).printed
    assert there.windows == here.windows
    assert there.logits == here.logits
    assert len({*here.logits}) == 2


@pytest.mark.parametrize("options", [(), ("-DLS_SMLAD",)], ids=["plain", "smlad"])
def test_recurrent_layers_give_the_bits_of_this_machine(bundle_of_layers, network, options):
    net = network((1, 49, 8))
    net.lstm(9)
    net.lstm(6, power=-10)
    net.slice((1, 1, 6), [0, 48, 0])
    net.move("RESHAPE", (1, 6), [1, 6])
    for name, text in c99.sources(net.to_bytes(), "abcdef").items():
        (bundle_of_layers.path / name).write_text(text)
    samples = device_cost.sound(bundle_of_layers)
    here = cortex_m.on_host(bundle_of_layers.path, samples)
    there = cortex_m.on_cortex_m(bundle_of_layers.path, samples, *options).printed
    assert there.logits == here.logits
    assert len({*here.logits}) == 2


def test_two_multiplications_an_instruction_take_fewer(bundle_of_layers):
    samples = device_cost.sound(bundle_of_layers)
    plain, paired = (
        cortex_m.on_cortex_m(bundle_of_layers.path, samples, *options).printed
        for options in ((), cortex_m.M4F.options)
    )
    assert sum(paired.inference_instructions) < sum(plain.inference_instructions)


def test_a_board_learns_a_voice_with_the_bits_of_this_machine(bundle_of_layers):
    samples = device_cost.sound(bundle_of_layers)
    strangers = cortex_m.on_host(bundle_of_layers.path, samples)
    file = bundle_of_layers.path / frontend.CONFIG
    file.write_text(file.read_text().replace("LS_LEARNS 0u", "LS_LEARNS 1u"))
    here = cortex_m.on_host(bundle_of_layers.path, samples)
    there = cortex_m.on_cortex_m(bundle_of_layers.path, samples).printed
    assert there.windows == here.windows
    assert len(here.windows) == len(strangers.windows) > 0
    assert here.windows != strangers.windows

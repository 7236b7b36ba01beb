"""Costs against published figures, and against sums done by hand."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lightspeech import plugins
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.frontends import pair
from lightspeech.models import fusion
from lightspeech.models.int8 import Int8
from lightspeech.training import cost
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig


def run_of(name, labels="abcd", **changes):
    module = plugins.load("lightspeech.models", name)
    cfg = RunConfig(
        model=Choice("lightspeech.models", name, module.Config()),
        frontend=choice_of("lightspeech.frontends", module.FRONTEND),
        windows=module.WINDOWS,
    )
    cfg = dataclasses.replace(cfg, **changes)
    return Run(
        config=cfg, labels=tuple(labels), fold=0, seed=0, temperature=1.0,
        thresholds=(0.0,) * len(labels), network=build_network(cfg, len(labels)).eval(),
    )  # fmt: skip


@pytest.mark.parametrize(("seconds", "mmac"), [(3.0, 159.3), (7.0, 376.2)])
def test_light_sernet_costs_the_published_multiplications(seconds, mmac):
    found = cost.of(run_of("light_sernet", windows=Windows(window_s=seconds, hop_s=None)))
    assert found.macs / 1e6 == pytest.approx(mmac, abs=0.05)
    assert found.n_params == 462_468


def test_the_peak_of_light_sernet_is_at_its_three_paths():
    """TFLite Micro planned 223,440 bytes for three such paths on 98 by 40: it keeps the input."""
    network = run_of("light_sernet").network
    assert (
        cost.peak_activation_bytes(network, torch.zeros(1, 98, 40), ("",))
        == 32 * (98 * 40 + 3 * 49 * 20)
        == 223_440 - 98 * 40
    )


def test_multiplications_of_an_lstm_are_its_weights_at_every_frame():
    found = cost.of(run_of("tinyml_lstm"))
    gates = 4 * (128 * (13 + 128) + 64 * (128 + 64))
    assert found.macs == 47 * gates + 64 * 64 + 64 * 4


def test_int8_takes_a_quarter_of_the_bytes_and_all_else_is_equal():
    wide = cost.of(run_of("micro"))
    narrow = cost.of_config(run_of("micro").config, 4, all_int8=True)
    assert wide.peak_activation_bytes == 4 * narrow.peak_activation_bytes
    assert dataclasses.replace(narrow, peak_activation_bytes=0) == dataclasses.replace(
        wide, peak_activation_bytes=0
    )


class Attention(nn.Module):
    def forward(self, x):
        return F.scaled_dot_product_attention(x, x, x)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Linear(8, 24), nn.Linear(24, 8)

    def forward(self, x):
        return (x + self.narrow(self.wide(x).relu())).relu().transpose(1, 2)


def test_attention_multiplies_twice_for_every_pair_of_frames():
    assert cost.macs(Attention(), torch.zeros(1, 2, 5, 3)) == 2 * 2 * 5 * 5 * 3


def test_what_works_value_by_value_is_done_in_place_and_views_are_free():
    """The residual lives beside the wide layer; ReLU, addition and transposition add nothing."""
    assert cost.macs(Residual(), torch.zeros(1, 10, 8)) == 2 * 10 * 8 * 24
    assert cost.peak_activation_bytes(Residual(), torch.zeros(1, 10, 8)) == 4 * 10 * (8 + 24 + 8)


def both_of(*names, **changes):
    """A run of two networks side by side, each on the front end that its module states."""
    parts = [run_of(name).config for name in names]
    cfg = fusion.Config(
        first=dataclasses.replace(parts[0], **changes.get("first", {})).architecture,
        second=dataclasses.replace(parts[1], **changes.get("second", {})).architecture,
    )
    return RunConfig(
        model=Choice("lightspeech.models", "fusion", cfg),
        frontend=choice_of(
            "lightspeech.frontends",
            pair.Config(first=parts[0].frontend, second=parts[1].frontend),
        ),
        windows=parts[0].windows,
    )


def test_of_two_networks_the_costs_add_up_but_for_the_peak():
    found = cost.of_config(both_of("micro", "nano"), 4)
    alone = [cost.of(run_of(name)) for name in ("micro", "nano")]
    assert found.n_params == sum(one.n_params for one in alone)
    assert found.macs == sum(one.macs for one in alone)
    inputs = 4 * run_of("nano").config.front.example().numel()
    # One after the other: while one computes, the other's input waits, or its four logits do.
    assert found.peak_activation_bytes == max(
        alone[0].peak_activation_bytes + inputs, alone[1].peak_activation_bytes + 4 * 4
    )


@pytest.mark.parametrize("parts", [("first",), ("second",), ("first", "second")])
def test_what_of_two_networks_is_int8_takes_a_byte_and_the_rest_four(parts):
    """Networks alike but for their number format, so the larger peak is that of floats."""
    int8 = {name: {"quantize": Int8()} for name in parts}
    found = cost.of_config(both_of("nano", "nano", **int8), 4)
    alone = cost.of(run_of("nano")).peak_activation_bytes
    values = run_of("nano").config.front.example().numel()
    bytes_of = {name: 1 if name in parts else 4 for name in ("first", "second")}
    assert found.peak_activation_bytes == max(
        alone // 4 * bytes_of["first"] + values * bytes_of["second"],
        alone // 4 * bytes_of["second"] + 4 * bytes_of["first"],
    )
    plain = cost.of_config(both_of("nano", "nano"), 4)
    assert (found.macs, found.n_params) == (plain.macs, plain.n_params)


def test_all_of_two_networks_as_if_int8_takes_a_quarter():
    cfg = both_of("micro", "nano")
    wide, narrow = (cost.of_config(cfg, 4, all_int8=x) for x in (False, True))
    assert wide.peak_activation_bytes == 4 * narrow.peak_activation_bytes


def test_an_int8_run_is_counted_in_bytes_of_its_own():
    cfg = dataclasses.replace(run_of("nano").config, quantize=Int8())
    narrow, wide = cost.of_config(cfg, 4), cost.of(run_of("nano"))
    assert wide.peak_activation_bytes == 4 * narrow.peak_activation_bytes
    assert (narrow.macs, narrow.n_params) == (wide.macs, wide.n_params)


def test_of_a_model_on_an_encoder_the_head_is_counted():
    found = cost.of(run_of("whisper", labels="abcdefgh"))
    assert found.n_params == 103_376
    frames = 38  # of 80 ms in 3 s
    mixed, narrow, scores = 4 * 512, 512 * 192, 192 * 4
    assert found.macs == frames * (mixed + narrow + scores) + 2 * 192 * 8

"""Any network is completed and checked before it is trained."""

import pytest
import torch
from torch import nn

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import choice_of
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel
from lightspeech.frontends.pair import Pair
from lightspeech.models import building, contract, int8_roundings, nano
from lightspeech.models.contract import Completed, speech_model
from lightspeech.models.int8 import Int8, Int8Network, fold

WINDOWS = Windows(window_s=0.5, hop_s=0.25)
FRONT = mel.build(MelConfig(n_mels=8), windows=WINDOWS)
PAIR = Pair(FRONT, mel.build(MelConfig(n_mels=4), windows=WINDOWS))


class Mean(nn.Module):
    """A plain network that knows of nothing here: mean over time, then a matrix."""

    def __init__(self, n_classes=3):
        super().__init__()
        self.last = nn.Linear(8, n_classes)

    def forward(self, features):
        return self.last(features.mean(1))


class Fails(nn.Module):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, features):
        raise self.error


class Says(nn.Module):
    """Gives whatever it is told, of no use but to be refused."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, features):
        return self.answer


def test_a_plain_network_gets_a_standardization_before_it():
    torch.manual_seed(0)
    made = speech_model(Mean(), FRONT, 3).eval()
    assert isinstance(made, Completed)
    made.norm.running_mean[:], made.norm.running_var[:] = -5.0, 4.0
    features = torch.randn(4, 20, 8) * 2 - 5
    expected = made.network((features + 5) / 2)
    torch.testing.assert_close(made(features), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(made.classify(made.standardize(features)), made(features))
    assert contract.head_of(made) is made.network.last


def test_its_standardization_learns_the_statistics_of_what_it_is_trained_on():
    made = speech_model(Mean(), FRONT, 3).train()
    assert not made.norm.running_mean.any()  # being checked taught it nothing
    assert made.norm.num_batches_tracked == 0
    for _ in range(60):
        made(torch.randn(16, 20, 8) * 2 - 5)
    torch.testing.assert_close(made.norm.running_mean, torch.full((8,), -5.0), atol=0.3, rtol=0)
    torch.testing.assert_close(made.norm.running_var, torch.full((8,), 4.0), atol=0.4, rtol=0)


@torch.no_grad()
def test_completed_it_becomes_int8_like_any_other():
    pytest.importorskip("torchao", reason="needs the extra 'compress'")

    torch.manual_seed(0)
    made = speech_model(Mean(), FRONT, 3).train()
    features = torch.randn(64, *FRONT.example().shape[1:]) * 2 - 5
    made(features)
    floats = made.eval()(features)
    rounded = Int8Network(fold(made), FRONT.example(), Int8())
    int8_roundings.take_ranges(rounded, [features])
    assert 0 < (rounded(features) - floats).abs().max() < 0.1 * (floats.max() - floats.min())


def test_a_network_that_standardizes_stays_as_it_is():
    network = nano.build(nano.Config(channels=(6, 6)), frontend=FRONT, n_classes=3)
    assert speech_model(network, FRONT, 3) is network
    assert network.training


@pytest.mark.parametrize("mode", [True, False])
def test_being_checked_leaves_no_trace(mode):
    network = nano.build(nano.Config(channels=(6, 6)), frontend=FRONT, n_classes=3).train(mode)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    speech_model(network, FRONT, 3)
    assert network.training is mode
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_network_of_several_inputs_is_not_completed():
    class Both(nn.Module):
        def forward(self, inputs):
            return inputs["first"].mean((1, 2))[:, None] + inputs["second"].mean((1,))[:, :3]

    network = Both()
    assert speech_model(network, PAIR, 3) is network


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        (torch.zeros(2, 4), r"\(2, 4\)"),
        (torch.zeros(2), r"\(2,\)"),
        (torch.zeros(1, 3), r"\(1, 3\)"),
        (torch.zeros(2, 5, 3), r"\(2, 5, 3\)"),
        ((torch.zeros(2, 3), None), "tuple"),
        (None, "NoneType"),
        (torch.zeros(()), "Tensor"),
    ],
    ids=["classes", "flat", "batch", "frames", "tuple", "nothing", "scalar"],
)
def test_a_network_that_gives_no_logit_a_class_is_refused(answer, shape):
    n_frames = FRONT.n_frames
    told = rf"^mine gives {shape} for 2 examples of shape \({n_frames}, 8\), expected logits of "
    with pytest.raises(ConfigError, match=told + r"shape \(2, 3\), one a class"):
        speech_model(Says(answer), FRONT, 3, name="mine")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("mat1 and mat2\nand more"), "mat1 and mat2; look"),
        (ValueError("odd"), "odd; look"),
        (KeyError("first"), "'first'; look"),
        (AttributeError(), "AttributeError; look"),
    ],
)
def test_a_network_that_fails_is_refused_in_one_line(error, told):
    with pytest.raises(ConfigError, match=rf"^mine fails on 2 examples of shape .*: {told}") as e:
        speech_model(Fails(error), FRONT, 3, name="mine")
    assert "\n" not in str(e.value)
    assert e.value.__cause__ is None


def test_a_network_whose_layers_do_not_fit_the_front_end_is_refused():
    wide = mel.build(MelConfig(n_mels=16), windows=WINDOWS)
    with pytest.raises(ConfigError, match=r"^the model fails on 2 examples of shape \(\d+, 16\)"):
        speech_model(Mean(), wide, 3)


def test_of_several_inputs_all_are_named():
    told = r"examples of first \(\d+, 8\), second \(\d+, 4\)"
    with pytest.raises(ConfigError, match=told):
        speech_model(Mean(), PAIR, 3)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_logits_that_are_not_finite_are_refused(value):
    with pytest.raises(ConfigError, match="^mine gives logits that are not finite for silence"):
        speech_model(Says(torch.full((2, 3), value)), FRONT, 3, name="mine")


def test_a_fault_that_is_no_misfit_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        speech_model(Fails(ZeroDivisionError()), FRONT, 3)


def test_a_network_without_any_part_has_no_head():
    with pytest.raises(ConfigError, match="shows no embedding"):
        contract.head_of(Says(None))


def test_a_build_that_takes_something_else_is_one_line(monkeypatch):
    monkeypatch.setattr(nano, "build", lambda cfg, n_classes: nn.Identity())
    choice = choice_of("lightspeech.models", nano.Config())
    front = mel.build(MelConfig(), windows=Windows())
    with pytest.raises(ConfigError, match="nano cannot be built: .*'frontend'.*look at its build"):
        building.build(building.Architecture(model=choice), front, 4)

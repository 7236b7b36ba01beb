"""A run made again of its int8 ONNX bundle is the run, as far as anything exported can tell."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torchao", reason="needs the extra 'compress'")

import torch

from lightspeech import bundle, plugins
from lightspeech.audio.windows import Windows
from lightspeech.bundle import Bundle
from lightspeech.config import Choice, choice_of
from lightspeech.errors import BundleError
from lightspeech.export import onnx, recover
from lightspeech.models import int8, int8_roundings
from lightspeech.models.building import to_int8
from lightspeech.training.networks import build_network, n_params
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")
MODELS = {"micro": {"channels": (8, 8, 12)}, "small": {"channels": (8, 8), "members": 2}}


def int8_run(name):
    """A run that nobody trained, of weights and ranges that no two layers share."""
    model = plugins.load("lightspeech.models", name)
    cfg = RunConfig(
        model=Choice("lightspeech.models", name, model.Config(**MODELS[name])),
        frontend=choice_of("lightspeech.frontends", model.FRONTEND),
        windows=Windows(window_s=1.0),
    )
    torch.manual_seed(0)
    features = torch.randn(16, cfg.front.n_frames, cfg.front.n_features) * 2 - 5
    network = build_network(cfg, 3)
    network(features)
    network = to_int8(network.eval(), cfg.front, int8.Int8())
    int8_roundings.take_ranges(network, [features])
    cfg = replace(cfg, quantize=int8.Int8())
    return Run(
        config=cfg, labels=("a", "b", "c"), fold=0, seed=0, temperature=2.0,
        thresholds=(0.4, 0.5, 0.6), network=network,
    ), features  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def exported(request, tmp_path_factory):
    done, features = int8_run(request.param)
    made = Bundle(
        path=tmp_path_factory.mktemp(request.param), name="x", labels=done.labels,
        sample_rate=16_000, windows=done.config.windows,
        frontend=done.config.frontend.as_dict(), temperature=2.0, thresholds=(0.4, 0.5, 0.6),
        model={**done.config.model.as_dict(), "n_params": n_params(done.network)},
    )  # fmt: skip
    return done, features, bundle.read(onnx.export(done, made).path)


@torch.no_grad()
def test_it_has_the_same_integers_and_gives_the_same_scores(exported):
    done, features, made = exported
    again = recover.recover(made)
    assert (again.config, again.labels, again.temperature) == (
        done.config, done.labels, done.temperature,
    )  # fmt: skip
    expected, found = (dict(run.network.named_buffers()) for run in (done, again))
    for name, value in expected.items():
        if name.endswith(("scale", "zero_point")):
            assert torch.equal(found[name], value), name
    for (name, one), other in zip(
        done.network.named_parameters(), again.network.parameters(), strict=True
    ):
        if name.endswith("weight"):
            assert torch.equal(*(rounded(each) for each in (one, other))), name
    # Biases are whole numbers in the file: a sum beside an edge may be rounded to a step beside.
    apart = (again.network(features) - done.network(features)).abs()
    assert (apart > 1e-5).float().mean() < 0.05
    assert apart.max() < 0.02


def rounded(weight):
    """Integers of a weight, and the scale of each of its channels, as a device has them."""
    flat = weight.flatten(1)
    scale = (flat.abs().amax(1) / 127).clamp(min=2.0**-16)
    return torch.cat([torch.round(flat / scale[:, None]), scale[:, None]], 1)


def test_a_bundle_of_floats_has_no_run_to_make(export_nano):
    with pytest.raises(
        BundleError,
        match="not one that is int8 throughout; export the format from",
    ):
        recover.recover(export_nano("onnx"))


@pytest.mark.parametrize("name", bundle.shipped())
def test_every_shipped_model_is_a_run_again(name):
    shipped = bundle.read(name)
    again = recover.recover(shipped)
    assert again.config.quantize is not None
    assert n_params(again.network) == shipped.model["n_params"]
    assert np.isfinite([p.abs().max().item() for p in again.network.parameters()]).all()

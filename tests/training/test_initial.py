"""A training may begin with the weights of a bundle: its trunk always, its head for its classes."""

from dataclasses import replace

import onnx
import onnxruntime
import pytest
import torch
from onnx.utils import Extractor

from lightspeech import bundle, plugins
from lightspeech.audio import frontend
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.errors import BundleError, ConfigError
from lightspeech.models.onnx_standardization import CENTRED
from lightspeech.training import initial, networks
from lightspeech.training.task import RunConfig

FOUR = ("angry", "happy", "neutral", "sad")
DEEPEST = frontend.log_range(bundle.read("micro").mel)
"""What no band of a shipped model lies below; the file has no steps for it."""


def run_config(name=None, *, init="micro", **changes):
    name = name or bundle.read(init).model["name"]
    module = plugins.load("lightspeech.models", name)
    front = replace(bundle.read(init).mel, **changes)
    return RunConfig(
        model=Choice("lightspeech.models", name, module.Config()),
        frontend=choice_of("lightspeech.frontends", front),
        windows=Windows(),
        init=init,
    )


@pytest.fixture(scope="module")
def features():
    """Batches of log-mel as those of speech: with its mean and deviation a band, and slow."""
    norm = loaded(run_config(), FOUR, [torch.randn(2, 74, 64)]).norm
    torch.manual_seed(1)
    slow = torch.randn(24, 84, 64).unfold(1, 11, 1).mean(-1) * 11**0.5
    heard = (norm.running_mean + slow * norm.running_var.sqrt()).clamp(-DEEPEST, 0)
    return list(heard.split(8))


def loaded(cfg, labels, features):
    network = networks.build_network(cfg, len(labels))
    initial.load(network, cfg, labels, features)
    return network


@pytest.mark.parametrize("name", bundle.shipped())
def test_a_network_begins_with_the_answers_of_the_bundle(name, features):
    cfg = run_config(init=name)
    initial.check(cfg)
    network = loaded(cfg, bundle.read(name).labels, features)
    batch = torch.cat(features)
    with torch.no_grad():
        logits = network.eval()(batch)
    both = torch.stack([logits.flatten(), integers(name, batch).flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.97  # the file rounds each layer


def integers(name, features):
    """Logits of the shipped file, asked behind its front end."""
    shipped = bundle.read(name)
    model = onnx.shape_inference.infer_shapes(onnx.load(shipped.path / shipped.model_file))
    bands = next(n for n in model.graph.node if n.name == CENTRED).input[0]
    logits = next(n for n in model.graph.node if n.op_type == "Div").input[0]
    part = Extractor(model).extract_model([bands], [logits])
    session = onnxruntime.InferenceSession(part.SerializeToString())
    found = [session.run(None, {bands: f.numpy()[None]})[0] for f in features]
    return torch.cat([torch.from_numpy(each) for each in found])


def test_other_classes_get_a_new_head_on_the_same_trunk(features):
    cfg = run_config()
    own, other = (loaded(cfg, labels, features) for labels in (FOUR, ("bored", "calm")))
    assert other.head[1].out_features == 2
    for name, weight in own.named_parameters():
        if not name.startswith("head."):
            assert torch.equal(weight, dict(other.named_parameters())[name])


def test_norms_hold_the_statistics_of_the_new_speech(features):
    """So that training, which takes those of a batch, begins near what the bundle answers."""
    network = loaded(run_config(), FOUR, features)
    norm = network.stem[1]
    x = network.standardize(torch.cat(features))[:, :, None].permute(0, 3, 1, 2)
    with torch.no_grad():
        y = network.eval().stem[0](x)
    assert torch.allclose(norm.running_mean, y.mean((0, 2, 3)), atol=1.0)
    assert (norm.running_var > 0).all()


@pytest.mark.parametrize(
    ("cfg", "what"),
    [
        (lambda: run_config("nano", init="micro"), r"model.name: the bundle has micro_stream, the"),
        (lambda: run_config(level="kept"), "frontend.level: the bundle has recent"),
        (lambda: replace(run_config(), normalisation="speaker"), "normalisation"),
    ],
)
def test_a_bundle_of_another_kind_is_refused_in_words(cfg, what):
    with pytest.raises(ConfigError, match=what):
        initial.check(cfg())


def test_a_bundle_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(BundleError, match="or one of the package"):
        initial.check(replace(run_config(), init="mikro"))


def test_a_file_without_integers_begins_nothing(make_bundle, features):
    other = make_bundle()
    with pytest.raises(BundleError, match="holds no weights that a training can begin with"):
        loaded(replace(run_config(), init=str(other.path)), FOUR, features)


def test_a_bundle_that_was_pruned_begins_nothing(features):
    """It states the channels that it was built with; its file has fewer, as a narrower one has."""
    cfg = run_config()
    wider = replace(cfg.model, config=replace(cfg.model.config, channels=(84, 84, 84, 84, 96)))
    with pytest.raises(BundleError, match=r"was pruned to \(80, .* of \(84, .*leave init out"):
        loaded(replace(cfg, model=wider), FOUR, features)

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.training.objectives import adversarial
from lightspeech.training.objectives.adversarial import Adversarial, Config, reversal, reverse

N, CLASSES, SPEAKERS = 512, 2, 4
WIDTH = 2
"""Of embeddings: few numbers, so that a cue has nowhere to hide."""


@pytest.fixture(scope="module")
def planted():
    """Points that tell their class in two numbers, and louder who speaks in four more."""
    generator = torch.Generator().manual_seed(0)
    classes, speakers = torch.arange(N) % CLASSES, torch.arange(N) // 2 % SPEAKERS
    cue = torch.cat([2 * torch.eye(CLASSES)[classes], 3 * torch.eye(SPEAKERS)[speakers]], 1)
    return cue + 0.4 * torch.randn(cue.shape, generator=generator), classes, speakers


@torch.no_grad()
def readable(network, x, speakers):
    """How often a linear probe of embeddings tells the speaker, on points it never saw."""
    embeddings = network.body(x).numpy()
    probe = LogisticRegression(max_iter=1000).fit(embeddings[: N // 2], speakers[: N // 2])
    return probe.score(embeddings[N // 2 :], speakers[N // 2 :])


def test_a_planted_speaker_becomes_unreadable_and_the_class_stays(planted, points, descend):
    x, classes, speakers = planted
    batches = points(x, classes)
    plain = descend(batches, CLASSES, width=WIDTH)
    torch.manual_seed(0)
    objective = Adversarial(Config(weight=1.0), speakers, SPEAKERS, WIDTH)
    unlearnt = descend(batches, CLASSES, lambda _: objective, epochs=60, width=WIDTH)
    assert readable(plain, x, speakers) > 2 / SPEAKERS
    assert readable(unlearnt, x, speakers) < 1 / SPEAKERS + 0.1
    for network in (plain, unlearnt):
        assert (network(x).argmax(1) == classes).float().mean() > 0.95


def test_what_goes_through_stays_and_its_gradient_is_turned():
    x = torch.randn(3, 2, requires_grad=True)
    through = reverse(x, 0.5)
    assert torch.equal(through, x)
    through.sum().backward()
    assert torch.equal(x.grad, torch.full((3, 2), -0.5))


def test_the_reversal_grows_from_nothing_to_its_weight():
    cfg = Config(weight=0.4, steepness=10.0)
    # 2 / (1 + exp(-10 p)) - 1 (Ganin et al. 2016, eq. 14)
    assert [reversal(p, cfg) for p in (0.0, 0.1, 1.0)] == pytest.approx(
        [0.0, 0.4 * 0.462117, 0.4 * 0.999909], abs=1e-6
    )
    assert reversal(0.0, Config(weight=0.4, steepness=0.0)) == 0.4


def test_who_is_only_tested_is_nobody_to_guess(task):
    built = adversarial.build(Config(), task=task, network=nn.Linear(4, 3))
    assert built.guess[-1].out_features == 3
    assert built.numbers.tolist()[:4] == [0, 1, 2, -1]


def test_one_voice_cannot_be_unlearnt(task):
    alone = task.split.train[0:1]
    split = type(task.split)(name="0", train=alone, selection=(), test=())
    object.__setattr__(task, "split", split)
    with pytest.raises(ConfigError, match="has 1 value.s. of 'speaker', at least 2"):
        adversarial.build(Config(), task=task, network=nn.Linear(4, 3))

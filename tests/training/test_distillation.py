from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from lightspeech.errors import ConfigError
from lightspeech.training import answers, distillation, loop, losses
from lightspeech.training.distillation import Live, Stored, Taught, Weights
from lightspeech.training.loop import Training
from lightspeech.training.objective import Labels, Sum, check_mixing, mixed
from lightspeech.training.soft_labels import SoftLabels

TRAINING = Training(epochs=3, batch_size=8, learning_rate=1e-2)
ALL = Weights(features=0.5, relations=0.5)
N, N_CLASSES, WIDTH = 24, 3, 5


@pytest.fixture
def stored():
    """A teacher that is surest of another class for each utterance."""
    generator = torch.Generator().manual_seed(0)
    soft = SoftLabels(
        labels=("a", "b", "c"), ids=tuple(str(i) for i in range(N)), seeds=(0,), heard=None,
        probabilities=torch.randn(N, N_CLASSES, generator=generator).mul(3).softmax(1), answered={},
        embeddings=torch.randn(N, WIDTH, generator=generator),
    )  # fmt: skip
    return Stored(soft, [SimpleNamespace(id=str(i)) for i in range(N)])


@pytest.fixture
def taught(toy_batches, toy_network, stored):
    def make(cfg, network=None, teacher=stored, training=TRAINING):
        torch.manual_seed(1)
        labels = Labels(toy_batches, N_CLASSES, training)
        network = network or toy_network(channels=(6, 6))
        made = Taught(labels, teacher, cfg, network)
        return Sum(network, [made], mixup=training.mixup)

    return make


def alone(made, part):
    """The sum of one of its parts."""
    return Sum(made.network[0], [part], mixup=made.mixup)


def test_without_a_teachers_part_it_is_the_loss_of_the_labels(taught, toy_batches, toy_network):
    network, batch = toy_network(channels=(6, 6)).eval(), next(toy_batches.epoch(0))
    made = taught(Weights(weight=0.0), network)
    [taught_] = made.objectives
    torch.testing.assert_close(made(network, batch), alone(made, taught_.labels)(network, batch))
    assert not list(made.parameters())


@pytest.mark.parametrize(("width", "projected"), [(WIDTH, False), (WIDTH + 1, True)])
def test_a_squared_distance_projects_only_another_width(
    taught, toy_batches, toy_network, stored, width, projected
):
    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(toy_batches_width, width), nn.Linear(width, N_CLASSES)

        def forward(self, x):
            return self.head(self.body(x.mean(1)))

    batch = next(toy_batches.epoch(0))
    toy_batches_width = batch.features.shape[2]
    network = Wide()
    made = taught(Weights(weight=0.5, features=1.0, distance="squared"), network, stored)
    assert bool(list(made.parameters())) == projected
    plain = taught(Weights(weight=0.5), network, stored)
    mix = losses.mixing_shares(batch.mix, TRAINING.mixup)
    _, vector = answers.with_embedding(network, network, mixed(batch.features, mix))
    _, target = stored(batch, mix, 2.0)
    expected = (made.objectives[0].projection(vector) - target).square().mean()
    torch.testing.assert_close(made(network, batch) - plain(network, batch), expected)


def test_words_are_not_mixed():
    words = {"first": torch.ones(2, 3, 2, dtype=torch.int64), "second": torch.ones(2, 3, 2)}
    with pytest.raises(ConfigError, match=r"words cannot be mixed .* write training\.mixup=0"):
        check_mixing(words, Training())
    check_mixing(words, Training(mixup=0))


def test_mixed_examples_get_answers_mixed_with_the_same_shares(taught, toy_batches, stored):
    batch = next(toy_batches.epoch(0))
    mix = losses.mixing_shares(batch.mix, TRAINING.mixup)
    softened, embedding = stored(batch, mix, 2.0)
    plain, own = stored(batch, None, 2.0)
    torch.testing.assert_close(softened[0], mix[0] * plain[0] + (1 - mix[0]) * plain[-1])
    torch.testing.assert_close(embedding[0], mix[0] * own[0] + (1 - mix[0]) * own[-1])
    row = int(batch.rows[0])
    torch.testing.assert_close(plain[0], losses.soften(stored.probabilities[row : row + 1], 2.0)[0])


def test_an_utterance_without_a_label_is_learnt_from_the_teacher_alone(taught, toy_batches):
    network = nn.Sequential(nn.Flatten(), nn.Linear(8 * 16, N_CLASSES))
    cfg = Training(mixup=0.0)
    batch = next(toy_batches.epoch(0))
    batch.targets.fill_(-1)
    made = taught(Weights(), network, training=cfg)
    assert alone(made, made.objectives[0].labels)(network, batch) == 0
    assert made(network, batch) > 0


def train(network, batches, objective, folder, *, kill_in_epoch=None):
    epoch = 0

    def select(_):
        nonlocal epoch
        if epoch == kill_in_epoch:
            raise KeyboardInterrupt
        epoch += 1
        return 0.5

    return loop.train(
        network, batches, TRAINING, folder, objective=objective, select=select, seed=0
    )


def test_the_projection_is_trained_and_resumed_and_no_part_of_the_student(
    taught, toy_batches, toy_network, tmp_path
):
    def begin():
        network = toy_network(channels=(6, 6))
        return network, taught(ALL, network)

    network, whole = begin()
    fresh = whole.objectives[0].projection.weight.clone()
    kept = train(network, toy_batches, whole, tmp_path / "whole")
    assert not torch.equal(fresh, whole.objectives[0].projection.weight)
    assert kept.state_dict().keys() == toy_network(channels=(6, 6)).state_dict().keys()

    network, cut = begin()
    with pytest.raises(KeyboardInterrupt):
        train(network, toy_batches, cut, tmp_path / "cut", kill_in_epoch=1)
    network, cut = begin()
    resumed = train(network, toy_batches, cut, tmp_path / "cut")
    assert torch.equal(cut.objectives[0].projection.weight, whole.objectives[0].projection.weight)
    for name, value in kept.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name])


@pytest.mark.parametrize(
    "cfg",
    [Weights(), Weights(weight=0, features=1), Weights(weight=0, relations=1), ALL],
    ids=["logits", "features", "relations", "all"],
)
def test_each_part_is_learnt(taught, toy_batches, toy_network, cfg):
    """A few steps of plain descent on one batch lower each part of the loss."""
    network = toy_network(channels=(6, 6), dropout=0.0)
    made, batch = taught(cfg, network), next(toy_batches.epoch(0))
    optimizer = torch.optim.Adam([*network.parameters(), *made.parameters()], 1e-2)
    seen = []
    for _ in range(30):
        loss = made(network, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    assert seen[-1] < 0.9 * seen[0]


def test_all_that_a_teacher_says_moves_with_the_loss(taught, toy_batches):
    """The meta device stands for a GPU: what stays behind cannot be computed with."""
    batch = next(toy_batches.epoch(0)).to("meta")
    network = nn.Sequential(nn.Flatten(), nn.Linear(batch.features[0].numel(), N_CLASSES))
    made = taught(Weights(features=1.0), network).to("meta")
    assert made(network.to("meta"), batch).device.type == "meta"
    assert made.state_dict().keys() == {
        f"objectives.0.projection.{part}" for part in ("weight", "bias")
    }


def test_a_live_teacher_answers_the_very_examples_by_the_mean_of_its_networks(
    taught, toy_batches, toy_network
):
    networks, batch = [toy_network(channels=(6, 6)), toy_network()], next(toy_batches.epoch(0))
    mix = losses.mixing_shares(batch.mix, 0.3)
    softened, embedding = Live(networks)(batch, mix, 2.0)
    features = losses.mixup(batch.features, mix)
    first, second = ((network(features) / 2).softmax(1) for network in networks)
    torch.testing.assert_close(softened, (first + second) / 2)
    assert embedding.shape == (len(batch.rows), Live(networks).width)
    assert torch.isfinite(taught(ALL, networks[0], Live(networks))(networks[0], batch))


@pytest.mark.parametrize("model", ["nano", "light_sernet", "tinyml_lstm"])
def test_every_network_shows_what_its_head_reads(toy_network, model):
    network = toy_network(model).eval()
    logits, embedding = answers.with_embedding(network, network, torch.randn(2, 32, 16))
    assert embedding.shape == (2, answers.embedding_width(network))
    head = list(network.children())[-1]
    torch.testing.assert_close(head(embedding), logits)
    assert not head._forward_pre_hooks


def test_a_network_without_a_head_is_refused_where_embeddings_are_wanted(taught):
    headless = nn.Sequential(nn.Flatten(), nn.ReLU())
    with pytest.raises(ConfigError, match="ends in ReLU.*set distill.features.*to 0"):
        taught(ALL, headless)
    taught(Weights(), headless)


def test_a_live_teacher_without_a_head_teaches_by_its_answers(taught, toy_batches):
    network = nn.Sequential(nn.Flatten(), nn.Linear(8 * 16, N_CLASSES))
    headless = nn.Sequential(network, nn.Identity())
    with pytest.raises(ConfigError, match="ends in Identity"):
        Live([headless])
    batch = next(toy_batches.epoch(0))
    softened, embedding = Live([headless], embeddings=False)(batch, None, 2.0)
    torch.testing.assert_close(softened, (network(batch.features) / 2).softmax(1))
    assert embedding.shape == (len(batch.rows), 0)
    student = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(8 * 16, N_CLASSES))
    live = Live([headless], embeddings=False)
    assert torch.isfinite(taught(Weights(), student, live)(student, batch))


def test_a_distillation_names_its_file():
    made = distillation.Distillation(soft=Path("soft-fold0.safetensors"))
    assert (made.temperature, made.weight, made.features, made.relations) == (2.0, 0.7, 0.0, 0.0)

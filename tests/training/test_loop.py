import dataclasses
import logging
import math

import pytest
import torch
from torch import nn

from lightspeech import config
from lightspeech.config import Choice
from lightspeech.errors import ConfigError, StudyError
from lightspeech.training import checkpoint, layout, loop, weights
from lightspeech.training.label_losses import focal
from lightspeech.training.loop import Training
from lightspeech.training.objective import Labels, Sum

FOCAL = Choice("lightspeech.training.label_losses", "focal", focal.Config())
TRAINING = Training(epochs=4, batch_size=8, learning_rate=1e-2)
SMALL = {"channels": (6, 6)}


class Killed(Exception):  # noqa: N818 (named for what it stands for)
    """Stands for a kill: nothing is caught, nothing is tidied."""


@pytest.fixture(autouse=True)
def every_epoch_is_saved(monkeypatch):
    """Epochs here are as short as saving is."""
    monkeypatch.setattr(checkpoint, "SHARE", 1.0)


def train(network, batches, cfg, folder, *, kill_in_epoch=None, uars=None):
    """Train, with chosen selection UARs, up to a kill."""
    scores = iter(uars or [0.5] * cfg.epochs)
    epoch = 0

    def select(_):
        nonlocal epoch
        if kill_in_epoch == epoch:
            raise Killed
        epoch += 1
        return next(scores)

    objective = Sum(network, [Labels(batches, 3, cfg)], mixup=cfg.mixup)
    return loop.train(network, batches, cfg, folder, objective=objective, select=select, seed=0)


def bits(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("nano", {}),
        ("nano", {"precision": "bf16-mixed"}),
        ("nano", {"loss": FOCAL, "mixup": 0.0, "schedule": "cosine", "average": 0.0}),
        ("nano", {"patience": 3}),
        ("nano", {"optimizer": "adam"}),
        ("tinyml_lstm", {}),
        ("light_sernet", {}),
    ],
)
def test_resumed_in_any_setting_it_has_the_same_bits(
    toy_network, toy_batches, tmp_path, model, changes
):
    cfg = dataclasses.replace(TRAINING, **changes)
    sizes = SMALL if model == "nano" else {}
    whole = train(toy_network(model, **sizes), toy_batches, cfg, tmp_path / "whole")
    with pytest.raises(Killed):
        train(toy_network(model, **sizes), toy_batches, cfg, tmp_path / "cut", kill_in_epoch=2)
    torch.manual_seed(99)  # whatever the new process drew before
    resumed = train(toy_network(model, **sizes), toy_batches, cfg, tmp_path / "cut")
    assert same(bits(resumed), bits(whole))


def test_it_learns(toy_network, toy_batches, tmp_path):
    cfg = dataclasses.replace(TRAINING, epochs=25, average=0.5, mixup=0.0)
    network = train(toy_network(channels=(12, 12), dropout=0.0), toy_batches, cfg, tmp_path)
    right = [
        (network(batch.features).argmax(1) == batch.targets).float().mean()
        for batch in toy_batches.epoch(0)
    ]
    assert sum(right) / len(right) > 0.9


def test_history_tells_of_every_epoch(toy_network, toy_batches, tmp_path):
    train(toy_network(**SMALL), toy_batches, TRAINING, tmp_path, uars=[0.1, 0.4, 0.3, 0.2])
    state = checkpoint.State(toy_network(**SMALL), toy_network(**SMALL), _optimizer(toy_network))
    checkpoint.restore(state, tmp_path)
    assert [line["epoch"] for line in state.history] == [0, 1, 2, 3]
    assert [line["selection_uar"] for line in state.history] == [0.1, 0.4, 0.3, 0.2]
    assert all(math.isfinite(line["loss"]) and line["seconds"] > 0 for line in state.history)
    assert all(0 < line["learning_rate"] <= 1e-2 for line in state.history)


def test_the_library_below_says_nothing_of_its_own(toy_network, toy_batches, tmp_path):
    said = []
    listener = logging.Handler()
    listener.emit = said.append
    logger = logging.getLogger("lightning_fabric")
    logger.addHandler(listener)
    try:
        cfg = dataclasses.replace(TRAINING, epochs=1, precision="bf16-mixed")
        train(toy_network(), toy_batches, cfg, tmp_path)
    finally:
        logger.removeHandler(listener)
    assert not said


@pytest.mark.parametrize(
    ("device", "has_gpu", "expected"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu")],
)
def test_a_gpu_is_taken_where_there_is_one_unless_told_otherwise(
    monkeypatch, device, has_gpu, expected
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    cfg = dataclasses.replace(TRAINING, device=device)
    assert loop.device_of(cfg) == torch.device(expected)


def test_all_that_a_loss_reads_moves_with_it(toy_batches):
    """The meta device stands for a GPU: what stays behind cannot be computed with."""
    batch = next(iter(toy_batches.epoch(0))).to("meta")
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(batch.features[0].numel(), 3)
    ).to("meta")
    objective = Sum(network, [Labels(toy_batches, 3, TRAINING)], mixup=0.3).to("meta")
    assert objective(network, batch).device.type == "meta"
    assert not objective.state_dict()


def _optimizer(toy_network):
    return torch.optim.AdamW(toy_network(**SMALL).parameters())


@pytest.mark.parametrize(
    ("uars", "epochs"),
    [
        ([0.5, 0.4, 0.4, 0.9, 0.9], 3),  # two without a better one: the end
        ([0.5, 0.5, 0.5, 0.9, 0.9], 3),  # as good is no better
        ([0.5, 0.4, 0.6, 0.5, 0.6], 5),
        ([0.5, 0.4, 0.6, 0.7, 0.1], 5),
    ],
)
def test_patience_ends_training_and_the_best_is_kept(
    toy_network, toy_batches, tmp_path, uars, epochs
):
    cfg = dataclasses.replace(TRAINING, epochs=5, patience=2)
    kept = train(toy_network(**SMALL), toy_batches, cfg, tmp_path / "kept", uars=uars)
    lines = (tmp_path / "kept/history.jsonl").read_text().splitlines()
    assert len(lines) == epochs
    best = uars.index(max(uars[:epochs]))
    with pytest.raises(Killed):
        train(
            toy_network(**SMALL), toy_batches, cfg, tmp_path / "cut",
            uars=uars, kill_in_epoch=best + 1,
        )  # fmt: skip
    state = checkpoint.State(toy_network(**SMALL), toy_network(**SMALL), _optimizer(toy_network))
    checkpoint.restore(state, tmp_path / "cut")
    assert same(bits(kept), bits(state.average))


@pytest.mark.parametrize(("optimizer", "gradient"), [("adam", 3.5), ("adamw", 3.0)])
def test_decay_of_adam_is_the_gradient_of_an_l2_penalty(optimizer, gradient):
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    made = weights.optimizer(optimizer, network, nn.Module(), learning_rate=0.01, decay=0.5)
    network.weight.grad = torch.full((1, 1), 3.0)
    made.step()
    assert made.state[network.weight]["exp_avg"].item() == pytest.approx(0.1 * gradient)


def test_what_is_pretrained_is_a_group_of_its_own_and_all_else_is_in_the_first():
    network, objective = nn.Sequential(nn.Linear(2, 3)), nn.Linear(3, 1)
    network.pretrained = nn.ModuleList([nn.Linear(2, 2)])
    made = weights.optimizer("adamw", network, objective, learning_rate=0.01, decay=0.0)
    fast, slow = made.param_groups
    assert set(map(id, slow["params"])) == set(map(id, network.pretrained.parameters()))
    assert set(map(id, fast["params"])) == set(
        map(id, [*network[0].parameters(), *objective.parameters()])
    )


def test_training_that_diverges_is_refused_and_says_what_to_type(
    toy_network, toy_batches, tmp_path
):
    cfg = dataclasses.replace(TRAINING, learning_rate=1e30, mixup=0.0, schedule="constant")
    with pytest.raises(StudyError, match=r"in epoch 0: .*(nan|inf).*; lower training\.learning"):
        train(toy_network(**SMALL), toy_batches, cfg, tmp_path)
    assert not (tmp_path / layout.CHECKPOINT).exists()


def test_without_averaging_the_last_weights_are_kept(toy_network, toy_batches, tmp_path):
    network = toy_network(**SMALL)
    cfg = dataclasses.replace(TRAINING, average=0.0)
    kept = train(network, toy_batches, cfg, tmp_path)
    assert same(bits(kept), bits(network))
    assert not kept.training


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0), ("batch_size", 1), ("learning_rate", 0.0), ("learning_rate", math.nan),
        ("weight_decay", -0.1), ("clip_norm", 0.0), ("label_smoothing", 1.0), ("mixup", -0.3),
        ("average", 1.0), ("patience", 0), ("loss", "mse"), ("schedule", "step"),
        ("precision", "16-mixed"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_config_error(key, value):
    with pytest.raises(ConfigError, match=rf"{key}: .* \(got {value!r}\)"):
        config.build(Training, {key: value})


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
     RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")],
)  # fmt: skip
def test_out_of_memory_says_what_to_reduce_and_keeps_the_checkpoint(
    toy_network, toy_batches, tmp_path, error
):
    class Hungry(Labels):
        def score(self, answered):
            if (tmp_path / layout.CHECKPOINT).exists():
                raise error
            return super().score(answered)

    network, cfg = toy_network(**SMALL), TRAINING
    objective = Sum(network, [Hungry(toy_batches, 3, cfg)], mixup=cfg.mixup)
    with pytest.raises(StudyError, match=r"in epoch 1, .*raise training\.accumulate") as caught:
        loop.train(
            network, toy_batches, cfg, tmp_path, objective=objective, select=lambda _: 0.5, seed=0
        )
    assert "\n" not in str(caught.value)
    trained = train(
        toy_network(**SMALL), toy_batches, cfg, tmp_path
    )  # goes on from the epoch before
    assert same(
        bits(trained), bits(train(toy_network(**SMALL), toy_batches, cfg, tmp_path / "whole"))
    )


def test_a_batch_in_parts_gives_much_the_same_weights(toy_network, toy_batches, tmp_path):
    """Not the same: batch norms see a part."""
    cfg = dataclasses.replace(TRAINING, accumulate=2)
    one = train(toy_network(**SMALL), toy_batches, TRAINING, tmp_path / "one")
    other = train(toy_network(**SMALL), toy_batches, cfg, tmp_path / "other")
    assert not same(bits(one), bits(other))
    for name, value in bits(other).items():
        assert value.isfinite().all(), name

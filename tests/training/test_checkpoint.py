import copy
import json
from pathlib import Path

import pytest
import torch
from torch.optim import AdamW

from lightspeech.errors import OutputError, StudyError
from lightspeech.training import checkpoint, layout
from lightspeech.training.checkpoint import State


@pytest.fixture
def make_state(toy_network, toy_batches):
    """A state after some steps, or before any."""

    def make(steps):
        network = toy_network(channels=(6, 6))
        state = State(network, copy.deepcopy(network), AdamW(network.parameters(), 1e-2))
        for step, batch in zip(range(steps), toy_batches.epoch(0), strict=False):
            network(batch.features).square().mean().backward()
            state.optimizer.step()
            state.history.append({"epoch": step, "selection_uar": 0.1 * step})
        if steps:
            state.best = copy.deepcopy(network.state_dict())
        return state

    return make


def tensors(state):
    moments = state.optimizer.state_dict()["state"]
    return {
        **{f"network.{k}": v for k, v in state.network.state_dict().items()},
        **{f"average.{k}": v for k, v in state.average.state_dict().items()},
        **{f"best.{k}": v for k, v in state.best.items()},
        **{f"{i}.{k}": v for i, m in moments.items() for k, v in m.items()},
    }


def test_what_is_saved_comes_back_to_the_bit(make_state, tmp_path):
    state, fresh = make_state(3), make_state(0)
    checkpoint.save(state, tmp_path)
    checkpoint.restore(fresh, tmp_path)
    assert fresh.history == state.history
    expected, found = tensors(state), tensors(fresh)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(found[name].dtype == expected[name].dtype for name in expected)


def test_moments_lie_in_memory_as_their_weights_do(make_state, tmp_path):
    """Else a fused optimizer gives weights the moments of others."""
    state, fresh = make_state(3), make_state(0)
    checkpoint.save(state, tmp_path)
    checkpoint.restore(fresh, tmp_path)
    weights = [w for group in fresh.optimizer.param_groups for w in group["params"]]
    assert any(not w.is_contiguous() for w in weights)
    for w in weights:
        moments = fresh.optimizer.state[w]
        assert places(moments["exp_avg"]) == places(moments["exp_avg_sq"]) == places(w)


def places(tensor):
    """Distances in memory along the axes that have any."""
    return [step for step, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1]


def test_history_is_there_to_read(make_state, tmp_path):
    state = make_state(3)
    checkpoint.save(state, tmp_path)
    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == state.history


def test_without_a_checkpoint_nothing_changes(make_state, tmp_path):
    state = make_state(2)
    before = copy.deepcopy(tensors(state))
    checkpoint.restore(state, tmp_path)
    assert all(torch.equal(tensors(state)[name], before[name]) for name in before)


def test_cut_off_between_the_two_files_no_epoch_is_lost_or_told_twice(
    make_state, tmp_path, monkeypatch
):
    state = make_state(1)
    checkpoint.save(state, tmp_path)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_tensors", killed)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.save(make_state(2), tmp_path)
    fresh = make_state(0)
    checkpoint.restore(fresh, tmp_path)
    assert fresh.history == state.history
    checkpoint.save(make_state(2), tmp_path)
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 2


def test_saving_takes_no_more_than_its_share_of_the_time(make_state, tmp_path, monkeypatch):
    now, saved, save = 0.0, [], checkpoint.save
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now)

    def slowly(state, folder):
        nonlocal now
        now += 2.0
        saved.append(len(state.history))
        save(state, folder)

    monkeypatch.setattr(checkpoint, "save", slowly)
    keep, state = checkpoint.Keeper(tmp_path), make_state(1)
    for epoch in range(1, 31):
        now += 5.0
        state.history = [{"epoch": number} for number in range(epoch)]
        keep(state, last=epoch == 30)
        assert len((tmp_path / "history.jsonl").read_text().splitlines()) == epoch
    assert saved == [1, 21, 30]


def cut(data):
    return data[: len(data) // 2]


def of_another_network(data):
    return data.replace(b"network.stem", b"network.item")


def one_bit(data):
    """In the last number: still a finite one."""
    return data[:-4] + bytes([data[-4] ^ 1]) + data[-3:]


def one_digit_of_the_history(data):
    return data.replace(rb"\"epoch\": 0", rb"\"epoch\": 7")


@pytest.mark.parametrize(
    "damage", [cut, lambda data: data[:4], lambda data: b"", lambda data: b"\xff" * 99,
               of_another_network, one_bit, one_digit_of_the_history],
    ids=["half", "head", "empty", "noise", "another network", "bit", "digit"],
)  # fmt: skip
def test_a_damaged_checkpoint_is_one_line_that_says_what_to_do(make_state, tmp_path, damage):
    checkpoint.save(make_state(2), tmp_path)
    path = tmp_path / layout.CHECKPOINT
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StudyError, match=r"damaged checkpoint \(.+\); delete it") as caught:
        checkpoint.restore(make_state(0), tmp_path)
    assert "\n" not in str(caught.value)


def test_a_full_disk_keeps_the_last_checkpoint(make_state, tmp_path, monkeypatch):
    checkpoint.save(make_state(1), tmp_path)
    before = (tmp_path / layout.CHECKPOINT).read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        checkpoint.save(make_state(2), tmp_path)
    assert (tmp_path / layout.CHECKPOINT).read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2

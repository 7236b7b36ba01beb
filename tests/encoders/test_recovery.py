"""A pruned encoder learns again what the whole one says, and goes on where it was killed."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from typer.testing import CliRunner

from lightspeech.audio import io
from lightspeech.audio.windows import Windows
from lightspeech.cli import app
from lightspeech.encoders import blocks, recovery
from lightspeech.encoders import shrink as _shrink
from lightspeech.encoders.shrink import Shrink
from lightspeech.errors import ConfigError
from lightspeech.frontends import small_encoder
from lightspeech.frontends.small_encoder import Small
from lightspeech.frontends.states import SAMPLE_RATE
from lightspeech.training import checkpoint, layout
from lightspeech.training.loop import Training

pytestmark = pytest.mark.usefixtures("one_thread")

CFG = Training(epochs=12, batch_size=4, learning_rate=3e-4, weight_decay=0.0)


@pytest.fixture(scope="module")
def source(make_whisper):
    return make_whisper(4, init_std=0.3)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Chirps of many lengths, one shorter than a crop."""
    folder, rng = tmp_path_factory.mktemp("speech"), np.random.default_rng(0)
    for number in range(41):
        t = np.arange(rng.integers(8_000, 48_000)) / SAMPLE_RATE
        wave = 0.3 * np.sin(2 * np.pi * rng.uniform(100, 1000) * t ** rng.uniform(0.8, 1.2))
        soundfile.write(folder / f"{number:02}.wav", wave, SAMPLE_RATE)
    return _shrink.recordings_of(folder)


def blocks_of(source, recordings):
    torch.manual_seed(0)
    shrink = Shrink(source=source, last=2, heads=2, units=8)
    small = _shrink.open_blocks(shrink)
    heard = [torch.from_numpy(io.load(path, SAMPLE_RATE)[None]) for path in recordings[:4]]
    blocks.lessen(small, heard, heads=2, units=8)
    for block in small.blocks:
        block.narrow.weight.data *= -1  # random blocks lose little by pruning alone
    whole = _shrink.open_blocks(Shrink(source=source, last=3, heads=4, units=24))
    return small, whole


@torch.no_grad()
def off(small, whole, crops):
    """Mean squared error of the hidden states both give, each layer-normed."""
    pair = small(crops), whole(crops)[:, :3]
    return torch.nn.functional.mse_loss(*(torch.nn.functional.layer_norm(x, [16]) for x in pair))


def test_what_is_left_comes_closer_to_what_there_was(source, recordings, tmp_path):
    small, whole = blocks_of(source, recordings)
    before = {name: value.clone() for name, value in small.state_dict().items()}
    some = recovery.Speech(recordings[:8], replace(CFG, batch_size=8))
    [crops] = [batch.features for batch in some.epoch(0)]
    far = off(small, whole, crops)
    made = recovery.recover(small, whole, recordings, CFG, tmp_path)
    near = off(made, whole, crops)
    assert near < 0.8 * far
    changed = {name for name, value in made.state_dict().items() if not value.equal(before[name])}
    assert changed == {name for name, _ in small.named_parameters()}  # no mel matrix, no positions
    told = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert len(told) == CFG.epochs
    assert told[-1]["selection_uar"] > told[0]["selection_uar"]


def test_a_killed_recovery_ends_with_the_same_weights(source, recordings, tmp_path, monkeypatch):
    whole_way = recovery.recover(*blocks_of(source, recordings), recordings, CFG, tmp_path / "a")
    save = checkpoint.save

    def killed(state, folder):
        save(state, folder)
        if len(state.history) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", killed)
    monkeypatch.setattr(checkpoint, "SHARE", 1.0)
    with pytest.raises(KeyboardInterrupt):
        recovery.recover(*blocks_of(source, recordings), recordings, CFG, tmp_path / "b")
    monkeypatch.setattr(checkpoint, "save", save)
    resumed = recovery.recover(*blocks_of(source, recordings), recordings, CFG, tmp_path / "b")
    for name, value in resumed.state_dict().items():
        assert value.equal(whole_way.state_dict()[name]), name


def test_the_command_recovers_by_all_folders_of_speech(source, recordings, tmp_path):
    some, others = tmp_path / "some", tmp_path / "others"
    for number, path in enumerate(recordings[:24]):
        folder = (some, others)[number % 2]
        folder.mkdir(exist_ok=True)
        (folder / path.name).write_bytes(path.read_bytes())
    asked = ["shrink", str(tmp_path / "small"), "--speech", str(some), "--speech", str(others)]
    asked += ["--source", source, "--heads", "2", "--units", "8", "--epochs", "1"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    about = json.loads((tmp_path / "small/config.json").read_text())
    assert set(about["heard"]) == {io.inspect(path).audio_hash for path in recordings[:24]}
    assert (about["made_of"]["epochs"], about["made_of"]["deep"]) == (1, 3)


@pytest.mark.parametrize(("last", "tuned"), [(2, 0), (0, 2), (0, 0)])
def test_a_state_less_deep_than_what_is_left_cannot_be_told_nor_is_nothing_left(last, tuned):
    with pytest.raises(ConfigError, match=f"found last={last} and tuned={tuned}; keep fewer"):
        Shrink(last=last, tuned=tuned, deep=1)


def test_a_shrunk_encoder_says_how_it_was_recovered(source, recordings, tmp_path):
    cfg = Shrink(source=source, last=2, heads=2, units=8, epochs=1)
    _shrink.shrink(cfg, recordings, tmp_path)
    about = json.loads((tmp_path / "config.json").read_text())
    assert about["made_of"]["epochs"] == 1
    assert about["heard"] == [io.inspect(path).audio_hash for path in recordings]
    assert not (tmp_path / layout.CHECKPOINT).exists()
    opened = Small(small_encoder.Config(source=str(tmp_path), width=16), Windows()).listen
    assert opened.hidden_states(np.zeros(8_000, np.float32)).shape == (3, 25, 16)

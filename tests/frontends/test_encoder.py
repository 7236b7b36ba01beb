import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.frontends import encoder_places, pretrained
from lightspeech.frontends.encoder import Config, Pretrained
from lightspeech.frontends.states import pool

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTH, BLOCKS = 16, 2
KINDS = ("whisper", "wav2vec2", "wav2vec2-stable", "hubert", "wavlm", "data2vec")


def config_of(folder, **changes):
    return Config(**{"source": str(folder), "width": WIDTH, "first": 0, "last": BLOCKS, **changes})


def key(cfg):
    return Pretrained(cfg).key


def noise(seconds, seed=0):
    return np.random.default_rng(seed).normal(size=round(16_000 * seconds)).astype(np.float32) / 10


@pytest.mark.parametrize("kind", KINDS[1:])
def test_hidden_states_are_those_of_transformers(make_encoder, kind):
    folder, model = make_encoder(kind)
    waveform = noise(0.7)
    values = torch.from_numpy((waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7))[None]
    with torch.no_grad():
        expected = model(values, output_hidden_states=True).hidden_states
    found = pretrained.load(config_of(folder)).hidden_states(waveform)
    torch.testing.assert_close(found, torch.cat(expected), atol=1e-5, rtol=1e-4)


def test_a_new_process_opens_an_encoder_without_a_word(make_encoder):
    folder, _ = make_encoder()
    code = f"from lightspeech.frontends import pretrained; pretrained.pretrained({str(folder)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_whisper_at_full_length_is_that_of_transformers(make_encoder):
    folder, model = make_encoder()
    opened = pretrained.load(config_of(folder))
    waveform = noise(30)
    mel = _mel(folder, waveform)
    with torch.no_grad():
        expected = model.model.encoder(mel, output_hidden_states=True).hidden_states
        found = opened.hidden_states(waveform)
    torch.testing.assert_close(found, torch.cat(expected), atol=1e-5, rtol=1e-4)


def _mel(folder, waveform):
    import transformers

    made = transformers.WhisperFeatureExtractor.from_pretrained(folder)
    return made(waveform, sampling_rate=16_000, return_tensors="pt").input_features


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 1), (0, 1)])
def test_fewer_blocks_give_the_same_hidden_states(make_encoder, kind, first, last):
    folder, _ = make_encoder(kind)
    whole = pretrained.load(config_of(folder))
    part = pretrained.load(config_of(folder, first=first, last=last))
    with torch.no_grad():
        expected = whole.hidden_states(noise(0.5))[first : last + 1]
        torch.testing.assert_close(part.hidden_states(noise(0.5)), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("seconds", "frames"), [(0.01, 1), (0.4, 5), (1.0, 13), (30.5, 382)])
def test_any_length_is_heard(make_encoder, kind, seconds, frames):
    folder, _ = make_encoder(kind)
    heard = pretrained.load(config_of(folder))(noise(seconds))
    assert heard.dtype == np.float16
    assert heard.shape[1] == (BLOCKS + 1) * WIDTH
    assert abs(len(heard) - frames) <= 1
    assert np.isfinite(heard).all()


def test_a_shorter_last_frame_is_the_mean_of_what_there_is():
    states = torch.arange(6.0).reshape(1, 6, 1)
    pooled = pool(states, 0.08)
    assert pooled.flatten().tolist() == [1.5, 4.5]


def test_layers_lie_one_behind_the_other():
    states = torch.stack([torch.zeros(4, 3), torch.ones(4, 3)])
    pooled = pool(states, 0.08)
    assert pooled.tolist() == [[0, 0, 0, 1, 1, 1]]


def test_a_name_is_looked_for_below_the_folder_of_encoders(make_encoder, tmp_path, monkeypatch):
    folder, _ = make_encoder()
    monkeypatch.setenv("LIGHTSPEECH_ENCODERS", str(tmp_path))
    assert encoder_places.find(folder.name) == folder
    assert key(config_of(folder.name)) == key(config_of(folder))


def test_weights_and_settings_make_the_key_and_the_place_does_not(make_encoder, tmp_path):
    folder, _ = make_encoder()
    cfg = config_of(folder)
    changes = ({"first": 1}, {"last": 1}, {"pool_s": 0.04})
    assert len({key(replace(cfg, **change)) for change in ({}, *changes)}) == 4
    before = key(cfg)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert key(cfg) != before


@pytest.mark.parametrize("source", ["whisper-base", "openai/whisper-base"])
def test_without_folder_and_network_both_remedies_are_named(offline, tmp_path, monkeypatch, source):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    pytest.importorskip("transformers", reason="needs the extra 'teacher'")
    with pytest.raises(ConfigError, match=r"LIGHTSPEECH_ENCODERS.*as on the hub, .*openai/whisper"):
        pretrained.load(Config(source=source))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"width": 32}, r"has width 16 .* write frontend\.width=16"),
        ({"last": 3}, r"and 2 blocks, .* frontend\.last=2"),
    ],
)
def test_a_recipe_that_says_another_encoder_is_refused(make_encoder, change, fault):
    folder, _ = make_encoder()
    with pytest.raises(ConfigError, match=fault):
        pretrained.load(config_of(folder, **change))


def test_an_encoder_that_lacks_a_tensor_is_refused(make_encoder):
    from safetensors.torch import load_file, save_file

    folder, _ = make_encoder()
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.encoder.layers.1.fc1.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ConfigError, match=r"is not whole, first odd tensor layers\.1\.fc1\.weight"):
        pretrained.load(config_of(folder))


def test_another_kind_of_model_is_refused(make_encoder):
    folder, _ = make_encoder("wav2vec2")
    about = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**about, "model_type": "sew-d"}))
    with pytest.raises(ConfigError, match="of kind 'sew-d'; choose one of"):
        pretrained.load(config_of(folder))


def test_without_transformers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[teacher\]"):
        pretrained.load(Config())


def test_encoders_side_by_side_give_what_each_gives_alone(make_encoder):
    (one, _), (two, _) = make_encoder(), make_encoder("hubert")
    first, second = config_of(one), config_of(two, first=1)
    both = Pretrained(replace(first, second=second))
    listen = both.listen
    heard = listen(noise(1.1))
    alone = pretrained.load(first)(noise(1.1)), pretrained.load(second)(noise(1.1))
    n = min(map(len, alone))
    np.testing.assert_array_equal(heard, np.concatenate([part[:n] for part in alone], 1))
    assert heard.shape[1] == sum(states.n_features for states in both.states)
    assert listen.n_params == sum(pretrained.load(cfg).n_params for cfg in (first, second))


def test_the_encoder_beside_another_is_part_of_the_key(make_encoder):
    folder, _ = make_encoder()
    cfg = config_of(folder)
    keys = {
        key(cfg),
        *(key(replace(cfg, second=replace(cfg, last=n))) for n in (1, 2)),
    }
    assert len(keys) == 3


def test_encoders_side_by_side_need_frames_of_one_length():
    with pytest.raises(ConfigError, match=r"write frontend\.second\.pool_s=0\.08"):
        Config(second=Config(pool_s=0.16))


def test_an_empty_range_of_hidden_states_is_refused():
    with pytest.raises(ValueError, match="first must be at most last, found 3 and 2"):
        Config(first=3, last=2)


@pytest.mark.corpus
def test_whisper_base_gives_hidden_states_of_its_width():
    if "LIGHTSPEECH_ENCODERS" not in os.environ:
        pytest.skip("needs whisper-base: set LIGHTSPEECH_ENCODERS to the folder that holds it")
    opened = pretrained.load(Config())
    assert opened(noise(1.0)).shape == (13, 4 * 512)
    assert opened.n_params == 14_286_848

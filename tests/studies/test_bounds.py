"""A recipe that asks for more than a machine can give is refused where it is read."""

import pytest

from lightspeech.config import build
from lightspeech.errors import ConfigError
from lightspeech.studies.recipe import Recipe

PLAIN = {"name": "x", "corpora": ["synthetic"], "protocol": "grouped_k_fold", "model": "micro"}
HUGE = 10**9


def fault_of(values):
    with pytest.raises(ConfigError) as caught:
        build(Recipe, {**PLAIN, **values}).run_config()
    return str(caught.value)


@pytest.mark.parametrize(
    ("model", "where"),
    [
        ({"name": "micro", "dropout": 1.0}, "model.dropout"),
        ({"name": "micro", "dropout": -0.1}, "model.dropout"),
        ({"name": "micro", "channels": [8, HUGE]}, "model.channels.1"),
        ({"name": "nano", "channels": [8] * 100}, "model.channels"),
        ({"name": "micro", "kernel": 10**6 + 1}, "model.kernel"),
        ({"name": "small", "members": HUGE}, "model.members"),
        ({"name": "small", "channels": [0, 8]}, "model.channels.0"),
        ({"name": "light_sernet", "dropout": float("nan")}, "model.dropout"),
        ({"name": "light_sernet", "paths": [32, 32, HUGE]}, "model.paths.2"),
        ({"name": "tinyml_lstm", "dropout": 2}, "model.dropout"),
        ({"name": "whisper", "width": HUGE}, "model.width"),
        ({"name": "whisper", "heads": HUGE}, "model.heads"),
        ({"name": "fusion", "temperatures": [1, 1e-400]}, "model.temperatures.1"),
    ],
)
def test_of_a_model(model, where):
    assert fault_of({"model": model}).startswith(f"configuration: {where}: ")


@pytest.mark.parametrize(
    "model",
    [
        {"name": "micro", "channels": [1024] * 9},
        {"name": "small", "channels": [512] * 4, "members": 16},
        {"name": "light_sernet", "body": [1024] * 5},
    ],
)
def test_width_times_depth_is_bounded_in_sum(model):
    assert "weights, allowed are 4,194,304; make the network narrower" in fault_of({"model": model})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stretch", 1e300), ("semitones", 1e9), ("gain_db", 1e5), ("snr_db_min", -1e300),
        ("time_masks", HUGE), ("time_mask_s", float("inf")), ("band_masks", HUGE),
        ("speeds", [1.0] * 100), ("surroundings", {"t60_s": [0.0, 1.0]}),
        ("surroundings", {"direct_db": [-1e9, 0]}), ("surroundings", {"microphone_db": 1e9}),
    ],
)  # fmt: skip
def test_of_augmentation(key, value):
    assert f"augment.{key}" in fault_of({"augment": {key: value}})


def test_noise_has_its_levels_in_order():
    assert "found 20 and 10" in fault_of({"augment": {"snr_db_min": 20, "snr_db_max": 10}})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", HUGE), ("batch_size", HUGE), ("learning_rate", 1e30), ("pretrained_rate", 1e30),
        ("weight_decay", 1e30), ("clip_norm", 1e30), ("mixup", 1e30), ("patience", HUGE),
        ("loss", {"name": "focal", "gamma": 1e30}),
    ],
)  # fmt: skip
def test_of_training(key, value):
    assert f"training.{key}" in fault_of({"training": {key: value}})


@pytest.mark.parametrize(
    "values",
    [
        {"seeds": [-1]},
        {"seeds": [1 << 64]},
        {"protocol": {"name": "grouped_k_fold", "seed": -1}},
        {"corpora": [{"name": "synthetic", "spread": 1e300}]},
        {"compress": [{"name": "distill", "teacher": "t", "temperature": 1e300}]},
        {"compress": [{"name": "distill", "teacher": "t", "crops": HUGE}]},
        {"compress": [{"name": "prune", "rounds": HUGE}]},
        {"compress": [{"name": "quantize", "qat_epochs": HUGE}]},
        {"frontend": {"name": "encoder", "width": HUGE}},
        {"frontend": {"name": "encoder", "last": HUGE}},
    ],
)
def test_of_all_else(values):
    assert "Input should be" in fault_of(values)


@pytest.mark.parametrize(
    "frontend", [{"n_fft": 32_768, "n_mels": 16_000}, {"hop_length": 1}, {"sample_rate": HUGE}]
)
def test_of_a_front_end(frontend):
    assert "ask for" in fault_of({"frontend": frontend})

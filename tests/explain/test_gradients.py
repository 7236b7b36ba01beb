"""Maps of trained runs: their completeness, and what shuffled weights leave of them."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="trained runs need the extra 'train'")

from lightspeech import config  # noqa: E402
from lightspeech.audio.pitch import SAMPLE_RATE  # noqa: E402
from lightspeech.errors import ConfigError  # noqa: E402
from lightspeech.explain import gradients, maps, places, tried  # noqa: E402
from lightspeech.explain.gradients import Mapped  # noqa: E402
from lightspeech.training import networks  # noqa: E402
from lightspeech.training.run import Run  # noqa: E402
from lightspeech.training.task import RunConfig  # noqa: E402


@pytest.fixture
def mapped(one_thread):
    values = {
        "model": {"name": "nano", "channels": [8, 8]}, "frontend": {"name": "mel"}, "augment": {},
        "windows": {"window_s": 1.0, "hop_s": 0.5}, "training": {},
    }  # fmt: skip
    cfg = config.build(RunConfig, values, source="test")
    network = networks.build_network(cfg, 3)
    run = Run(
        config=cfg, labels=("a", "b", "c"), fold=0, seed=0, temperature=1.0, thresholds=(0.0,) * 3,
        network=network,
    )  # fmt: skip
    time = np.arange(3 * SAMPLE_RATE // 2) / SAMPLE_RATE
    rng = np.random.default_rng(0)
    sound = np.sin(2 * np.pi * 300 * time) * (time > 0.5) + 0.01 * rng.normal(size=len(time))
    return Mapped(run, (0.3 * sound).astype(np.float32))


def test_integrated_gradients_add_up_to_the_answer_less_that_to_silence(mapped):
    """Also of a network that was left in training mode, in which dropout would break it."""
    mapped.run.network.train()
    values = gradients.integrated(mapped, 1)
    kept = np.ones((1, *values.shape), bool)
    whole = mapped.masked.answer(kept)[0, 1]
    silent = mapped.probabilities(gradients.silence(mapped)[None])[0, 1].item()
    assert abs(whole - silent) > 0.01
    assert values.sum() == pytest.approx(whole - silent, abs=0.02 * abs(whole - silent) + 1e-3)
    np.testing.assert_array_equal(values, gradients.integrated(mapped, 1))


def test_masks_on_a_run_keep_the_answer_and_shapley_values_add_up(mapped):
    values = maps.shapley(mapped.masked, 0, pairs=1)
    shape = places.n_pieces(len(mapped.waveform)), places.N_BANDS
    whole, nothing = mapped.masked.answer(np.stack([np.ones(shape, bool), np.zeros(shape, bool)]))[
        :, 0
    ]
    assert values.sum() == pytest.approx(whole - nothing, abs=1e-6)


def test_shuffled_weights_are_the_same_numbers_elsewhere_and_leave_the_run_alone(mapped):
    before = [w.clone() for w in mapped.run.network.parameters()]
    other = tried.shuffled(mapped)
    for old, now, moved in zip(
        before, mapped.run.network.parameters(), other.run.network.parameters(), strict=True
    ):
        torch.testing.assert_close(old, now)
        torch.testing.assert_close(old.flatten().sort()[0], moved.flatten().sort()[0])
    first, second = (maps.occlusion(each.masked, 1) for each in (mapped, other))
    assert np.abs(first - second).max() > 1e-4


def test_gradients_are_of_windows_that_are_averaged(mapped):
    cfg = mapped.run.config
    loudest = replace(mapped.run, config=replace(cfg, windows=replace(cfg.windows, over="max")))
    with pytest.raises(ConfigError, match="occlusion or Shapley"):
        gradients.integrated(Mapped(loudest, mapped.waveform), 1)

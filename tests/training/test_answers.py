"""The one way to ask a network, and a finished run about recordings."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.corpora.base import Utterance
from lightspeech.errors import AudioError, ConfigError
from lightspeech.frontends import mel, pair
from lightspeech.models import fusion, nano
from lightspeech.models.building import Architecture
from lightspeech.training import answers
from lightspeech.training.fitting import window_logits
from lightspeech.training.inputs import Parts
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

LABELS = ("angry", "happy", "sad")
NANO = Choice("lightspeech.models", "nano", nano.Config(channels=(6, 6)))
FRONT = choice_of("lightspeech.frontends", MelConfig(n_mels=16))


def batches(n=7, size=3):
    features = torch.randn(n, 12, 16, generator=torch.Generator().manual_seed(0))
    return features, list(features.split(size))


def test_it_answers_all_examples_in_order_in_evaluation_mode(toy_network):
    network = toy_network(channels=(6, 6)).train()
    features, parts = batches()
    found = answers.answer(network, iter(parts))
    assert not network.training
    assert found.embeddings is None
    assert not found.logits.requires_grad
    torch.testing.assert_close(found.logits, network(features))


def test_embeddings_are_what_the_head_reads(toy_network):
    network = toy_network(channels=(6, 6)).eval()
    features, parts = batches()
    found = answers.answer(network, parts, embeddings=True)
    assert found.embeddings.shape == (7, answers.embedding_width(network))
    torch.testing.assert_close(network.head(found.embeddings), found.logits)
    torch.testing.assert_close(found.logits, network(features))
    assert not network.head._forward_pre_hooks


def test_a_network_without_a_head_is_asked_for_logits_alone():
    headless = nn.Sequential(nn.Flatten(), nn.ReLU())
    _, parts = batches()
    assert answers.answer(headless, parts).logits.shape == (7, 12 * 16)
    with pytest.raises(ConfigError, match="shows no embedding"):
        answers.answer(headless, parts, embeddings=True)


class Uncalled(nn.Module):
    """It has a head, and multiplies by its weights without calling it."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(16, 3)

    def forward(self, features):
        return features.mean(1) @ self.head.weight.T


def test_a_network_that_never_calls_its_head_is_told_so():
    _, parts = batches()
    assert answers.answer(Uncalled(), parts).logits.shape == (7, 3)
    with pytest.raises(ConfigError, match=r"^Uncalled never calls its self\.head, so it shows no"):
        answers.answer(Uncalled(), parts, embeddings=True)


def test_answers_are_float32_whatever_the_network_computes_in(toy_network):
    network = toy_network(channels=(6, 6)).to(torch.bfloat16)
    features, _ = batches()
    found = answers.answer(network, [features.bfloat16()], embeddings=True)
    assert (found.logits.dtype, found.embeddings.dtype) == (torch.float32, torch.float32)


def test_a_hook_is_gone_also_where_a_network_fails(toy_network):
    network = toy_network(channels=(6, 6))
    with pytest.raises(RuntimeError):
        answers.answer(network, [torch.zeros(2, 12, 9)], embeddings=True)
    assert not network.head._forward_pre_hooks


class Parted(nn.Module):
    def forward(self, inputs):
        return inputs["first"].mean((1, 2))[:, None] + inputs["second"].mean(1)


def test_inputs_of_several_tensors_are_answered_by_name():
    parts = [{"first": torch.randn(n, 4, 2), "second": torch.randn(n, 5, 3)} for n in (2, 1)]
    found = answers.answer(Parted(), parts)
    torch.testing.assert_close(found.logits, torch.cat([Parted()(part) for part in parts]))


@pytest.fixture
def utterances(tmp_path, write_tone):
    return [
        Utterance(
            id=f"toy/{row}", corpus="toy", speaker="toy/a", emotion="sad", sample_rate=16_000,
            audio_hash=f"{row}" * 8, path=write_tone(
                tmp_path / f"{row}.wav", seconds=0.3 + 0.2 * row, hertz=300 + 80 * row
            ),
        )
        for row in range(4)
    ]  # fmt: skip


def run_of(model=NANO, frontend=FRONT, **changes):
    cfg = RunConfig(
        model=model, frontend=frontend, windows=Windows(window_s=0.4, hop_s=0.2), **changes
    )
    torch.manual_seed(0)
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=2.0, thresholds=(0.0,) * len(LABELS),
        network=build_network(cfg, len(LABELS)).eval(),
    )  # fmt: skip


def test_a_run_answers_recordings_window_by_window(utterances, tmp_path):
    done = run_of()
    found = done.answer(utterances, tmp_path / "cache")
    inputs = done.config.front.open(utterances, tmp_path / "cache")
    assert found.logits.shape == (inputs.window_offsets[-1], 3)
    assert inputs.window_offsets[-1] > len(utterances)
    rows = np.array([2, 0])
    parts = Parts(inputs=inputs, train=rows, selection=rows, test=rows)
    start, end = inputs.window_offsets[[2, 3]]
    own = window_logits(done.network, parts, rows)
    assert len(own) == parts.counts(rows).sum()
    np.testing.assert_allclose(own[: end - start], found.logits[start:end], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(own[end - start :], found.logits[: parts.counts(rows[1:])[0]],
                               rtol=1e-5, atol=1e-6)  # fmt: skip


def test_a_run_shows_embeddings_where_they_are_asked_for(utterances, tmp_path):
    done = run_of()
    found = done.answer(utterances, tmp_path / "cache", embeddings=True)
    torch.testing.assert_close(done.network.head(found.embeddings), found.logits)
    assert torch.equal(found.logits, done.answer(utterances, tmp_path / "cache").logits)


def test_a_run_that_knows_its_speaker_is_asked_in_his_voice(utterances, tmp_path):
    strange, known = run_of(), run_of(normalisation="speaker")
    known.network.load_state_dict(strange.network.state_dict())
    far = strange.answer(utterances, tmp_path).logits - known.answer(utterances, tmp_path).logits
    assert far.abs().max() > 0.01
    inputs = known.config.front.open(utterances, tmp_path)
    expected = torch.cat([known.network(x) for x in inputs.measure(np.arange(4))])
    torch.testing.assert_close(known.answer(utterances, tmp_path).logits, expected)


def test_a_run_of_two_networks_is_asked_through_both_front_ends(utterances, tmp_path):
    second = choice_of("lightspeech.frontends", MelConfig(n_mels=8))
    both = fusion.Config(first=Architecture(model=NANO), second=Architecture(model=NANO))
    done = run_of(
        Choice("lightspeech.models", "fusion", both),
        choice_of("lightspeech.frontends", pair.Config(first=FRONT, second=second)),
    )
    found = done.answer(utterances, tmp_path).logits
    alone = [
        replace(run_of(frontend=front), network=network).answer(utterances, tmp_path).logits
        for front, network in ((FRONT, done.network.first), (second, done.network.second))
    ]
    torch.testing.assert_close(found, (alone[0] + alone[1]) / 2)


def test_a_recording_that_cannot_be_read_is_named(utterances, tmp_path):
    utterances[1].path.write_bytes(b"no audio")
    with pytest.raises(AudioError, match=r"1\.wav"):
        run_of().answer(utterances, tmp_path)


def test_the_front_end_of_a_run_is_that_of_its_recipe():
    done = run_of()
    assert done.config.front == mel.build(FRONT.config, windows=done.config.windows)

"""Two front ends side by side: the same utterances and windows in both, each tensor by its name."""

import numpy as np
import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import choice_of
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError
from lightspeech.frontends import encoder, mel, pair, pair_inputs
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.contract import Cost, Layer, Origin, Source
from lightspeech.frontends.pair import Pair

WINDOWS = Windows(window_s=0.2, hop_s=0.1)
BANDS = MelConfig(n_mels=8)
CEPSTRA = MelConfig(n_mels=16, kind="mfcc", n_mfcc=5, hop_length=160)
FRONTENDS = "lightspeech.frontends"


def both_of(first, second):
    return pair.Config(first=choice_of(FRONTENDS, first), second=choice_of(FRONTENDS, second))


def build(first=BANDS, second=CEPSTRA, **changes):
    return pair.build(both_of(first, second), windows=WINDOWS, **changes)


@pytest.fixture
def utterances(tmp_path, write_tone):
    return [
        Utterance(
            id=f"toy/{row}", corpus="toy", speaker="toy/a", emotion="sad", sample_rate=16_000,
            audio_hash=f"{row}" * 8, path=write_tone(
                tmp_path / f"{row}.wav", seconds=0.15 + 0.1 * row, hertz=300 + 50 * row
            ),
        )
        for row in range(5)
    ]  # fmt: skip


@pytest.fixture
def hearing(make_encoder):
    """An encoder of transformers, which measures an utterance whole."""
    folder, _ = make_encoder()
    return encoder.Config(source=str(folder), width=16, first=0, last=1)


def test_it_is_as_wide_as_both_and_its_example_names_each():
    front = build()
    shapes = {name: tuple(x.shape) for name, x in front.example().items()}
    assert shapes == {"first": (1, 4, 8), "second": (1, 14, 5)}
    assert front.n_features == 13
    assert (front.sample_rate, front.scheme, front.tuned) == (16_000, "fp32", 0)
    assert front.in_bundle
    assert front.network_alone(any_length=True) is None


def test_what_is_measured_are_the_windows_of_each_by_name(utterances, tmp_path):
    front, told = build(), []
    found = front.open(utterances, tmp_path / "cache", step=lambda: told.append(1))
    rows = np.array([3, 0, 4])
    [inputs] = found.measure(rows)
    assert sorted(inputs) == ["first", "second"]
    for name, part in zip(inputs, front, strict=True):
        alone = part.open(utterances, tmp_path / "cache")
        np.testing.assert_array_equal(found.window_offsets, alone.window_offsets)
        assert torch.equal(inputs[name], torch.cat(list(alone.measure(rows))))
    assert len(told) == 2 * len(utterances)


def test_training_batches_hold_the_same_utterances_bent_alike_in_both(utterances, tmp_path):
    front = build()
    found = front.open(utterances, tmp_path / "cache")
    targets, bending = torch.arange(5), Augment()
    made = found.train(order(), targets, bending)
    alone = [part.open(utterances, tmp_path / "cache").train(order(), targets, bending)
             for part in front]  # fmt: skip
    assert len(made) == 2
    assert torch.equal(made.rows, alone[0].rows)
    for batch, *each in zip(made.epoch(3), *(b.epoch(3) for b in alone), strict=True):
        assert sorted(batch.features) == ["first", "second"]
        for name, own in zip(batch.features, each, strict=True):
            assert torch.equal(batch.features[name], own.features)
            assert torch.equal(batch.rows, own.rows)
            assert torch.equal(batch.targets, own.targets)
            assert torch.equal(batch.mix, own.mix)
    seen = torch.cat([batch.rows for batch in made.epoch(3)])
    assert len(set(seen.tolist())) == len(seen) == 5


def order():
    return Order(np.arange(5), batch_size=3, seed=2)


def test_a_batch_moves_with_all_its_tensors(utterances, tmp_path):
    """The meta device stands for a GPU."""
    made = build().open(utterances, tmp_path).train(order(), torch.arange(5), Augment())
    moved = next(made.epoch(0)).to(torch.device("meta"))
    assert {x.device.type for x in moved.features.values()} == {"meta"}


def test_inside_a_graph_both_take_one_waveform():
    front = build()
    layer = front.layer(any_length=True)
    [(name, source)] = layer.sources.items()
    assert (name, tuple(source.example.shape)) == ("waveform", (2, 3_200))
    waveform = torch.randn(2, 3_200, generator=torch.Generator().manual_seed(0))
    found = layer(waveform)
    for each, part in zip(("first", "second"), front, strict=True):
        torch.testing.assert_close(found[each], part.layer(any_length=True)(waveform))
        assert found[each].shape == (2, *front.example()[each].shape[1:])


class Other(mel.Mel):
    """A front end whose source is not a waveform."""

    def layer(self, *, any_length):
        return Layer({"states": Source(example=torch.zeros(2, 3), sizes={})}, torch.nn.Identity())

    def cost(self):
        return Cost(n_params=7, macs=11)

    def origins(self):
        return (Origin(name="other", licence="MIT", citation=""),)


@pytest.mark.parametrize("turned", [False, True])
def test_inside_a_graph_other_sources_stand_apart_in_order(turned):
    parts = (mel.build(BANDS, windows=WINDOWS), Other(CEPSTRA, WINDOWS))
    layer = Pair(*(parts[::-1] if turned else parts)).layer(any_length=True)
    names = ["states", "waveform"] if turned else ["waveform", "states"]
    assert list(layer.sources) == names
    given = {"waveform": torch.randn(2, 3_200), "states": torch.randn(2, 3)}
    found = layer(*(given[name] for name in names))
    assert torch.equal(found["first" if turned else "second"], given["states"])
    assert found["second" if turned else "first"].shape == (2, 4, 8)


def test_costs_and_origins_are_those_of_both():
    front = Pair(mel.build(BANDS, windows=WINDOWS), Other(CEPSTRA, WINDOWS))
    assert front.cost() == Cost(n_params=7, macs=11)
    assert [origin.name for origin in front.origins()] == ["other"]
    twice = Pair(Other(BANDS, WINDOWS), Other(CEPSTRA, WINDOWS))
    assert twice.cost() == Cost(n_params=14, macs=22)


def test_a_pair_with_what_no_bundle_holds_is_in_none(hearing):
    front = build(second=hearing)
    assert not front.in_bundle
    assert front.layer(any_length=True) is None
    assert front.cost().macs is None


def test_what_one_of_them_has_not_heard_is_missing(hearing, utterances, tmp_path):
    front = build(second=hearing)
    assert front.missing(utterances, tmp_path) == utterances
    front.second.open(utterances[:2], tmp_path)
    assert front.missing(utterances, tmp_path) == utterances[2:]


def test_a_pair_within_a_pair_keeps_all_names_apart():
    three = Pair(build(), mel.build(MelConfig(n_mels=4), windows=WINDOWS))
    example = three.example()
    widths = {name: x.shape[2] for name, x in example.items()}
    assert widths == {"first.first": 8, "first.second": 5, "second": 4}
    inner = pair_inputs.part(example, "first")
    assert {name: x.shape[2] for name, x in inner.items()} == {"first": 8, "second": 5}
    assert pair_inputs.part(example, "second").shape[2] == 4


def test_two_sample_rates_are_refused():
    with pytest.raises(ConfigError, match="need one sample rate, found 16000 and 8000 Hz"):
        build(second=MelConfig(sample_rate=8_000, f_max=4_000, n_fft=256))


def test_what_one_of_them_cannot_be_is_refused():
    with pytest.raises(ConfigError, match=r"augment\.speeds is of encoders"):
        build(augment=Augment(speeds=(0.9,)))


def test_a_pair_gives_no_frames_of_one_utterance(utterances, tmp_path):
    with pytest.raises(ConfigError, match="set normalisation to training"):
        build().open(utterances, tmp_path).read(0)


def test_two_that_do_not_cut_into_the_same_windows_are_refused(hearing, utterances, tmp_path):
    """An encoder of transformers hears an utterance whole, mel bands come in windows."""
    with pytest.raises(ConfigError, match="side by side need the same windows"):
        build(first=hearing).open(utterances, tmp_path)

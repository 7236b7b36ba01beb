"""Maps of bundles: of the toy, which tells loudness, and of a shipped int8 model."""

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.explain import maps, masking, places
from lightspeech.explain.listeners import ask
from lightspeech.explain.masking import OfBands, OfWaveform
from lightspeech.inference import dispatch
from lightspeech.runtime import onnx_behind


@pytest.fixture
def tone():
    """A second of silence but for a tone of 2 kHz in its third quarter."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    sound = np.where((time > 0.5) & (time < 0.75), 0.5 * np.sin(2 * np.pi * 2000 * time), 0)
    return sound.astype(np.float32)


@pytest.fixture
def toy(make_bundle, tone):
    return masking.masked(dispatch.open(make_bundle()), tone)


@pytest.fixture(scope="module")
def voice():
    """A second and a half of hiss that swells and fades, brighter and darker."""
    rng = np.random.default_rng(0)
    time = np.arange(3 * SAMPLE_RATE // 2) / SAMPLE_RATE
    buzz = np.sign(np.sin(2 * np.pi * 150 * time)) + 0.3 * rng.normal(size=len(time))
    return (0.1 * (1 + np.sin(2 * np.pi * 3 * time)) * buzz).astype(np.float32)


@pytest.fixture(scope="module")
def nano():
    return dispatch.open(bundle.read(bundle.find("nano")))


def test_places_together_are_the_recording(voice):
    total = np.zeros(len(voice) + 4_000)
    for start, bands in places.components(voice):
        total[start + 1_000 :][: bands.shape[1]] += bands.sum(0)
    np.testing.assert_allclose(total[1_000:][: len(voice)], voice, atol=1e-6)


def test_a_map_lies_where_the_sound_is(toy):
    """Of a bundle that tells loudness, the map is one of energy, and says that it beats none."""
    found = maps.judged(toy, 2, maps.occlusion(toy, 2))
    assert np.unravel_index(found.values.argmax(), found.values.shape) == (2, 4)
    assert found.worth > found.random_worth
    assert not found.beats_energy


def test_a_map_that_is_turned_round_is_worth_less_than_chance(toy):
    found = maps.judged(toy, 2, -maps.occlusion(toy, 2))
    assert found.worth < found.random_worth


def test_shapley_values_add_up_to_the_answer_less_that_to_nothing(toy):
    values = maps.shapley(toy, 2, pairs=2)
    kept = np.stack([np.ones(values.shape, bool), np.zeros(values.shape, bool)])
    whole, nothing = toy.answer(kept)[:, 2]
    assert values.sum() == pytest.approx(whole - nothing, abs=1e-9)
    assert np.unravel_index(values.argmax(), values.shape) == (2, 4)


def test_shapley_values_are_those_of_their_seed(toy):
    first, same, other = (maps.shapley(toy, 2, pairs=1, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_of_a_shipped_model_the_network_alone_is_asked(nano, voice):
    """With all places kept it answers as ever; maps are those that masks on the waveform give."""
    quick, slow = masking.masked(nano, voice), OfWaveform(nano, voice)
    assert isinstance(quick, OfBands)
    kept = np.ones((1, places.n_pieces(len(voice)), places.N_BANDS), bool)
    answer = quick.answer(kept)
    np.testing.assert_allclose(answer[0], ask(nano, [voice])[0], atol=1e-6)
    label = int(answer.argmax())
    two = [maps.occlusion(each, label).ravel() for each in (quick, slow)]
    assert np.corrcoef(two)[0, 1] > 0.8


def test_masks_side_by_side_are_those_one_by_one(nano, voice):
    rng = np.random.default_rng(0)
    quick = masking.masked(nano, voice)
    kept = rng.random((2 * masking.BATCH, places.n_pieces(len(voice)), places.N_BANDS)) > 0.3
    one_by_one = np.concatenate([quick.answer(each[None]) for each in kept[:5]])
    # What lies between two steps of an int8 network may fall either way.
    np.testing.assert_allclose(quick.answer(kept)[:5], one_by_one, atol=5e-3)


def test_a_model_without_that_operator_is_not_cut(toy_model):
    assert onnx_behind.behind(toy_model, "Log", axes=3) is None


def test_a_model_is_not_cut_where_its_input_is_read_elsewhere_too():
    helper = pytest.importorskip("onnx", reason="needs onnx to write a model").helper
    ends = [helper.make_tensor_value_info(name, 1, ["batch"]) for name in ("waveform", "sum")]
    nodes = [
        helper.make_node("Abs", ["waveform"], ["size"]),
        helper.make_node("Log", ["size"], ["log"]),
        helper.make_node("Add", ["log", "waveform"], ["sum"]),
    ]
    graph = helper.make_graph(nodes, "both", ends[:1], ends[1:])
    model = helper.make_model(graph).SerializeToString()
    assert onnx_behind.behind(model, "Log", axes=1) is None

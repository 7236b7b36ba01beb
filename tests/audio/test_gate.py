from pathlib import Path

import numpy as np
import pytest

from lightspeech.audio import gate, nobody
from lightspeech.audio.gate import Gate, Scorer
from lightspeech.inference.answers import LEAST_SHARE

RATE = 16_000
GOLDEN = np.load(Path(__file__).parents[1] / "golden/gate.npz")
AFTER = gate.DELAY + gate.HOLD


@pytest.fixture(scope="module")
def sound():
    """Syllables of a buzz, and hiss between them: levels of all sizes."""
    rng = np.random.default_rng(0)
    t = np.arange(6 * RATE) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 30))
    shape = np.clip(np.sin(2 * np.pi * 2 * t), 0, 1) * (t > 1) * (t < 5)
    return (0.1 * buzz * shape + 3e-3 * rng.standard_normal(len(t))).astype(np.float32)


def scores(waveform):
    return Scorer(gate.weights()).scores(gate.levels(gate.energies(waveform)))


def hear(waveform, sizes, rate=RATE):
    heard = Gate(rate)
    at = 0
    for size in sizes:
        heard.feed(waveform[at : at + size])
        at += size
    heard.feed(waveform[at:])
    heard.flush()
    return heard


def whole(waveform):
    """Scores of the cells of a whole recording, the last one perhaps begun alone."""
    n_cells = -(-len(waveform) // gate.CELL)
    padded = np.pad(waveform, (0, (n_cells + AFTER) * gate.CELL - len(waveform)))
    return scores(padded)[gate.DELAY :][:n_cells]


@pytest.fixture(scope="module")
def golden():
    return GOLDEN["samples"] / np.float32(32_768)


def test_python_gives_the_golden_vectors(golden):
    padded = np.pad(golden, (0, len(GOLDEN["levels"]) * gate.CELL - len(golden)))
    assert np.array_equal(gate.levels(gate.energies(padded)), GOLDEN["levels"])
    assert np.array_equal(whole(golden), GOLDEN["scores"])
    assert hear(golden, []).speech(0.0, len(golden) / RATE) == pytest.approx(GOLDEN["speech"])
    assert (GOLDEN["scores"] >= gate.weights().threshold).mean() > 0.3  # of both kinds
    assert GOLDEN["speech"] < 0.8


@pytest.fixture(scope="module")
def graph():
    onnxruntime = pytest.importorskip("onnxruntime")
    return onnxruntime.InferenceSession(gate.graph(), providers=["CPUExecutionProvider"])


def test_the_graph_gives_the_golden_vectors(graph, golden):
    found, speech = graph.run(["scores", "speech"], {"waveform": golden[None]})
    assert np.array_equal(found[0], GOLDEN["scores"])
    assert speech[0] == pytest.approx(GOLDEN["speech"])


@pytest.mark.parametrize("n_samples", [1, 1_024, 1_280, 1_281, 48_000, 70_001])
@pytest.mark.parametrize("kind", ["voice", "hiss", "silence", "tone", "constant", "unscaled"])
def test_the_graph_scores_as_python_does_to_the_whole_number(graph, sound, kind, n_samples):
    time = np.arange(n_samples) / RATE
    hiss = np.random.default_rng(n_samples).normal(0, 0.1, n_samples)
    waveform = {
        "voice": sound[16_000:][:n_samples], "hiss": hiss, "silence": 0 * time,
        "tone": np.sin(2 * np.pi * 1_000 * time), "constant": 0 * time + 1,
        "unscaled": 30_000 * np.sin(2 * np.pi * 440 * time) * (time < 0.1) + 1e-4 * hiss,
    }[kind].astype(np.float32)  # fmt: skip
    found, speech = graph.run(["scores", "speech"], {"waveform": np.stack([waveform, -waveform])})
    assert np.array_equal(found, [whole(waveform)] * 2)
    expected = hear(waveform, []).speech(0.0, n_samples / RATE)
    np.testing.assert_allclose(speech, expected, atol=1e-6)


def test_the_graph_remembers_a_peak_as_long_as_python_does(graph):
    time = np.arange(80 * RATE) / RATE
    loud, quiet = (np.sin(2 * np.pi * f * time) for f in (440, 1_000))
    waveform = np.where(time < 0.2, loud, 1e-6 * quiet).astype(np.float32)
    [found] = graph.run(["scores"], {"waveform": waveform[None]})
    assert np.array_equal(found[0], whole(waveform))


@pytest.mark.parametrize(
    ("cells", "flickers"),
    [
        ("", False), ("....", False), ("#", False), ("####", False), ("..##..", False),
        ("..#...", True), ("#..#..", False), ("#.#.#.", True), (".#.###", False), (".#.##.", True),
    ],
)  # fmt: skip
def test_what_comes_and_goes_at_once_flickers(cells, flickers):
    assert gate.flickers(np.array([cell == "#" for cell in cells], bool)) == flickers


@pytest.mark.parametrize(("seed", "held"), [(0, True), (5, False), (32, False), (47, True)])
def test_of_a_melody_that_flickers_nothing_is_held_in_python_and_in_the_graph(graph, seed, held):
    melody = nobody.made("melody", np.random.default_rng(seed))
    sounding = (whole(melody) >= gate.weights().threshold).sum() * gate.CELL / len(melody)
    share = hear(melody, []).speech(0.0, len(melody) / RATE)
    assert (share > LEAST_SHARE, share > sounding + 1e-9) == (held, held)
    assert share >= sounding
    _, speech = graph.run(["scores", "speech"], {"waveform": melody[None]})
    assert speech[0] == pytest.approx(share, abs=1e-6)


def test_gain_is_no_cue(sound):
    for gain_db in (-60, -30, 6):
        quieter = scores(sound * np.float32(10 ** (gain_db / 20)))
        moved = np.abs(quieter - scores(sound))  # by levels that fall into the next step
        assert moved.max() < 256  # a unit of log odds
        assert moved.mean() < 32


def test_what_comes_later_changes_nothing(sound):
    longer = np.concatenate([sound, np.ones(RATE, np.float32)])
    before = scores(sound)
    assert np.array_equal(scores(longer)[: len(before)], before)


@pytest.mark.parametrize("rate", [RATE, 8_000, 44_100])
def test_blocks_of_any_length_say_the_same(sound, rate):
    rng = np.random.default_rng(1)
    whole = hear(sound, [], rate)
    end_s = len(sound) / rate
    for sizes in ([1] * 50, rng.integers(1, 4_000, 60), [5_000, 0, 17]):
        parts = hear(sound, sizes, rate)
        for start_s, stop_s in ((0, end_s), (0.3, 1.1), (0.5, end_s / 2)):
            assert parts.speech(start_s, stop_s) == whole.speech(start_s, stop_s)


def test_asking_changes_nothing(sound):
    asked = Gate(RATE)
    for block in np.split(sound, 60):
        asked.feed(block)
        if asked.reaches(0.5):
            asked.speech(0.0, 0.5)
    asked.flush()
    assert asked.speech(0.0, 6.0) == hear(sound, []).speech(0.0, 6.0)


def test_a_share_is_told_of_what_was_fed(sound):
    heard = Gate(RATE)
    heard.feed(sound[: 2 * RATE])
    known_s = (2 * RATE // gate.CELL - gate.DELAY - gate.HOLD) * gate.CELL / RATE
    assert heard.reaches(known_s)
    assert not heard.reaches(known_s + 0.01)


@pytest.mark.parametrize("n_samples", [160, 1_023, 1_280, 1_281, 40_000])
def test_every_length_has_an_answer(sound, n_samples):
    share = hear(sound[20_000 : 20_000 + n_samples], []).speech(0.0, n_samples / RATE)
    assert 0 <= share <= 1


def test_sums_of_whole_numbers_are_exact_in_single_precision():
    largest = gate.RANGE
    for layer in gate.weights().layers:
        sums = np.abs(layer.weights.astype(int)).sum((0, 1)) * largest + np.abs(layer.bias)
        assert sums.max() + 2.0 ** layer.shift.max() < 2**24


def test_layers_are_the_sums_that_a_device_makes(sound):
    """Sums in whole numbers and shifts, as generated C has them."""
    inputs, _ = gate.relative(gate.levels(gate.energies(sound)), gate.NOTHING)
    values, before = inputs, -gate.RANGE
    learnt = gate.weights().layers
    for layer in learnt:
        padded = np.pad(values, ((layer.reach, 0), (0, 0)), constant_values=before)
        sums = layer.bias.astype(np.int64) + sum(
            padded[tap * layer.dilation :][: len(values)] @ layer.weights[tap].astype(np.int64)
            for tap in range(len(layer.weights))
        )
        values = (sums + (1 << (layer.shift.astype(np.int64) - 1))) >> layer.shift
        values = values if layer is learnt[-1] else values.clip(0, gate.LARGEST)
        before = 0
    assert np.array_equal(scores(sound), values[:, 0])


def test_no_pooled_band_is_empty():
    assert gate.pooling().shape == (513, gate.N_BANDS)
    assert (gate.pooling().sum(0) > 0).all()

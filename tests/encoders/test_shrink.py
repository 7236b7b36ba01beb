"""A small encoder says what the large one says, as far as what is left of it can."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch
from torch.utils.flop_counter import FlopCounterMode

from lightspeech import plugins
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.encoders import blocks as _blocks
from lightspeech.encoders import shrink
from lightspeech.encoders.shrink import Shrink
from lightspeech.errors import ConfigError
from lightspeech.export import checks, onnx
from lightspeech.frontends import encoder, pretrained, small_encoder
from lightspeech.frontends.small_encoder import Small
from lightspeech.models import base_lda, whisper
from lightspeech.studies import recipe
from lightspeech.studies.study import Study
from lightspeech.training import networks
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTH, HEADS, UNITS = 16, 4, 24


@pytest.fixture(scope="module")
def source(make_whisper):
    return make_whisper(3)


def shrink_of(source, **changes):
    return Shrink(**{"source": source, "last": 2, "heads": HEADS, "units": UNITS, **changes})


def whole_of(source, first=0):
    return pretrained.load(encoder.Config(source=source, width=WIDTH, first=first, last=2))


def small_of(folder, **changes):
    return Small(
        small_encoder.Config(source=str(folder), **{"width": WIDTH, **changes}), whisper.WINDOWS
    )


def noise(samples, seed=0):
    return np.random.default_rng(seed).normal(size=samples).astype(np.float32) / 10


@pytest.mark.parametrize("samples", [640, 8_000, 20_123])
@pytest.mark.parametrize("first", [0, 1])
def test_with_all_heads_and_units_it_is_the_encoder_of_transformers(source, samples, first):
    blocks = shrink.open_blocks(shrink_of(source, first=first))
    whole = whole_of(source, first=first)
    with torch.no_grad():
        expected = whole.hidden_states(noise(samples))
        found = blocks(torch.from_numpy(noise(samples))[None])[0]
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)


def test_heads_and_units_that_never_change_go_and_nothing_else_does(source):
    """Their mean moves into a bias, so what the blocks say stays the same."""
    blocks = shrink.open_blocks(shrink_of(source))
    with torch.no_grad():
        for block in blocks.blocks:
            block.value.weight[4:8], block.value.bias[4:8] = 0, torch.randn(4)
            block.widen.weight[[3, 7]], block.widen.bias[[3, 7]] = 0, torch.randn(2)
    speech = [torch.from_numpy(noise(8_000, seed))[None] for seed in range(2)]
    with torch.no_grad():
        expected = blocks(speech[0])
        _blocks.lessen(blocks, speech, heads=HEADS - 1, units=UNITS - 2)
        torch.testing.assert_close(blocks(speech[0]), expected, atol=1e-5, rtol=1e-4)
    shapes = [(b.n_heads, tuple(b.query.weight.shape), tuple(b.out.weight.shape),
               tuple(b.widen.weight.shape)) for b in blocks.blocks]  # fmt: skip
    assert shapes == [(3, (12, WIDTH), (WIDTH, 12), (22, WIDTH))] * 2


@pytest.fixture(scope="module")
def small(source, tmp_path_factory):
    """A shrunk encoder in a folder of its own; exporting takes seconds, so it is done once."""
    folder = tmp_path_factory.mktemp("small")
    soundfile.write(folder / "speech.wav", noise(8_000), 16_000)
    size = shrink.shrink(shrink_of(source, heads=3, units=20), [folder / "speech.wav"], folder)
    return folder, size


def test_relative_to_the_loudest_gain_is_no_cue(source, tmp_path):
    speech = noise(8_000) * np.linspace(0.01, 1, 8_000, dtype=np.float32)
    soundfile.write(tmp_path / "a.wav", speech, 16_000)
    shrink.shrink(shrink_of(source, level="loudest"), [tmp_path / "a.wav"], tmp_path / "small")
    session = onnxruntime.InferenceSession(tmp_path / "small" / small_encoder.MODEL)

    def states(waveform):
        return session.run(None, {small_encoder.INPUT: waveform[None]})[0]

    as_it_was = states(speech)
    for db in (-60, -20, 6):
        np.testing.assert_allclose(
            states(speech * np.float32(10 ** (db / 20))), as_it_was, atol=1e-3
        )
    assert np.isfinite(states(np.zeros(8_000, np.float32))).all()
    kept, fainter = (whole_of(source).hidden_states(x * speech).numpy() for x in (1, 0.001))
    assert np.abs(kept - fainter).max() > 0.01  # to Whisper itself it is a cue


def test_its_folder_is_an_encoder_that_a_recipe_may_name(source, small):
    folder, size = small
    opened = small_of(folder).listen
    assert (folder / "encoder.onnx").stat().st_size == size
    assert opened.n_params < whole_of(source, first=1).n_params
    for samples in (700, 8_000, 16_001):
        found = opened.hidden_states(noise(samples))
        assert found.shape == (3, -(-samples // 320), WIDTH)
    whole = whole_of(source)
    with torch.no_grad():
        expected = whole.hidden_states(noise(16_001))
    assert np.corrcoef(expected.flatten(), found.flatten())[0, 1] > 0.98


def test_its_folder_says_what_three_seconds_cost_in_multiplications(source, small):
    few = json.loads((small[0] / "config.json").read_text())["macs"]
    assert few < shrink.macs(shrink.open_blocks(shrink_of(source)), 3)
    states, stem = 150, 3 * 80 * WIDTH * 300 + 3 * WIDTH * WIDTH * 150
    # Of each block: four products of the heads' widths, two of the units', scores and sums.
    block = states * (4 * WIDTH * 12 + 2 * WIDTH * 20) + 2 * states**2 * 12
    assert few == stem + 2 * block + 300 * 201 * 80
    assert small_of(small[0]).macs(3) == few


def test_another_file_is_another_encoder_to_the_cache(small, tmp_path):
    before = small_of(small[0]).key
    copy = tmp_path / "other"
    copy.mkdir()
    for name in ("encoder.onnx", "config.json"):
        (copy / name).write_bytes((small[0] / name).read_bytes())
    assert small_of(copy).key == before
    (copy / "encoder.onnx").write_bytes(b"other")
    assert small_of(copy).key != before


def test_a_recipe_that_asks_for_other_states_is_told_which_there_are(small):
    with pytest.raises(
        ConfigError,
        match=r"write frontend: \{name: small_encoder, source: .*width: 16, first: 0, last",
    ):
        small_of(small[0], width=32, first=1).listen(noise(1_000))


@pytest.mark.parametrize(("what", "n"), [("last", 3), ("heads", 5), ("units", 25)])
def test_more_than_there_is_cannot_be_kept(source, what, n):
    with pytest.raises(ConfigError, match=r"blocks, heads and units of at most \(2, 4, 24\)"):
        shrink.open_blocks(shrink_of(source, **{what: n}))


def head_on(folder, module=whisper, **changes):
    return head_of(choice_of("lightspeech.frontends", small_of(folder, **changes).cfg), module)


def head_of(front, module=whisper):
    name = module.__name__.rpartition(".")[2]
    cfg = RunConfig(
        model=Choice("lightspeech.models", name, module.Config(width=8, heads=2)),
        frontend=front, windows=whisper.WINDOWS,
    )  # fmt: skip
    return Run(
        config=cfg, labels=tuple("abcd"), fold=0, seed=0, temperature=1.5, thresholds=(0.0,) * 4,
        network=build_network(cfg, 4).eval(),
    )  # fmt: skip


@pytest.mark.parametrize("module", [whisper, base_lda])
def test_a_bundle_holds_the_encoder_and_answers_as_the_head_was_measured(small, module):
    """The cache keeps half precision, so the third digit of a state may differ."""
    done = head_on(small[0], module)
    if module is base_lda:
        made = torch.Generator().manual_seed(0)
        drawn = torch.randn(done.network.discriminants.weight.shape, generator=made)
        done.network.discriminants.weight.copy_(drawn)  # as if fitted: they answer beside the head
    session = onnxruntime.InferenceSession(onnx.to_bytes(done))
    opened = done.config.front.encoder.listen
    for samples in (1_000, 8_000, 48_000, 50_321):
        features = torch.from_numpy(opened(noise(samples))[None]).float()
        with torch.no_grad():
            expected = (done.network(features) / 1.5).softmax(1)
        [found] = session.run(["probabilities"], {"waveform": noise(samples)[None]})
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_batch_is_answered_as_its_rows_would_be(small):
    session = onnxruntime.InferenceSession(onnx.to_bytes(head_on(small[0])))
    rows = np.stack([noise(16_000, seed) * scale for seed, scale in ((0, 1), (1, 0.9))])
    [together] = session.run(None, {"waveform": rows})
    alone = [session.run(None, {"waveform": row[None]})[0][0] for row in rows]
    np.testing.assert_allclose(together, alone, atol=5e-3)  # int8 scales are those of the batch


@pytest.fixture(scope="module")
def stem(source, tmp_path_factory):
    """A shrunk encoder without blocks, and two blocks beside it that are to be trained."""
    folder = tmp_path_factory.mktemp("stem")
    soundfile.write(folder / "speech.wav", noise(8_000), 16_000)
    cfg = shrink_of(source, last=0, tuned=2, heads=3, units=20)
    shrink.shrink(cfg, [folder / "speech.wav"], folder)
    return folder


def test_blocks_left_beside_it_say_what_those_in_a_file_say(source, stem, tmp_path):
    (tmp_path / "speech.wav").write_bytes((stem / "speech.wav").read_bytes())
    cfg = shrink_of(source, heads=3, units=20, int8=False)
    shrink.shrink(cfg, [tmp_path / "speech.wav"], tmp_path)
    whole = small_of(tmp_path).listen
    states = small_of(stem, last=0).listen
    x = states.hidden_states(noise(8_000))
    assert x.shape == (1, 25, WIDTH)
    with torch.no_grad():
        for block in small_of(stem, last=0, tuned=2, pool_s=0.02).blocks():
            x = block(x)
    expected = whole.hidden_states(noise(8_000))[2]
    assert np.corrcoef(x[0].flatten(), expected.flatten())[0, 1] > 0.99


def test_a_bundle_of_tuned_blocks_answers_as_the_int8_that_was_measured(stem):
    done = head_on(stem, last=0, tuned=2, pool_s=0.02)
    measured = networks.answering(done.config, done.network)
    session = onnxruntime.InferenceSession(onnx.to_bytes(done))
    opened = done.config.front.encoder.listen
    for samples in (1_000, 8_000, 48_000):
        features = torch.from_numpy(opened(noise(samples))[None]).float()
        with torch.no_grad():
            floats = (done.network(features) / 1.5).softmax(1)
        expected = (measured(features) / 1.5).softmax(1)
        assert (floats - expected).abs().max() > 1e-5  # so int8 it is
        [found] = session.run(["probabilities"], {"waveform": noise(samples)[None]})
        np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("tuned", [1, 3])
def test_other_blocks_than_are_left_cannot_be_trained(stem, small, tuned):
    with pytest.raises(
        ConfigError, match=f"2 blocks to train, the recipe says frontend.tuned={tuned}"
    ):
        head_on(stem, last=0, tuned=tuned, pool_s=0.02)
    with pytest.raises(ConfigError, match="has 0 blocks to train.* --tuned . --speech FOLDER"):
        head_on(small[0], tuned=tuned, pool_s=0.02)


def test_figures_say_whether_an_encoder_is_ours_and_whether_its_blocks_were_trained(
    source, stem, small, tmp_path
):
    def scheme(name, folder, **values):
        (tmp_path / "r.yaml").write_text(
            "name: r\ncorpus: synthetic\nprotocol: leave_one_out\nmodel: base\n"
        )
        chosen = recipe.read(tmp_path / "r.yaml", [])
        front = {"name": name, "source": str(folder), "width": WIDTH, "pool_s": 0.02, **values}
        return Study(
            folder=tmp_path, utterances=[], protocol=None,
            recipe=dataclasses.replace(chosen, frontend=front),
        ).scheme  # fmt: skip

    assert scheme("encoder", source, last=2) == "fp32"
    assert scheme("encoder", source, last=1, tuned=1) == "tuned"
    assert scheme("small_encoder", small[0], last=2) == "int8"
    assert scheme("small_encoder", stem, last=0, tuned=2) == "tuned-int8"


def test_other_blocks_to_train_are_no_other_encoder_to_the_cache(stem, tmp_path):
    copy = shutil.copytree(stem, tmp_path / "copy")
    (copy / "blocks.safetensors").write_bytes(b"other")
    assert small_of(stem, last=0).key == small_of(copy, last=0).key


def test_a_damaged_file_of_blocks_is_one_line_that_says_what_to_do(stem, tmp_path):
    for name in ("config.json", "encoder.onnx", "blocks.safetensors"):
        (tmp_path / name).write_bytes((stem / name).read_bytes())
    (tmp_path / "blocks.safetensors").write_bytes((stem / "blocks.safetensors").read_bytes()[:-9])
    with pytest.raises(ConfigError, match="damaged .*; make the encoder anew"):
        head_on(tmp_path, last=0, tuned=2, pool_s=0.02)


OTHERS = sorted(set(plugins.names("lightspeech.export")) - {"litert", "onnx"})


@pytest.mark.parametrize("format", OTHERS)
def test_a_head_on_an_encoder_is_exported_to_onnx_and_litert_alone(small, format):
    shown = format.replace("_", "-")
    told = f"whisper is given small_encoder, which {shown} does not hold; .*litert or onnx"
    with pytest.raises(ConfigError, match=told):
        checks.exporter(head_on(small[0]).config, format)


def test_an_encoder_of_transformers_is_no_small_one(source):
    told = r"was not made by `lightspeech shrink`; write frontend\.name=encoder"
    with pytest.raises(ConfigError, match=told):
        small_of(source).listen(noise(1_000))


def test_a_small_encoder_is_none_of_transformers(small):
    told = r"was made by `lightspeech shrink`; write frontend\.name=small_encoder"
    with pytest.raises(ConfigError, match=told):
        whole_of(str(small[0]))


def test_what_another_length_costs_follows_from_one_second_and_three(source, small):
    about = json.loads((small[0] / "config.json").read_text())
    found = small_of(small[0])
    assert (found.macs(1), found.macs(3)) == (about["macs_1s"], about["macs"])
    network = shrink.open_blocks(shrink_of(source))
    _blocks.lessen(network, [torch.from_numpy(noise(8_000))[None]], heads=3, units=20)
    assert shrink.macs(network, 3) == about["macs"]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 24_000))
    assert found.macs(1.5) == counter.get_total_flops() // 2


def test_of_an_encoder_of_an_older_version_only_three_seconds_are_known(small, tmp_path):
    about = json.loads((small[0] / "config.json").read_text())
    (tmp_path / "encoder.onnx").write_bytes((small[0] / "encoder.onnx").read_bytes())
    for names, known in ((("macs",), about["macs"]), ((), None)):
        old = {k: v for k, v in about.items() if not k.startswith("macs") or k in names}
        (tmp_path / "config.json").write_text(json.dumps(old))
        assert small_of(tmp_path).macs(3) == known
        assert small_of(tmp_path).macs(1.5) is None


def test_what_stands_before_a_network_is_counted_for_its_window(small):
    windows = Windows(window_s=1.0, hop_s=0.5)
    front = small_encoder.build(small_of(small[0]).cfg, windows=windows)
    about = json.loads((small[0] / "config.json").read_text())
    assert (front.cost().n_params, front.cost().macs) == (about["n_params"], about["macs_1s"])
    [whose] = front.origins()
    assert whose.name == f"{small[0].name}, made of {Path(about['made_of']['source']).name}"
    assert whose.recordings() == frozenset(about["heard"])


def test_what_was_a_whisper_keeps_its_licence(small, tmp_path):
    folder = shutil.copytree(small[0], tmp_path / "mine")
    about = json.loads((folder / "config.json").read_text())
    about["made_of"]["source"] = "/somewhere/whisper-tiny.en"
    (folder / "config.json").write_text(json.dumps(about))
    [whose] = small_of(folder).origins()
    assert (whose.name, whose.licence) == ("mine, made of whisper-tiny.en", "MIT")


def test_its_layer_gives_what_the_cache_holds_of_its_file(small):
    front = small_encoder.build(small_of(small[0]).cfg, windows=whisper.WINDOWS)
    layer = front.layer(any_length=True)
    [(name, source)] = layer.sources.items()
    [states] = onnxruntime.InferenceSession(source.model).run(
        [name], {"waveform": noise(16_000)[None]}
    )
    expected = torch.from_numpy(front.encoder.listen(noise(16_000))).float()
    found = layer(torch.from_numpy(states))
    torch.testing.assert_close(found[0], expected, atol=1e-3, rtol=1e-3)
    assert layer(source.example).shape == (2, *front.example().shape[1:])


def test_another_encoder_is_not_written_over(source, tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(8_000), 16_000)
    own = tmp_path / "own"
    shutil.copytree(source, own)
    before = {path.name: path.read_bytes() for path in own.iterdir()}
    with pytest.raises(ConfigError, match=f"holds another encoder; .* --source {own} makes it"):
        shrink.shrink(shrink_of(source), [tmp_path / "a.wav"], own)
    assert {path.name: path.read_bytes() for path in own.iterdir()} == before
    for _ in range(2):  # a small one is
        shrink.shrink(shrink_of(source), [tmp_path / "a.wav"], tmp_path / "small")

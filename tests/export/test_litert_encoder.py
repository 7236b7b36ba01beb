"""A small encoder and its head in torch again, and as a `.tflite` file with the same integers."""

import contextlib
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxscript", reason="needs the extra 'compress'")

import torch
from torch import nn

from lightspeech import bundle
from lightspeech.bundle import Bundle, places
from lightspeech.config import Choice, choice_of
from lightspeech.corpora.synthetic_voice import Cues, Speaker, say, sentence
from lightspeech.encoders import shrink
from lightspeech.errors import BundleError, ConfigError
from lightspeech.export import litert, onnx, recover_encoder, tflite_file
from lightspeech.files import write_json
from lightspeech.frontends import small_encoder
from lightspeech.frontends.whisper_block import Block
from lightspeech.frontends.whisper_blocks import WhisperBlocks
from lightspeech.frontends.whisper_log_mel import LogMel
from lightspeech.inference import dispatch
from lightspeech.inference.backends import litert as litert_inference
from lightspeech.models import base_lda, whisper
from lightspeech.training.networks import build_network
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig
from lightspeech.training.tensor_file import write_tensors
from lightspeech.workflows.convert import convert

pytestmark = pytest.mark.usefixtures("one_thread")
WIDTH, HEADS, UNITS, LABELS = 32, 2, 40, ("angry", "happy", "sad")
WINDOW = 24_000
SHIPPED = Path(__file__).parents[2] / places.LARGE / "base"


def encoder_of(first=0, level="loudest"):
    """Blocks that nobody trained, of which no two tables are alike, nor any norm plain."""
    torch.manual_seed(0)
    stem = nn.Linear(3 * 80, WIDTH), nn.Linear(3 * WIDTH, WIDTH)
    for product in stem:  # so that states are of what is heard, not of their positions alone
        nn.init.normal_(product.weight, std=0.3)
    blocks = [Block(WIDTH, HEADS, 16, UNITS) for _ in range(2)]
    for block in blocks:
        for norm in (block.first_norm, block.second_norm):
            nn.init.uniform_(norm.weight, 0.5, 3)
            nn.init.normal_(norm.bias)
    bands = nn.functional.one_hot(torch.arange(201) * 80 // 201, 80) / 50
    made = WhisperBlocks(LogMel(bands, level), stem, blocks, first=first)
    return made.eval().requires_grad_(False)


def folder_of(folder, encoder, *, int8=True, tuned=None):
    """What `lightspeech shrink` leaves of an encoder; the file is made of the blocks it has."""
    model = shrink.to_onnx(encoder)
    data = shrink.quantized(model) if int8 else model.SerializeToString()
    (folder / small_encoder.MODEL).write_bytes(data)
    if tuned is not None:
        heads = {"heads": str(HEADS)}
        write_tensors(folder / small_encoder.BLOCKS, tuned.half().state_dict(), heads)
    about = {
        "model_type": "lightspeech", "hidden_size": WIDTH, "first": encoder.first,
        "last": len(encoder.blocks), "n_params": 1, "made_of": {}, "heard": [],
    }  # fmt: skip
    write_json(folder / small_encoder.ABOUT, about)
    return folder


def run_on(folder, module=base_lda, first=0, last=2, **changes):
    torch.manual_seed(1)
    front = small_encoder.Config(source=str(folder), width=WIDTH, first=first, last=last, **changes)
    name = module.__name__.rpartition(".")[2]
    model = module.Config(width=8, heads=2, **({"voice": True} if module is base_lda else {}))
    cfg = RunConfig(
        model=Choice("lightspeech.models", name, model),
        frontend=choice_of("lightspeech.frontends", front),
        windows=replace(whisper.WINDOWS, window_s=WINDOW / 16_000),
    )
    network = build_network(cfg, len(LABELS)).eval().requires_grad_(False)
    for pooling in network.pooling:
        nn.init.normal_(pooling.mix)
    if module is base_lda:  # as if fitted; and somebody always speaks, or nothing could be seen
        nn.init.normal_(network.discriminants.weight, std=0.2)
        nn.init.normal_(network.discriminants.bias)
        nn.init.normal_(network.voice.weight, std=0.01)
        nn.init.constant_(network.voice.bias, 9)
    return Run(
        config=cfg, labels=LABELS, fold=0, seed=0, temperature=4.0, thresholds=(0.4, 0.5, 0.6),
        network=network,
    )  # fmt: skip


def bundle_of(run, folder, **changes):
    values = {
        "path": folder, "name": "toy", "labels": LABELS, "sample_rate": 16_000,
        "windows": run.config.windows, "temperature": run.temperature,
        "thresholds": run.thresholds, "normalisation": "training",
        "frontend": run.config.frontend.as_dict(),
        "model": {**run.config.model.as_dict(), "n_params": 1},
    }  # fmt: skip
    return bundle.read(onnx.export(run, Bundle(**{**values, **changes})).path)


def sounds(n=6):
    """Tones in noise, each higher than the one before, some that begin late."""
    noise = np.random.default_rng(0).normal(size=(n, WINDOW)) * 0.01
    rows, time = np.arange(n)[:, None], np.arange(WINDOW) / 16_000
    tones = np.sin(2 * np.pi * 150 * 2**rows * time) * (time > 0.2 * (rows % 3))
    return (noise + 0.2 * tones).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run on an int8 encoder, its ONNX bundle, and that one as LiteRT; made once."""
    pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    run = run_on(folder_of(tmp_path_factory.mktemp("encoder"), encoder_of()))
    source = bundle_of(run, tmp_path_factory.mktemp("onnx"))
    return run, source, convert(source, format="litert", bundles=tmp_path_factory.mktemp("litert"))


@torch.no_grad()
@pytest.mark.parametrize("level", ["kept", "loudest"])
@pytest.mark.parametrize(("first", "int8"), [(0, False), (1, False), (1, True)])
def test_the_encoder_of_a_file_is_the_one_it_was_made_of(tmp_path, level, first, int8):
    encoder = encoder_of(first, level)
    again = recover_encoder.of_run(
        run_on(folder_of(tmp_path, encoder, int8=int8), whisper, first=first)
    )
    expected, found = encoder.state_dict(), again.state_dict()
    assert found.keys() == expected.keys()
    for name, table in expected.items():
        is_rounded = int8 and name.endswith("weight") and table.dim() == 2
        step = table.abs().amax(-1, keepdim=True) / 127 if is_rounded else torch.zeros(())
        assert ((found[name] - table).abs() <= step * 0.501).all(), name
        assert torch.equal(found[name], table) != is_rounded, name
    x = torch.from_numpy(sounds(2))
    apart = (encoder(x) - again(x)).abs().max()
    assert apart < (0.3 if int8 else 1e-5)


@torch.no_grad()
@pytest.mark.parametrize("module", [whisper, base_lda])
def test_the_head_of_a_bundle_is_the_one_it_was_made_of(tmp_path, module):
    run = run_on(folder_of(tmp_path, encoder_of()), module)
    _, again = recover_encoder.of_bundle(bundle_of(run, tmp_path / "bundle"))
    features = torch.randn(3, 19, run.config.front.n_features)
    torch.testing.assert_close(again.network(features), run.network(features))
    assert (again.config, again.temperature) == (run.config, run.temperature)


@pytest.mark.parametrize("reference", [False, True])
def test_it_answers_as_the_bundle_it_was_made_of(made, reference):
    _, source, converted = made
    expected = dispatch.open(source).predict(sounds())
    found = litert_inference.open(converted, reference=reference).predict(sounds())
    assert np.ptp(expected, axis=0).max() > 0.1  # the sounds do differ
    np.testing.assert_allclose(found, expected, atol=5e-3)  # int8 scales are of other groups


def test_its_integers_are_those_of_the_bundle(made):
    """No norm was multiplied into them, and what reads one vector a window is in floats."""
    run, source, converted = made
    encoder, again = recover_encoder.of_bundle(source)
    graph = tflite_file.read((converted.path / "model.tflite").read_bytes())
    found = sorted(each.data.tobytes() for each in graph.tensors if each.dtype == "int8")
    parts = encoder.stem, encoder.blocks, again.network.pooling
    products = [m.weight for part in parts for m in part.modules() if isinstance(m, nn.Linear)]
    expected = [w / (w.abs().amax(1, keepdim=True) / 127) for w in products]
    assert found == sorted(w.round().to(torch.int8).numpy().tobytes() for w in expected)
    assert not {"QUANTIZE", "DEQUANTIZE"} & {each.kind for each in graph.operations}


def test_of_its_run_it_answers_alike(made, tmp_path):
    run, _, converted = made
    again = litert.export(run, replace(converted, path=tmp_path))
    assert again.size_bytes == converted.size_bytes
    found, expected = (dispatch.open(each).predict(sounds()) for each in (again, converted))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_blocks_that_were_trained_go_in_too(tmp_path):
    pytest.importorskip("litert_torch", reason="needs the extra 'litert'")
    whole = encoder_of()
    tuned, whole.blocks = whole.blocks, nn.ModuleList()
    run = run_on(folder_of(tmp_path, whole, tuned=tuned), last=0, tuned=2, pool_s=0.02)
    source = bundle_of(run, tmp_path / "onnx")
    made = litert.export(run, replace(source, path=tmp_path / "litert"))
    found, expected = (dispatch.open(each).predict(sounds()) for each in (made, source))
    np.testing.assert_allclose(found, expected, atol=5e-3)
    with pytest.raises(BundleError, match="given small_encoder; export it, or its run, with"):
        convert(source, format="litert", bundles=tmp_path)


def test_another_format_is_told_which_hold_it(made, tmp_path):
    with pytest.raises(BundleError, match="or its run, with --format litert or onnx"):
        convert(made[1], format="c99", bundles=tmp_path)


@pytest.mark.parametrize("model", [{"width": 16}, {"voice": False}, {"width": 9}])
def test_a_model_that_is_not_what_its_bundle_says_is_refused(made, tmp_path, model):
    _, source, _ = made
    other = replace(source, model={**source.model, **model})
    with pytest.raises(BundleError, match="its model is another network .*; export the format"):
        convert(other, format="litert", bundles=tmp_path)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"temperature": 0.5}, "made again it answers otherwise"),
        ({"temperature": 40.0}, "made again it answers otherwise"),
        ({"frontend": {"pool_s": 0.32}}, "made again it answers otherwise"),
        ({"sample_rate": 48_000}, "its front end hears 16000 Hz alone"),
    ],
)
def test_what_is_in_no_weight_must_be_that_of_the_file(made, changes, what):
    """Else the new file answered by what somebody wrote into `bundle.json`, and nobody was told."""
    _, source, _ = made
    if "frontend" in changes:
        changes = {"frontend": source.frontend | changes["frontend"]}
    with pytest.raises(BundleError, match=what):
        recover_encoder.of_bundle(replace(source, **changes))


def test_numbers_that_nobody_trained_are_refused(made, tmp_path):
    from onnx import load, numpy_helper, save

    _, source, _ = made
    model = load(source.path / source.model_file)
    [table] = (each for each in model.graph.initializer if each.name == recover_encoder.MEL)
    numbers = numpy_helper.to_array(table) * np.float32(math.nan)
    table.CopyFrom(numpy_helper.from_array(numbers, table.name))
    save(model, tmp_path / source.model_file)
    with pytest.raises(BundleError, match="answers otherwise, by nan"):
        recover_encoder.of_bundle(replace(source, path=tmp_path))


def test_a_damaged_file_is_refused_in_a_line(made, tmp_path):
    _, source, _ = made
    data = (source.path / source.model_file).read_bytes()
    file = tmp_path / source.model_file
    for place in range(len(data) // 2, len(data), len(data) // 97):
        file.write_bytes(data[:place] + b"\xf2" + data[place + 1 :])
        with contextlib.suppress(BundleError):  # and nothing else; many are weights, a bit off
            recover_encoder.of_bundle(replace(source, path=tmp_path))
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(BundleError, match="its model is another network .*; export the format"):
        recover_encoder.of_bundle(replace(source, path=tmp_path))


def test_a_damaged_part_does_not_stand_in_the_way_of_a_new_one(made, tmp_path):
    _, source, _ = made
    whole = shutil.copytree(source.path, tmp_path / "whole")
    (whole / "old").mkdir()
    (whole / "old" / "bundle.json").write_text("{}")
    again = convert(bundle.read(whole), format="litert", bundles=tmp_path)
    assert again.model_file == litert.MODEL_FILE


def test_a_tflite_file_holds_no_run(made, tmp_path):
    _, _, converted = made
    with pytest.raises(BundleError, match=r"model\.tflite holds no run; export the format from"):
        convert(converted, format="onnx", bundles=tmp_path)


def test_an_encoder_that_is_none_of_ours_is_refused(tmp_path):
    run = run_on(folder_of(tmp_path, encoder_of()), whisper)
    file = tmp_path / small_encoder.MODEL
    file.write_bytes(file.read_bytes().replace(b"blocks.1.out.bias", b"blocks.1.now.bias"))
    with pytest.raises(ConfigError, match=r"encoder\.onnx: damaged .*; make the encoder anew"):
        recover_encoder.of_run(run)


def test_what_is_shipped_of_base_answers_alike_in_both_formats():
    pytest.importorskip("ai_edge_litert", reason="needs the extra 'litert'")
    rng = np.random.default_rng(0)
    who = Speaker(f0_hz=150, tract=1.0, loudness_db=0, rate=1.3, expression=1.0)
    said = np.zeros((9, WINDOW), np.float32)
    for livelier, row in enumerate(said):
        how = Cues(
            pitch_st=livelier, range_st=2, loudness_db=livelier, rate=1, tilt_db=0, jitter=0.01
        )
        sound = say(sentence(rng), who, how, rng)[:WINDOW]
        row[: len(sound)] = sound
    answers = dispatch.open(bundle.read(SHIPPED))
    expected = np.concatenate([answers.predict(row[None]) for row in said])
    spoken = expected.max(1) > 0.3  # elsewhere it doubts that anybody speaks: all are as likely
    assert spoken.sum() >= 2
    found = dispatch.open(bundle.read(SHIPPED / "base-litert")).predict(said)
    np.testing.assert_allclose(found[spoken], expected[spoken], atol=0.05)

"""Two networks side by side answer as one, and as the file that a device gets."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lightspeech.audio import io
from lightspeech.audio.frontend import MelConfig
from lightspeech.config import choice_of
from lightspeech.encoders import shrink
from lightspeech.encoders.shrink import Shrink
from lightspeech.errors import ConfigError, CorpusError, LeakError
from lightspeech.inference.backends import onnx
from lightspeech.studies import sources
from lightspeech.studies.folders import Places
from lightspeech.studies.study import read_study
from lightspeech.training import cost, predictions, soft_labels
from lightspeech.training import run as runs
from lightspeech.workflows import publish, run_formats

WIDTH = 16
MEL = choice_of("lightspeech.frontends", MelConfig()).as_dict()
WINDOW = "windows={window_s: 0.5, hop_s: null}"
TWO_FOLDS = ("corpus.speakers=4", "protocol.folds=2")
BANDS = ("name=bands", *TWO_FOLDS, WINDOW, "compress=[{name: quantize}]")
HEAD = ("name=head", *TWO_FOLDS, "model=base", WINDOW)
STEP = "compress=[{name: fuse, study: bands/1-quantize}]"


@pytest.fixture(scope="module")
def encoder(make_whisper, tmp_path_factory):
    """A shrunk encoder, as the head of a recipe hears it."""
    pytest.importorskip("torchao", reason="needs the extra 'compress'")
    folder = tmp_path_factory.mktemp("small")
    noise = np.random.default_rng(0).normal(size=8_000) / 10
    soundfile.write(folder / "speech.wav", noise, 16_000)
    cfg = Shrink(source=make_whisper(3), last=2, heads=3, units=20)
    shrink.shrink(cfg, [folder / "speech.wav"], folder)
    return f"frontend={{source: {folder}, width: {WIDTH}, first: 0, last: 2}}"


@pytest.fixture
def bands(begin):
    """Begin with an int8 study on bands, with some changes to its recipe."""

    def copy(*changes):
        begin((*BANDS, *changes))

    return copy


@pytest.fixture
def head(train, encoder):
    """A study of a head on the small encoder, with some changes to its recipe."""

    def make(*changes):
        return train(*HEAD, encoder, *changes)[1]

    return make


@pytest.fixture
def fused(here, begin, encoder, export_once):
    begin(BANDS, (*HEAD, encoder, STEP))
    return Path("runs/head/1-fuse")


def answers(folder):
    return [predictions.read(folder / f"fold{fold}-seed0/test.csv") for fold in range(2)]


def test_it_answers_by_the_geometric_mean_of_both(fused):
    parts = answers(fused.parents[1] / "bands/1-quantize"), answers(fused.parent)
    for fold, (bands, head, both) in enumerate(zip(*parts, answers(fused), strict=True)):
        assert bands.ids == head.ids == both.ids
        temperature = runs.read_run(fused / f"fold{fold}-seed0").temperature
        logs = [np.log(part.probabilities) for part in (bands, head, both)]
        apart = logs[2] * temperature - (logs[0] + logs[1]) / 2
        np.testing.assert_allclose(apart, apart[:, :1].repeat(apart.shape[1], 1), atol=2e-3)


def test_its_bundle_gives_the_answers_that_were_measured(fused):
    trained = read_study(fused)
    figures, made = publish.export(trained, "fold0-seed0", Places())
    assert (figures.model, figures.scheme) == ("base", "fused-int8")
    before = runs.read_config(fused.parent / "fold0-seed0").frontend.as_dict()
    assert before["name"] == "small_encoder"
    assert made.frontend == {"name": "pair", "first": before, "second": MEL}
    _, of_head = publish.export(read_study(fused.parent), "fold0-seed0", Places())
    assert of_head.frontend == before
    for each in (made, of_head):
        said_of_it = json.loads((each.path / "bundle.json").read_text())
        assert (said_of_it["format"], said_of_it["frontend"]) == (3, each.frontend)
    said = answers(fused)[0]
    paths = {u.id: u.path for u in trained.utterances}
    opened = onnx.open(made)
    for name, expected in zip(said.ids, said.probabilities, strict=True):
        windows = made.windows.cut(io.load(paths[name], 16_000), 16_000)
        [found] = opened.predict(np.stack(list(windows)))
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_it_costs_what_both_cost_and_is_as_large_as_both(fused):
    folders = [fused.parents[1] / "bands/1-quantize", fused.parent, fused]
    bands, head, both = (cost.of(runs.read_run(folder / "fold0-seed0")) for folder in folders)
    assert both.macs == bands.macs + head.macs
    assert both.n_params == bands.n_params + head.n_params
    made = [publish.export(read_study(f), "fold0-seed0", Places()) for f in folders]
    heard = runs.read_run(fused / "fold0-seed0").config.front.cost()
    assert heard == runs.read_run(fused.parent / "fold0-seed0").config.front.cost()
    assert heard.macs > 0
    assert made[2][0].macs == both.macs + heard.macs
    assert made[2][0].n_params == made[0][0].n_params + made[1][0].n_params
    [entry] = run_formats.of_run(
        fused / "fold0-seed0", ["litert"], Path("bundles"), threads=1, progress=lambda *_: None
    )
    assert entry.row.macs == both.macs + heard.macs
    sizes = [figures.size_bytes for figures, _ in made]
    assert sizes[2] == pytest.approx(sizes[0] + sizes[1], rel=0.1)


def test_both_stand_in_its_licences(fused):
    shutil.rmtree(fused.parents[1] / "bands")
    names = [source["name"] for source in sources.corpora(read_study(fused))]
    assert names == ["synthetic", "teacher bands/1-quantize"]


def test_the_same_seed_is_taken_and_must_be_there(bands, head):
    bands()
    with pytest.raises(CorpusError, match="bands/1-quantize/fold0-seed1: no finished run"):
        head(STEP, "seeds=[1]")()


def test_a_study_that_is_not_there_is_named_with_what_to_type(head):
    with pytest.raises(CorpusError, match="no runs in bands/1-quantize or runs/bands.* compress"):
        head(STEP)()


def test_a_network_that_knows_whom_it_would_be_tested_on_is_refused(bands, head):
    bands("protocol={name: random-leaky, folds: 2}")
    with pytest.raises(LeakError, match="knows speaker"):
        head(STEP)()


@pytest.mark.parametrize(
    ("of_bands", "of_head", "message"),
    [
        ((), ("windows={window_s: 0.6, hop_s: null}",), "in the same windows.*give both recipes"),
        (("compress=[{name: prune, ratio: 0.1, epochs: 1}]",), (), "fuse.study must be int8"),
    ],
)
def test_two_that_do_not_go_together_are_refused(bands, head, of_bands, of_head, message):
    bands(*of_bands)
    [study] = Path("runs/bands").glob("1-*")
    with pytest.raises(ConfigError, match=message):
        head(*of_head, f"compress=[{{name: fuse, study: bands/{study.name}}}]")()


def test_labels_in_another_order_are_refused(bands, head):
    bands()
    for run in Path("runs/bands/1-quantize").glob("*/run.json"):
        said = json.loads(run.read_text())
        run.write_text(json.dumps({**said, "labels": said["labels"][::-1]}))
    with pytest.raises(ConfigError, match="must tell the same labels apart"):
        head(STEP)()


def test_it_goes_on_from_what_a_bundle_can_hold_alone(bands, train, here):
    bands()
    with pytest.raises(ConfigError, match="what a bundle can hold, whisper is given encoder; take"):
        train("name=other", "model=whisper", WINDOW, STEP)


def test_nothing_comes_after_it(bands, head):
    bands()
    with pytest.raises(
        ConfigError, match="fuse and quantize each end a chain; leave one of them out"
    ):
        head(STEP[:-1] + ", {name: quantize}]")()


TAUGHT = "name: distill, teacher: head/1-fuse, crops: 1"


def test_it_teaches_by_its_answers_alone(fused, train):
    (folder,) = train("name=pupil", *TWO_FOLDS, f"compress=[{{{TAUGHT}}}]")[1]()
    for fold in range(2):
        soft = soft_labels.read(folder / f"soft/fold{fold}.safetensors")
        assert soft.embeddings.shape == (len(soft.ids), 0)
        assert runs.is_done(folder / f"fold{fold}-seed0")
    _, compress = train("name=other", *TWO_FOLDS, f"compress=[{{{TAUGHT}, features: 0.5}}]")
    with pytest.raises(ConfigError, match="Fusion .*shows no embedding; .*set distill.feat"):
        compress()

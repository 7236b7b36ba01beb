from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, as_dict, choice_of
from lightspeech.errors import ConfigError
from lightspeech.files import write_json
from lightspeech.models import nano
from lightspeech.models.int8 import Int8
from lightspeech.progress import no_progress
from lightspeech.training.run import RunConfig
from lightspeech.workflows import run_formats


@pytest.fixture
def make_run(tmp_path):
    """Write what made a run, in floats or int8."""

    def make(folder, quantize=None):
        made = RunConfig(
            model=Choice("lightspeech.models", "nano", nano.Config()),
            frontend=choice_of("lightspeech.frontends", MelConfig()),
            windows=Windows(),
            quantize=quantize,
        )
        write_json(tmp_path / folder / "run.json", as_dict(made))
        return tmp_path / folder

    return make


def test_an_unknown_format_is_refused_with_those_that_are(tmp_path):
    entries = run_formats.of_run(
        tmp_path, ["onnx", "c98"], tmp_path, threads=1, progress=no_progress
    )
    with pytest.raises(ConfigError, match=r"unknown format 'c98'; choose of \[.*'onnx-int8'"):
        next(entries)


@pytest.mark.parametrize("format", ["onnx-int8", "litert-int8", "c99"])
def test_int8_formats_take_what_quantize_made_of_a_run(make_run, format, monkeypatch):
    names = ("distill", "prune", "quantize")
    steps = tuple(Choice("lightspeech.compression", name, None) for name in names)
    chained = SimpleNamespace(recipe=SimpleNamespace(compress=steps))
    monkeypatch.setattr(run_formats, "read_study", lambda folder: chained)
    run = make_run("study/fold0-seed0")
    with pytest.raises(ConfigError, match="add {name: quantize} to the recipe's compress"):
        run_formats.source_of(run, format)
    int8 = make_run("study/3-quantize/fold0-seed0", Int8())
    assert run_formats.source_of(run, format) == int8
    assert run_formats.source_of(int8, format) == int8


def test_a_format_in_floats_is_none_of_an_int8_run(make_run):
    assert run_formats.source_of(make_run("fold0-seed0"), "litert").name == "fold0-seed0"
    with pytest.raises(ConfigError, match="this run is int8; name the run that it was made of"):
        run_formats.source_of(make_run("fold1-seed0", Int8()), "litert")

"""``import lightspeech``: every public name, and nothing heavy before one is used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import lightspeech
from lightspeech import errors

NEEDED = {"Answer", "LightspeechError", "Recognizer", "Segment", "Stream", "load", "read_audio"}
HEAVY = ("numpy", "onnxruntime", "pydantic", "soundfile", "soxr", "torch", "typer", "yaml")
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
LIGHT = """
import sys
import lightspeech
assert dir(lightspeech)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
lightspeech.load
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""

PREDICTS = """
import sys
from lightspeech.cli import app
app(["predict", sys.argv[1], "--bundle", sys.argv[2]], standalone_mode=False)
print(*sorted({name.split(".")[1] for name in sys.modules if name.startswith("lightspeech.")}))
print(*sorted({name for name in sys.modules if name.startswith("lightspeech.cli.")}))
print("numpy.ma" in sys.modules, "rich" in sys.modules)
"""


def test_public_names_are_sorted_there_and_listed():
    assert lightspeech.__all__ == sorted(lightspeech.__all__)
    assert set(lightspeech.__all__) >= NEEDED
    assert set(lightspeech.__all__) <= set(dir(lightspeech))
    assert all(getattr(lightspeech, name) is not None for name in lightspeech.__all__)


def test_every_error_is_public():
    assert set(lightspeech.__all__) >= ERRORS


def test_type_checkers_see_the_names_where_they_are_loaded_from():
    text = Path(lightspeech.__file__).read_text("utf-8")
    [block, *_] = [node for node in ast.parse(text).body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert {*seen, *ERRORS, "__version__"} == set(lightspeech.__all__)
    for name, home in seen.items():
        assert getattr(lightspeech, name) is getattr(importlib.import_module(home), name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'lightspeech' has no attribute 'laod'"):
        _ = lightspeech.laod


def test_import_loads_nothing_heavy_and_load_never_torch():
    ended = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    at_import, with_load = (set(line.split()) for line in ended.stdout.splitlines())
    assert not at_import & set(HEAVY)
    assert not with_load & {"torch", "typer"}


def test_predict_imports_nothing_that_it_does_not_need(make_bundle, write_tone, tmp_path):
    tone = write_tone(tmp_path / "tone.wav", seconds=0.5)
    command = [sys.executable, "-c", PREDICTS, tone, make_bundle().path]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    *_, packages, commands, heavy = ended.stdout.splitlines()
    assert not {"evaluation", "explain", "export", "reporting", "workflows"} & {*packages.split()}
    own = ("_archive", "_backend", "_engine", "_files", "_questions", "_records", "predict")
    assert commands.split() == [f"lightspeech.cli.{name}" for name in own]
    assert heavy == "False False"

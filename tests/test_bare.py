"""The core install, without any extra: it answers, and torch is nowhere near."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from lightspeech import bundle


@pytest.fixture
def bare():
    """Run a program of the bare environment; give what it prints."""
    root = os.environ.get("LIGHTSPEECH_BARE")
    if not root:
        pytest.skip("needs an environment with the core install alone: make bare")

    def run(program, *arguments):
        done = subprocess.run(
            [Path(root) / "bin" / program, *map(str, arguments)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("extra", ["torch", "onnx", "matplotlib", "jinja2", "sklearn", "librosa"])
def test_core_install_brings_no_extra(bare, extra):
    found = bare("python", "-c", f"import importlib.util as u; print(u.find_spec('{extra}'))")
    assert found.strip() == "None"


def test_help_is_printed(bare):
    assert "predict" in bare("lightspeech", "--help")


def test_predict_answers_in_json(bare, make_bundle, write_tone, tmp_path):
    tone = write_tone(tmp_path / "tone.wav", seconds=0.5)
    made = make_bundle()
    answer = json.loads(bare("lightspeech", "predict", tone, "--bundle", made.path, "--json"))
    assert answer["label"] == "none"  # nobody speaks
    assert max(answer["probabilities"], key=answer["probabilities"].get) == "loud"
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_the_library_answers(bare, make_bundle, write_tone, tmp_path):
    tone = write_tone(tmp_path / "tone.wav", seconds=0.5)
    use = "import lightspeech, sys; print(lightspeech.load(sys.argv[1])(sys.argv[2]).label)"
    assert bare("python", "-c", use, make_bundle().path, tone) == "none\n"


def test_predict_answers_with_micro_where_no_bundle_is_named(bare, write_tone, tmp_path):
    if bundle.USUAL not in bundle.shipped():
        pytest.skip(f"src/lightspeech/zoo holds no {bundle.USUAL} yet: make zoo")
    tone = write_tone(tmp_path / "tone.wav", seconds=0.5)
    answer = json.loads(bare("lightspeech", "predict", tone, "--json"))
    assert answer["model"] == bundle.USUAL


def test_a_measured_study_and_a_bundle_are_evaluated_and_timed(bare, make_study, make_bundle):
    figures = json.loads(bare("lightspeech", "evaluate", make_study(), "--json"))
    assert figures["folds"] == 2
    said = json.loads(bare("lightspeech", "benchmark", make_bundle().path, "--rounds", 1, "--json"))
    assert said["rows"][0]["status"] == "ok"


def test_an_evaluation_that_needs_torch_says_so(bare, make_study):
    folder = make_study()
    (folder / "study.json").rename(folder / "recipe.yaml")  # as training leaves it
    program = (
        f"import sys; sys.argv = ['', 'evaluate', {str(folder)!r}]; from lightspeech import cli"
    )
    catch = "\ntry: cli.main()\nexcept SystemExit as stop: print(stop)"
    assert "the first evaluation of a study needs an extra" in bare("python", "-c", program + catch)

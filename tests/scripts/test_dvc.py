"""The five scripts as stages of DVC: each is fed by those before it, and done once."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PIPELINE = ROOT / "pipeline"
STAGES = yaml.safe_load((PIPELINE / "dvc.yaml").read_text())["stages"]
DVC = os.environ.get("LIGHTSPEECH_DVC") or shutil.which("dvc")


def test_stages_are_the_scripts_in_their_order_and_each_file_is_there_before_it_is_read():
    scripts = [
        re.findall(r"\.\./scripts/(\w+\.py)", str(stage["cmd"])) for stage in STAGES.values()
    ]
    assert scripts == [[path.name] for path in sorted((ROOT / "scripts").glob("0*.py"))]
    there = {"${raw_data}"}
    for stage in STAGES.values():
        own = {path for path in stage["deps"] if path.startswith("../")}
        assert all((PIPELINE / path).is_file() for path in own)
        assert set(stage["deps"]) - own <= there
        there |= set(stage["outs"])
    params = yaml.safe_load((PIPELINE / "params.yaml").read_text())
    assert set(re.findall(r"\$\{(\w+)\}", (PIPELINE / "dvc.yaml").read_text())) == set(params)


@pytest.mark.skipif(DVC is None, reason="needs DVC; set LIGHTSPEECH_DVC to that of its own venv")
def test_what_did_not_change_is_not_done_again(lay_out, tmp_path):
    pytest.importorskip("torch", reason="runs need the extra 'train'")
    lay_out(tmp_path)
    shutil.copytree(PIPELINE, tmp_path / "pipeline")
    (tmp_path / "pipeline" / "params.yaml").write_text("raw_data: ../raw\nepochs: 1\n")

    def run(*command, at=tmp_path):
        python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, "PATH": python, "DVC_NO_ANALYTICS": "1"}
        ended = subprocess.run(command, cwd=at, env=variables, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    run("git", "init", "-q")
    run(DVC, "init", "-q")
    assert "Running stage 'plots'" in run(DVC, "repro", at=tmp_path / "pipeline")
    assert (tmp_path / "pipeline/results/plots/teacher/confusion.svg").is_file()
    again = run(DVC, "repro", at=tmp_path / "pipeline")
    assert "Running stage" not in again

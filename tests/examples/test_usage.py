"""A script without arguments says how it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = (
    "examples/jetson/recognize.py",
    "examples/raspberry-pi/listen.py",
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_without_arguments_prints_its_usage(script):
    ended = subprocess.run([sys.executable, ROOT / script], capture_output=True, text=True)
    assert ended.returncode == 1
    assert f"{script.rpartition('/')[2]} BUNDLE" in ended.stderr
    assert "Traceback" not in ended.stderr

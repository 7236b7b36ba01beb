"""Some spoilt files through every door: an answer or an error of ours, never anything else.

What is not spoilt must be answered at every door, or the program ends with an error.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")

FUZZ = Path(__file__).parent
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory, as Linux has")


def test_spoilt_files_are_answered_or_refused(tmp_path):
    command = (sys.executable, FUZZ, "--inputs", "500", "--work", tmp_path)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [*map(str, command)], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.splitlines()[-1].endswith(" inputs, 0 failed")

import platform
import subprocess
import sys

import pytest

from lightspeech import heap

FAULTS = """
import resource, sys
import numpy as np
from lightspeech import heap
if sys.argv[1] == "kept":
    assert heap.keep()
def step():
    many = [np.ones(1 << 17) for _ in range(100)]
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    """Page faults of five steps that each free 100 MB."""
    command = (sys.executable, "-c", FAULTS, how)
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library of C")
def test_what_is_freed_stays_at_hand():
    assert faults("kept") < 1_000 < 50_000 < faults("as it is")


def test_another_library_of_c_is_left_alone(monkeypatch):
    monkeypatch.setattr(heap.platform, "libc_ver", lambda: ("", ""))
    assert not heap.keep()

"""The machine a duration was measured on: no figure of time is worth anything without it."""

import os
import platform
from pathlib import Path

from lightspeech.environment import environment

CPU_INFO = Path("/proc/cpuinfo")


def describe() -> dict[str, str | int]:
    """Tell processor, number of cores, and versions of what did the work."""
    return {"cpu": _cpu(), "cores": os.cpu_count() or 1, **environment()}


def _cpu() -> str:
    if CPU_INFO.is_file():
        for line in CPU_INFO.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Model"):  # "Model" on a Raspberry Pi
                return value.strip()
    return platform.processor() or platform.machine()

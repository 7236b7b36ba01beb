"""What code ran, and on what: said beside every figure, and in every run."""

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

PACKAGES = ("lightspeech", "numpy", "torch", "onnxruntime")


def environment() -> dict[str, str]:
    """Versions that figures depend on, and the code; what is not installed is left out."""
    versions = {
        package: importlib.metadata.version(package)
        for package in PACKAGES
        if any(importlib.metadata.distributions(name=package))
    }
    machine = f"{platform.system()} {platform.machine()}"
    return {"python": platform.python_version(), "machine": machine, **versions, "code": _code()}


@cache
def _code() -> str:
    """Tell one state of this package's code from another, of a checkout too: it has one version."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def together(several: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Give one environment for several: where they differ, all values that there were.

    Args:
        several: as `environment` gives them.

    Example:
        >>> together([{"numpy": "2.4", "code": "ab"}, {"numpy": "2.4", "code": "cd"}])
        {'numpy': '2.4', 'code': 'ab, cd'}
    """
    keys = dict.fromkeys(key for each in several for key in each)
    return {key: ", ".join(sorted({each[key] for each in several if key in each})) for key in keys}

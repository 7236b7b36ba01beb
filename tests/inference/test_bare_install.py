import subprocess
import sys

import pytest

BLOCK = """
import importlib, pkgutil, sys
for name in ("torch", "matplotlib", "jinja2", "sklearn", "librosa", "onnx"):
    sys.modules[name] = None
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
    importlib.import_module(module.name)
"""


@pytest.mark.parametrize("name", ["audio", "bundle", "corpora", "protocols", "inference", "cli"])
def test_imports_without_the_extras(name):
    done = subprocess.run(
        [sys.executable, "-c", BLOCK, f"lightspeech.{name}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

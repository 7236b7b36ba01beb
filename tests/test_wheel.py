"""The wheel holds what `predict` needs: the shipped bundles, with their cards and nothing else."""

import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from lightspeech import bundle
from lightspeech.export.wasm import FIXED
from lightspeech.serving import site

ROOT = Path(__file__).parents[1]
LIMIT_BYTES = 3_000_000
"""Of the whole package: it goes onto small devices, and through their lines."""


@pytest.fixture
def wheel(tmp_path, monkeypatch, make_bundle):
    """Build a wheel of a copy of the sources, with a bundle in its zoo."""
    build_meta = pytest.importorskip("setuptools.build_meta", reason="needs setuptools")
    ignored = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "copy/src", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / "copy")
    made = make_bundle(path=tmp_path / "copy/src/lightspeech/zoo/micro")
    (made.path / "README.md").write_text("card\n")
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setattr(sys, "argv", ["build"])
    return zipfile.ZipFile(tmp_path / build_meta.build_wheel(str(tmp_path)))


@pytest.mark.filterwarnings("ignore")  # setuptools warns of itself
def test_wheel_holds_every_shipped_bundle_and_the_firmware(wheel):
    here = Path("src/lightspeech/zoo")
    files = [path for path in here.rglob("*") if path.is_file()]
    expected = {f"lightspeech/{path.relative_to(here.parent)}" for path in files}
    assert len(files) == len(bundle.shipped()) * 6  # card, training speakers, bundles of one model
    assert {name for name in wheel.namelist() if "/zoo/" in name} == expected
    firmware = "lightspeech/evaluation/firmware"
    needed = {f"{firmware}/listen.c", f"{firmware}/cortex-m/link.ld"}
    gate = {f"lightspeech/audio/gate/gate.{suffix}" for suffix in ("npz", "onnx")}
    wasm = {f"lightspeech/export/wasm/{name}" for name in (*FIXED, "pipe.mjs", "libc/math.h")}
    page = {f"lightspeech/serving/page/{name}" for name in site.page() if "/" not in name}
    assert needed | gate | wasm | page <= set(wheel.namelist())
    assert Path(wheel.filename).stat().st_size < LIMIT_BYTES

"""Lay out the page as static files, with the shipped models: ``python site/build.py FOLDER``.

Any web host does; a microphone needs https, or this machine. Needs what ``export --format wasm``
needs.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from lightspeech import bundle
from lightspeech.workflows.convert import convert

HERE = Path(__file__).parent
PAGE = ("index.html", "page.css", "page.js", "texts.js")
MODELS = ("micro", "nano", "small")
CODE = ("index.js", "processor.js", "resampler.js")
"""The same for every model."""


def main() -> None:
    """Write the folder."""
    [folder] = map(Path, sys.argv[1:])
    (folder / "models").mkdir(parents=True, exist_ok=True)
    for name in PAGE:
        shutil.copy(HERE / name, folder)
    with tempfile.TemporaryDirectory() as scratch:
        for model in MODELS:
            made = convert(bundle.read(model), format="wasm", bundles=Path(scratch))
            shutil.copy(made.path / made.model_file, folder / "models" / f"{model}.wasm")
        for name in CODE:
            shutil.copy(made.path / name, folder / "models")
    print(f"{folder}: open it by `python -m http.server --bind 127.0.0.1 -d {folder}`")


if __name__ == "__main__":
    main()

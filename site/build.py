"""Lay out the page as static files, with the shipped models: ``python site/build.py FOLDER``.

Any web host does; a microphone needs https, or this machine. Needs what ``export --format wasm``
needs.
"""

import sys
import tempfile
from pathlib import Path

from lightspeech import bundle
from lightspeech.serving import site
from lightspeech.workflows.convert import convert

MODELS = ("micro", "nano", "small")


def module(name: str) -> bytes:
    """Compile a model of the package."""
    with tempfile.TemporaryDirectory() as scratch:
        made = convert(bundle.read(name), format="wasm", bundles=Path(scratch))
        return (made.path / made.model_file).read_bytes()


def main() -> None:
    """Write the folder."""
    [folder] = map(Path, sys.argv[1:])
    contents = site.page() | site.clips()
    described = []
    for name in MODELS:
        address = f"{site.MODELS}/{name}.wasm"
        contents[address] = module(name)
        model = site.described(bundle.read(name))
        model |= {"module": address, "size_bytes": len(contents[address])}
        described.append(model)
    kept = {"files": sorted({*contents, site.INVENTORY}), "version": site.version(contents)}
    contents[site.INVENTORY] = site.inventory(described, **kept)
    for address, content in contents.items():
        (folder / address).parent.mkdir(parents=True, exist_ok=True)
        (folder / address).write_bytes(content)
    print(f"{folder}: open it by `python -m http.server --bind 127.0.0.1 -d {folder}`")


if __name__ == "__main__":
    main()

"""Writes what the commands of a document print, from a real run: python docs/console.py [DOCUMENT].

In every console block a line that begins with ``$`` is run, and what it prints takes the place of
what stands under it; a block without output is left alone. The demo is trained first, in a folder
of its own.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEMO = "lightspeech run recipes/demo.yaml --fresh"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)


def answers(block: str) -> list[tuple[str, str]]:
    """Split a block into commands and what stands under each; empty where nothing stands there."""
    parts = [part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    pairs = [(command, said.strip("\n")) for command, _, said in parts]
    return pairs if any(said for _, said in pairs) else []


def run(command: str, folder: Path) -> str:
    """Run a command line as a shell does, and give what it prints to standard output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip("\n")


def fill(text: str, folder: Path) -> str:
    """Run all blocks of a document in a folder, and give the text with what was printed."""

    def printed(block: re.Match[str]) -> str:
        pairs = [(command, run(command, folder)) for command, _ in answers(block[0])]
        shown = "\n\n".join(f"$ {command}\n{said}" for command, said in pairs)
        return f"{shown}\n" if pairs else block[0]

    return BLOCK.sub(printed, text)


if __name__ == "__main__":
    document = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "README.md"
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(ROOT / "recipes", Path(scratch, "recipes"))
        run(DEMO, Path(scratch))
        text = fill(document.read_text(encoding="utf-8"), Path(scratch))
    document.write_text(text, encoding="utf-8")

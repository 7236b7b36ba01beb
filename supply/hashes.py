"""Versions of constraints.txt with the hashes of their files: ``python supply/hashes.py``.

They are of wheels for Linux on x86-64 and Python 3.11, and of torch for the processor alone; with
``pip install --require-hashes -r constraints-hashed.txt`` nothing else is installed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.utils import canonicalize_name

from lightspeech.files import write_text

ROOT = Path(__file__).parents[1]
CONSTRAINTS, HASHED = ROOT / "constraints.txt", ROOT / "constraints-hashed.txt"
HEAD = """\
# Made by `make hashes` of constraints.txt: Linux on x86-64, Python 3.11, torch without a GPU.
# pip install --require-hashes -r constraints-hashed.txt && pip install --no-deps -e .
"""


def main() -> None:
    """Ask pip which files it would install, and write down their hashes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, help="of pip install --report, instead of asking")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = options.report or _asked(Path(folder) / "report.json")
        installs = json.loads(report.read_text(encoding="utf-8"))["install"]
    write_text(HASHED, HEAD + "".join(sorted(map(_line, installs))))


def _asked(report: Path) -> Path:
    options = ("--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", str(report))
    command = (sys.executable, "-m", "pip", "install", *options, "-r", str(CONSTRAINTS))
    subprocess.run(command, check=True)
    return report


def _line(install: dict) -> str:
    about, found = install["metadata"], install["download_info"]["archive_info"]["hashes"]
    version = about["version"].partition("+")[0]  # what stands behind it, an index need not know
    return f"{canonicalize_name(about['name'])}=={version} --hash=sha256:{found['sha256']}\n"


def read(file: Path = HASHED) -> dict[str, tuple[str, ...]]:
    """Read the hashes of each ``name==version``.

    Args:
        file: as this command writes it.
    """
    lines = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {
        words[0]: tuple(word.removeprefix("--hash=sha256:") for word in words[1:])
        for words in lines
        if words and words[0] != "#"
    }


if __name__ == "__main__":
    main()

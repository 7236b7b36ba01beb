"""What the pages of devices show is run: from a plain install, or with an extra where they say so.

A block of ``console`` is run where the core install is at hand ($LIGHTSPEECH_BARE), one of
``console extra=NAME`` with everything installed, and one of ``console elsewhere`` needs what is not
here, such as a board. The blocks of one kind of a page are one session, in a folder that holds
``examples`` and ``speech.wav``. Numbers may differ, words may not; how far a command is goes to
stderr, which is no part of a page.

To write what the commands print into the pages: LIGHTSPEECH_BARE=.venv-bare python FILE PAGES...
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest
import soundfile

from lightspeech.corpora import synthetic
from lightspeech.evaluation import cores

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/devices/*.md"), *ROOT.glob("examples/*/README.md")])
BLOCK = re.compile(r"^```console *(?P<kind>.*)\n(?P<body>(?s:.*?))^```$", re.MULTILINE)
KINDS = {"": (), "extra=litert": ("litert_torch",), "extra=executorch": ("executorch",)}
"""Kinds of blocks that are run, and the packages that each needs."""
ELSEWHERE = "elsewhere"
PROGRAMS = (*cores.ARM.packages, "unzip", "clang", "wasm-ld")
END = "--- end of command"
TIMEOUT_S = 500


def sessions(page):
    """Commands of a page by kind of block, each with what it is to print."""
    found = {}
    for block in BLOCK.finditer(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block["body"], flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.setdefault(block["kind"], []).append((command, output))
    return found


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    """Run the commands of a session; pages that show the same share what they print."""

    @functools.cache
    def run(commands, kind):
        return ran(commands, kind, tmp_path_factory.mktemp("page"))

    return run


def ran(commands, kind, here):
    """Run the commands of a session in a folder; give what each prints."""
    shutil.copytree(ROOT / "examples", here / "examples")
    read = synthetic.read(synthetic.Config(speakers=1, sentences=1, seed=15, root=here / "made"))
    spoken = next(each for each in read.utterances if each.emotion == "angry")
    soundfile.write(here / "speech.wav", *soundfile.read(spoken.path))
    bare = "" if kind else f"{Path(os.environ['LIGHTSPEECH_BARE']).resolve() / 'bin'}:"
    path = f"{bare}{Path(sys.executable).parent}:{os.environ['PATH']}"
    script = "".join(f"{command}\necho '{END}'\n" for command in commands)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=here, env={**os.environ, "PATH": path},
        capture_output=True, text=True, timeout=TIMEOUT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(f"{END}\n")[:-1]


def words(text):
    """The words of a text, without its numbers and blanks."""
    return re.sub(r"[\d.,]+", "#", text).split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_begins_with_a_shipped_model_and_says_of_every_block_how_it_is_run(page):
    assert set(sessions(page)) <= {*KINDS, ELSEWHERE}
    first = re.search(r"lightspeech export (\S+)", page.read_text("utf-8"))
    assert first is None or first[1] == "micro"


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        pytest.param(page, kind, id=f"{page.relative_to(ROOT)} {kind}".strip())
        for page in PAGES
        for kind in sessions(page)
        if kind in KINDS
    ],
)
def test_what_a_page_shows_is_what_its_commands_print(page, kind, run_once):
    if not kind and "LIGHTSPEECH_BARE" not in os.environ:
        pytest.skip("needs an environment with the core install alone: make bare")
    if missing := [name for name in KINDS[kind] if find_spec(name) is None]:
        pytest.skip(f"needs {missing[0]}")
    commands, shown = zip(*sessions(page)[kind], strict=True)
    if missing := [program for program in PROGRAMS if not which(program)]:
        pytest.skip(f"needs {missing[0]}")
    printed = run_once(commands, kind)
    for command, lines, expected in zip(commands, printed, shown, strict=True):
        assert words(lines) == words(expected), command


def write(page, folder):
    """Write what the commands of a page print into it."""
    text = page.read_text("utf-8")
    for kind in sessions(page).keys() & KINDS.keys():
        here = folder / (kind or "plain")
        here.mkdir()
        commands = [command for command, _ in sessions(page)[kind]]
        for (command, shown), printed in zip(
            sessions(page)[kind], ran(commands, kind, here), strict=True
        ):
            text = text.replace(f"$ {command}\n{shown}", f"$ {command}\n{printed}", 1)
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    import tempfile

    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as scratch:
            write(Path(name).resolve(), Path(scratch))

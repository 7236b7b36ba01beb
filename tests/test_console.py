"""What the README shows of a console was printed: docs/console.py runs it."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("console", ROOT / "docs/console.py")
console = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(console)
SHOWN = [
    pair
    for block in console.BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
    for pair in console.answers(block)
]
WITHOUT_TRAINING = ("lightspeech prepare", "lightspeech leaks")


def test_what_needs_no_training_prints_what_the_readme_shows(tmp_path):
    cheap = [pair for pair in SHOWN if pair[0].startswith(WITHOUT_TRAINING)]
    assert [command.split()[1] for command, _ in cheap] == ["prepare", "leaks"]
    for command, shown in cheap:
        assert console.run(command, tmp_path) == shown


def test_every_command_that_is_shown_has_its_output():
    assert len(SHOWN) == 5
    assert all(said for _, said in SHOWN)


def test_output_is_written_anew_and_a_block_without_it_left_alone(tmp_path):
    text = "```console\n$ echo 1\n0\n\n$ echo 2; echo 3\n```\n```console\n$ make demo\n```\n"
    filled = console.fill(text, tmp_path)
    assert filled == text.replace("1\n0\n", "1\n1\n").replace("echo 3\n", "echo 3\n2\n3\n")
    assert console.fill(filled, tmp_path) == filled

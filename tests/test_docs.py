"""The documents say what is: commands and options exist, recipes are valid."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from lightspeech.cli import app
from lightspeech.studies import recipe

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLACES = ("*.md", "docs/*.md", "docs/devices/*.md", "examples/*/*.md")
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for place in PLACES
    for path in ROOT.glob(place)
}
LINKS = [
    (name, target)
    for name, text in DOCUMENTS.items()
    for target in sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", text)))
]
RECIPES = sorted(path for at in ("recipes", "configs") for path in (ROOT / at).rglob("*.yaml"))
COMMANDS = get_command(app).commands
SHOWN = sorted(
    {
        line
        for text in [*DOCUMENTS.values(), *(command.help for command in COMMANDS.values())]
        for line in re.findall(r"(?:\$ |`|Example: )(lightspeech [a-z][^`|\n]*)", text)
    }
)


def test_readme_is_short():
    assert len(README.splitlines()) <= 140


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_help_with_an_example_and_stands_in_the_documents(name):
    assert f"Example: lightspeech {name}" in COMMANDS[name].help
    assert all(p.help for p in COMMANDS[name].params if p.name != "help")
    assert f"| `{name}` |" in DOCUMENTS["docs/commands.md"]


@pytest.mark.parametrize("line", SHOWN)
def test_shown_command_and_its_options_exist(line):
    _, name, *words = shlex.split(line)
    known = {option for p in COMMANDS[name].params for option in (*p.opts, *p.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known | {"--help"}


def test_commands_are_shown():
    assert len(SHOWN) > 2 * len(COMMANDS)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_is_valid_and_named_as_its_file(path):
    assert recipe.read(path, []).name == path.stem


@pytest.mark.parametrize(("name", "target"), LINKS)
def test_link_leads_somewhere(name, target):
    assert (ROOT / name).parent.joinpath(target).exists()

import importlib
from pathlib import Path

import pytest

from lightspeech import plugins
from lightspeech.errors import ConfigError

KINDS = ("corpora", "protocols", "models", "compression", "export", "inference.backends", "cli")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two plug-ins, of a module that does something else, and of an unfinished one."""
    folder = tmp_path / "toy_plugins"
    folder.mkdir()
    (folder / "__init__.py").write_text('CONTRACT = ("NAME", "build")\n')
    for name in ("second_one", "first"):
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\ndef build(): ...\n")
    (folder / "reading.py").write_text("raise RuntimeError('a list of plug-ins imports nothing')\n")
    (folder / "unfinished.py").write_text("NAME: str = 'unfinished'\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "toy_plugins"


def test_a_module_that_binds_the_contract_is_a_plugin(package):
    assert plugins.names(package) == ["first", "second_one"]


@pytest.mark.parametrize("name", ["second_one", "second-one"])
def test_a_plugin_is_found_by_its_file_name(package, name):
    assert plugins.load(package, name).NAME == "second_one"


@pytest.mark.parametrize("name", ["frist", "__init__", "", "os", "first.py", "../first"])
def test_another_name_lists_the_choices(package, name):
    with pytest.raises(
        ConfigError, match=r"in toy_plugins; choose one of \['first', 'second_one'\]"
    ):
        plugins.load(package, name)


def test_a_module_without_a_part_of_the_contract_is_told_which(package):
    with pytest.raises(ConfigError, match=r"unfinished.py lacks \['build'\], so it is no plug-in"):
        plugins.load(package, "unfinished")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_plugin_has_some(kind):
    assert plugins.names(f"lightspeech.{kind}")


def test_broken_code_stops_nobody_but_who_asks_for_it(package):
    folder = Path(importlib.import_module(package).__path__[0])
    (folder / "broken.py").write_text("NAME = 'broken'\ndef build(:\n")
    (folder / "lacking.py").write_text(
        "import no_such_package\nNAME = 'lacking'\ndef build(): ...\n"
    )
    importlib.invalidate_caches()
    assert plugins.load(package, "first").NAME == "first"
    with pytest.raises(ConfigError, match=r"broken.py, line 2: .*choose one of"):
        plugins.load(package, "broken")
    with pytest.raises(ConfigError, match="lacking cannot be imported .*no_such_package"):
        plugins.load(package, "lacking")

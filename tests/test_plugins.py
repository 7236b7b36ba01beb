import pytest

from lightspeech import plugins
from lightspeech.errors import ConfigError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two plug-ins and one private module."""
    folder = tmp_path / "toy_plugins"
    folder.mkdir()
    for name in ("__init__", "_base", "second_one", "first"):
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "toy_plugins"


def test_every_public_module_is_a_plugin(package):
    assert plugins.names(package) == ["first", "second_one"]


@pytest.mark.parametrize("name", ["second_one", "second-one"])
def test_a_plugin_is_found_by_its_file_name(package, name):
    assert plugins.load(package, name).NAME == "second_one"


@pytest.mark.parametrize("name", ["frist", "_base", "", "os", "first.py", "../first"])
def test_another_name_lists_the_choices(package, name):
    with pytest.raises(
        ConfigError, match=r"in toy_plugins; choose one of \['first', 'second_one'\]"
    ):
        plugins.load(package, name)


@pytest.mark.parametrize("kind", ["corpora", "protocols", "models", "export", "cli"])
def test_every_kind_of_plugin_has_some(kind):
    assert plugins.names(f"lightspeech.{kind}")

"""What people write in recipes and behind ``--set`` is what they mean."""

from pathlib import Path

import pytest

from lightspeech import config, plain_yaml
from lightspeech.errors import ConfigError

NAMES = ("2024", "007", "1.10", "1e-3", "no", "yes", "on", "2024-11-05", "1:30", "0x1f", "1_000")


@config.config
class Study:
    name: str = ""
    root: config.NamedPath | None = None
    rate: float = 0.0
    count: int = 0
    wanted: bool = False


def typed(*assignments):
    return config.build(Study, config.override({}, list(assignments)))


def written(tmp_path, text):
    (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
    return config.build(Study, config.read_yaml(tmp_path / "r.yaml"))


@pytest.mark.parametrize("name", [*NAMES, "a: b", "x #2", "*", "- a", "ä%", "@home", "`"])
def test_a_name_is_what_was_typed(tmp_path, name):
    assert typed(f"name={name}").name == name
    assert written(tmp_path, f"name: '{name}'").name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_name_without_quotes_is_what_was_written(tmp_path, name):
    assert written(tmp_path, f"name: {name}").name == name


def test_a_folder_may_be_called_by_a_year(tmp_path):
    assert typed("root=2024").root == Path("2024") == written(tmp_path, "root: 2024").root


@pytest.mark.parametrize("text", ["1e-3", "0.001", "1.0e-03", ".001"])
def test_a_number_is_taken_from_whatever_spells_it(tmp_path, text):
    assert typed(f"rate={text}").rate == written(tmp_path, f"rate: {text}").rate == 0.001


def test_words_that_a_switch_knows_are_taken_by_it(tmp_path):
    assert all(typed(f"wanted={word}").wanted for word in ("true", "yes", "on"))
    assert not written(tmp_path, "wanted: no").wanted
    assert typed("count=007").count == 7


@pytest.mark.parametrize("text", ["null", "~", ""])
def test_nothing_is_nothing(text):
    assert typed(f"root={text}").root is None


def test_home_is_that_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    assert typed("root=~/speech").root == Path("/home/anna/speech")
    for quote in ("", "'", '"'):
        assert written(tmp_path, f"root: {quote}~/speech{quote}").root == Path("/home/anna/speech")


def test_lists_mappings_and_quotes_are_yaml():
    assert plain_yaml.value("[1, {a: '2', b: no}]") == [1, {"a": "2", "b": "no"}]
    assert plain_yaml.value("'null'") == "null"


def test_what_this_writes_is_read_as_it_was(tmp_path):
    import yaml

    values = {"names": [*NAMES, "a: b", "x #2"], "n": [1, -2, 0.5, 1e-5, 1e30], "none": None}
    read = plain_yaml.load(yaml.safe_dump(values, allow_unicode=True))
    assert read["names"] == values["names"]
    assert [float(n) for n in read["n"]] == values["n"]
    assert read["none"] is None


def test_a_key_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"r\.yaml: key 'rate' is there twice"):
        written(tmp_path, "rate: 1\nname: a\nrate: 2\n")


def test_a_value_that_needs_quotes_says_so(tmp_path):
    with pytest.raises(ConfigError, match="quote a value that holds ': '"):
        written(tmp_path, "name: a: b")

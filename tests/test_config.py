from dataclasses import FrozenInstanceError, field
from pathlib import Path
from typing import Annotated

import pytest

from lightspeech import config as configs
from lightspeech.config import Choice, config, plugin
from lightspeech.errors import ConfigError

MODELS = "lightspeech.models"


@config
class Inner:
    size: int = 3
    rate: float = 0.5

    def __post_init__(self):
        if self.size == 13:
            raise ConfigError("size must not be 13")


@config
class Outer:
    name: str
    inner: Inner = Inner()
    seeds: tuple[int, ...] = ()
    shares: dict[str, float] = field(default_factory=dict)
    more: tuple[Inner, ...] | None = None
    corpus: Annotated[Choice, plugin("lightspeech.protocols")]


GOOD = {"name": "a", "corpus": {"name": "grouped_k_fold", "folds": 3}}


def build(**changes):
    return configs.build(Outer, {**GOOD, **changes}, source="toy.yaml")


def test_values_are_checked_and_frozen():
    made = build(inner={"size": 4})
    assert (made.inner.size, made.corpus.name, made.corpus.config.folds) == (4, "grouped_k_fold", 3)
    with pytest.raises(FrozenInstanceError):
        made.name = "b"


def test_it_goes_to_plain_values_and_back():
    made = build()
    assert configs.build(Outer, configs.as_dict(made)) == made
    assert configs.as_dict(made)["corpus"]["name"] == "grouped_k_fold"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"naem": 1}, "naem: no such key, did you mean name? (got 1)"),
        ({"inner": {"siez": 1}}, "inner.siez: no such key, did you mean size? (got 1)"),
        ({"zzzz": 1}, "zzzz: no such key; choose of name, inner, seeds, shares, more, corpus"),
        ({"seeds": 1}, "seeds: expected a list, such as [1, 2] (got 1)"),
        ({"shares": {"room:0.1": None}}, "write a blank behind the colon: room: 0.1"),
        ({"more": [{"sise": 1}]}, "more.0.sise: no such key, did you mean size?"),
        ({"corpus": None}, "expected {name: …} with one of"),
        ({"inner": {"size": "x"}}, "inner.size: Input should be a valid integer"),
        ({"inner": {"size": 13}}, "inner: size must not be 13"),
        ({"corpus": {"name": "grouped_k_fold", "flods": 3}}, "corpus.flods: no such key"),
        ({"corpus": {"name": "grouped_k_fold", "folds": 1}}, "folds must be > 1"),
        ({"corpus": {"name": "grouped_k_flod"}}, "unknown name 'grouped_k_flod' in protocols"),
        ({"corpus": {"name": "grouped_k_flod"}}, "choose one of ['crema_d_pinned', 'everyone'"),
        ({"corpus": {"folds": 3}}, "expected {name: …} with one of ['crema_d_pinned'"),
        ({"corpus": 3}, "expected {name: …} with one of ['crema_d_pinned'"),
        ({"name": "x" * 999, "inner": "y" * 999}, "…"),
    ],
)
def test_a_fault_is_named_with_its_path_and_value(changes, fault):
    with pytest.raises(ConfigError) as caught:
        build(**changes)
    assert str(caught.value).startswith("toy.yaml: ")
    assert fault in str(caught.value)
    assert len(str(caught.value)) < 300


def test_all_faults_come_at_once():
    with pytest.raises(ConfigError) as caught:
        build(
            inner={"size": "x", "color": 1},
            corpus={"name": "grouped_k_fold", "folds": "y", "sede": 2},
            other=1,
        )
    for path in ("inner.size: ", "inner.color: ", "corpus.folds: ", "corpus.sede: ", "other: "):
        assert path in str(caught.value)


def test_a_plugin_by_its_name_alone_takes_its_defaults():
    assert (
        build(corpus="leave-one-out").corpus.config
        == build(corpus={"name": "leave_one_out"}).corpus.config
    )


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([], {"a": {"b": 1}, "c": 2}),
        (["a.b=5", "c=[1, 2]"], {"a": {"b": 5}, "c": [1, 2]}),
        (["a.d=null", "e.f.g=x"], {"a": {"b": 1, "d": None}, "c": 2, "e": {"f": {"g": "x"}}}),
        (["c=[{n: 1}]", "c.0.n=3"], {"a": {"b": 1}, "c": [{"n": 3}]}),
        (["c=a=b"], {"a": {"b": 1}, "c": "a=b"}),
    ],
)
def test_overrides_change_a_copy(assignments, expected):
    values = {"a": {"b": 1}, "c": 2}
    assert configs.override(values, assignments) == expected
    assert values == {"a": {"b": 1}, "c": 2}


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("epochs", "'epochs' is no override; write key.subkey=value"),
        ("c.d=1", "'d' is below a single value, not a mapping"),
        ("steps.1.name=b", "'1' is none of the 1 places of a list"),
        ("steps.name=b", "'name' is none of the 1 places of a list"),
        ("c=[1", "its value is not YAML; quote it"),
    ],
)
def test_an_override_that_is_none_says_what_to_write(assignment, message):
    with pytest.raises(ConfigError, match="override|mapping|YAML|list") as caught:
        configs.override({"c": 2, "steps": [{"name": "a"}]}, [assignment])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [1", "not valid YAML"),
        (b"a: 1\n b: 2", "not valid YAML"),
        (b"\xff\xfe\x00", "not valid YAML"),
        (b"- a\n- b", "expected a mapping of keys to values, found ['a', 'b']"),
        (b"", "expected a mapping of keys to values, found None"),
        (b"!!python/object/apply:os.system ['true']", "not valid YAML"),
        (b"a: " + b"9" * 5_000, "digits"),
        (b"a: !!timestamp soon", "not valid YAML"),
        (b"a: !!int ''", "not valid YAML"),
        (b"a: !!bool perhaps", "not valid YAML"),
        (b"a: &x [1]\nb: *x", "aliases such as *name are not read"),
        (b"a: " + b"[" * 5_000, "nested too deeply"),
        (b"#" * (1 << 20) + b"\na: 1", "characters; allowed are"),
    ],
)
def test_what_is_no_recipe_is_one_line(tmp_path, content, message):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        configs.read_yaml(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", [Path("nowhere/recipe.yaml"), Path()])
def test_a_recipe_that_cannot_be_read_says_so(path):
    with pytest.raises(ConfigError, match=r"cannot be read \(.+\); check the path"):
        configs.read_yaml(path)


@config
class Step:
    teacher: str
    weight: float = 0.7
    more: dict[str, int] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, {}), ({"weight": 0.0}, {"weight": 0.0}), ({"more": {"a": 1}}, {"more": {"a": 1}}),
     ({"weight": 0.7, "more": {}}, {})],
)  # fmt: skip
def test_what_is_not_the_default_is_told_a_zero_too(given, said):
    assert configs.changed(Step(teacher="t", **given)) == {"teacher": "t", **said}


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan", "inf", "nan", "Infinity", "1e999"])
def test_a_number_is_finite(text):
    values = configs.override({}, [f"rate={text}"])
    with pytest.raises(ConfigError, match="rate: "):
        configs.build(Inner, values)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without an end")
def test_a_file_without_an_end_is_refused():
    with pytest.raises(ConfigError, match=r"/dev/zero: cannot be read \(File too large\)"):
        configs.read_yaml(Path("/dev/zero"))


def test_a_number_of_thousands_of_digits_is_refused():
    with pytest.raises(ConfigError, match=r"'seed=9+…: its value is not YAML"):
        configs.override({}, ["seed=" + "9" * 5_000])


def test_what_is_no_object_where_one_must_be_is_named(tmp_path):
    path = tmp_path / "points.json"
    path.write_text('{"a": ["x"]}')
    with pytest.raises(ConfigError, match="points.json: a.0: .*'x'"):
        configs.read_json(dict[str, list[Inner]], path)

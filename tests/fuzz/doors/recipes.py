"""Recipes, overrides of them, and what else is typed behind options."""

import shutil
from pathlib import Path
from random import Random

import yaml
from mutations import as_yaml, encoded, odd_text
from soundfile import write
from typer.main import get_command

from doors import Door, command, linked
from doors.audio import RATE, speech
from lightspeech.cli import app
from lightspeech.studies import recipe as recipes
from lightspeech.studies import stages

RECIPES = Path(__file__).parents[3] / "recipes"
MODELS = ("lightspeech.models.int8", "lightspeech.models.whisper_lda", "torch_pruning")
ARGUMENTS = Path("arguments")
LABELS, SPEAKERS = ("happy", "sad"), ("anna", "ben", "cleo")
PATTERN = r"speaker_pattern=(\w+?)_"
"""That finds them."""
MAPPED = ("happy=glad", "sad=low")
GOOD = (
    ("predict", "data", "--bundle", "nano", "--json"),
    ("prepare", "folder", "--root", "data", "--set", PATTERN, "--output", "m.csv"),
    ("prepare", "csv", "--root", "table.csv", "--output", "m.csv"),
    ("leaks", "table.csv", "--protocol", "leave-one-out"),
    ("new", "data", "--set", PATTERN, "--map", "happy=glad", "--output", "n.yaml"),
    ("evaluate", "nano", "--manifest", "table.csv", "--labels", "common4"),
    ("export", "nano", "--format", "c99", "--bundles", "made"),
    ("boards", "nano", "--json"), ("card", "nano", "--output", "card.md"),
    ("calibrate", "data", "--output", "mine"), ("frontier", "--results", "data"),
    ("report", "data"), ("train", "data"), ("compress", "data"),
)  # fmt: skip
"""Commands that end by themselves, whatever they are given; some find no study, and refuse."""

WORDS = ("data", "data/sad/ben_1.wav", "table.csv", "nano", "folder", "csv", "out.csv", "out.json",
         "happy=sad", "path=path", "common4", "onnx", "c99", "1")  # fmt: skip
"""What may well stand behind an option."""


def _make(folder: Path) -> None:
    for path in RECIPES.glob("*.yaml"):
        shutil.copy(path, folder)


def _alone(rng: Random, good: Path, to: Path) -> None:
    """Spoil one recipe, and leave the others out."""
    file = rng.choice(sorted(good.iterdir()))
    (to / "recipe.yaml").write_bytes(as_yaml(rng, file.read_bytes()))


def _demo(good: Path, to: Path) -> None:
    shutil.copy(good / "demo.yaml", to / "recipe.yaml")


def _read(folder: Path) -> None:
    stages.check_model(recipes.read(folder / "recipe.yaml", []))


def _override(rng: Random, good: Path, to: Path) -> None:
    file = rng.choice(sorted(good.iterdir()))
    shutil.copy(file, to / "recipe.yaml")
    keys = list(_keys(yaml.safe_load(file.read_text())))
    typed = [f"{rng.choice(keys)}={odd_text(rng)}" for _ in range(rng.choice((1, 1, 3)))]
    if rng.random() < 0.1:
        typed.append(odd_text(rng))
    _type_in(to, typed)


def _type_in(folder: Path, words: list[str]) -> None:
    (folder / ARGUMENTS).write_bytes(b"\xff".join(map(encoded, words)))


def _no_override(good: Path, to: Path) -> None:
    _demo(good, to)
    _type_in(to, ["training.epochs=3", "seeds=[1, 2]"])


def _keys(tree: object, above: str = "") -> list[str]:
    """Name all places of a recipe, with dots between."""
    if isinstance(tree, dict):
        pairs = list(tree.items())
    else:
        pairs = list(enumerate(tree)) if isinstance(tree, list) else []
    inner = [key for name, each in pairs for key in _keys(each, f"{above}.{name}")]
    return [above.removeprefix("."), *inner]


def typed(folder: Path) -> list[str]:
    """Read arguments as a system hands them over: bytes that are no UTF-8 as halves."""
    content = (folder / ARGUMENTS).read_bytes().replace(b"\0", b"")
    return [each.decode("utf-8", "surrogateescape") for each in content.split(b"\xff")]


def _read_overridden(folder: Path) -> None:
    stages.check_model(recipes.read(folder / "recipe.yaml", typed(folder)))


def _make_corpus(folder: Path) -> None:
    make_labelled(folder / "data")
    rows = [f"data/{label}/{who}_1.wav,{label},{who}\n" for label in LABELS for who in SPEAKERS]
    (folder / "table.csv").write_text("path,label,speaker\n" + "".join(rows))


def make_labelled(folder: Path) -> None:
    """Write recordings of some speakers, in a folder a class."""
    for number, label in enumerate(LABELS):
        (folder / label).mkdir(parents=True)
        for who, name in enumerate(SPEAKERS):
            write(folder / label / f"{name}_1.wav", speech(0.2 + number / 10 + who / 50), RATE)


def _type(rng: Random, good: Path, to: Path) -> None:
    linked(good, to)
    name, *words = rng.choice(GOOD)
    options = [p for p in get_command(app).commands[name].params if p.opts[0].startswith("-")]
    for _ in range(rng.choice((0, 1, 1, 2))):
        words[rng.randrange(len(words))] = _word(rng)
    for option in rng.sample(options, min(len(options), rng.choice((0, 1, 1, 2)))):
        words += [option.opts[0], *([] if option.is_flag else [_word(rng)])]
    _type_in(to, [name, *words])


def _predict(good: Path, to: Path) -> None:
    linked(good, to)
    _type_in(to, ["predict", "data", "--bundle", "nano", "--json"])


def _word(rng: Random) -> str:
    if rng.random() < 0.5:
        return rng.choice(WORDS)
    return rng.choice(("", "happy=", "path=", "speaker_pattern=")) + odd_text(rng)


def _run(folder: Path) -> None:
    command(*typed(folder))


def _label(rng: Random, good: Path, to: Path) -> None:
    linked(good, to)
    words = [*MAPPED, PATTERN]
    for place in rng.sample(range(3), rng.choice((1, 1, 2, 3))):
        key, _, value = words[place].partition("=")
        odd = (f"{key}={odd_text(rng)}", f"{odd_text(rng)}={value}", odd_text(rng))
        words[place] = rng.choice(odd[:1] if place == 2 else odd)
    _type_in(to, words)


def _map_well(good: Path, to: Path) -> None:
    linked(good, to)
    _type_in(to, [*MAPPED, PATTERN])


def _map(folder: Path) -> None:
    *pairs, pattern = typed(folder)
    maps = [word for pair in pairs for word in ("--map", pair)]
    command("new", "data", *maps, "--set", pattern)


DOORS = [
    Door(name="recipe", share=4, make=_make, spoil=_alone, untouched=_demo, enter=_read,
         imports=MODELS),
    Door(name="override", share=3, make=_make, spoil=_override, untouched=_no_override,
         enter=_read_overridden, imports=MODELS),
    Door(name="options", share=1, make=_make_corpus, spoil=_type, untouched=_predict, enter=_run),
    Door(name="label map", share=1, make=_make_corpus, spoil=_label, untouched=_map_well,
         enter=_map),
]  # fmt: skip

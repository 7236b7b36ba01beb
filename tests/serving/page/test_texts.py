"""What the page says, and what it may load."""

import re
from importlib.resources import files

import pytest

from lightspeech.corpora import synthetic
from lightspeech.serving import site

PAGE = site.page()
TEXTS = PAGE["texts.js"].decode()
OWN = sorted(name for name in PAGE if name.endswith((".html", ".css", ".js")))


def test_its_languages_say_the_same_things():
    english, german = (
        re.findall(r'(?:^|, |    )(\w+): "', part) for part in TEXTS.split("  de: {")
    )
    assert english == german
    values = [re.findall(r"\{\w+\}", part) for part in TEXTS.split("  de: {")]
    assert sorted(values[0]) == sorted(values[1])


def test_every_text_is_there_and_is_used():
    known = set(re.findall(r'(?:^|, |    )(\w+): "', TEXTS.partition("  de: {")[0]))
    index = PAGE["index.html"].decode()
    used = set(re.findall(r'data-(?:text|name)="(\w+)"', index))
    assert used <= known
    code = "".join(
        PAGE[name].decode() for name in OWN if name.endswith(".js") and name != "texts.js"
    )
    own = {
        *synthetic.RULES,
        site.CONVERSATION,
        "whereHere",
        "whereThere",
        "consentHere",
        "consentThere",
    }
    assert known - used - own <= set(re.findall(r'"(\w+)"', code))


@pytest.mark.parametrize("name", OWN)
def test_it_loads_nothing_from_elsewhere(name):
    text = re.sub(r"^\s*(//|/?\*).*| // .*", "", PAGE[name].decode(), flags=re.M)
    assert "//" not in text


@pytest.mark.parametrize("name", [name for name in OWN if name.endswith(".js")])
def test_what_a_module_imports_is_there(name):
    for address in re.findall(r'from "\./(\S+)"', PAGE[name].decode()):
        assert f"{name.rpartition('/')[0]}/{address}".lstrip("/") in PAGE


def test_clips_are_made_and_not_recorded():
    assert not [
        file
        for file in files("lightspeech.serving").joinpath("page").iterdir()
        if file.name.endswith((".wav", ".flac", ".mp3"))
    ]
    assert len(site.clips()) == len(synthetic.RULES) + 1

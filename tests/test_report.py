"""The technical report builds from results/, and nobody typed a number into it."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "report"
LIBRARY = ("main", "read", "draw")
"""How the report looks and reads; what is said stands in the other files."""
CHAPTERS = sorted(path for path in FOLDER.glob("*.typ") if path.stem not in LIBRARY)
WORDS = re.compile(
    r"(?<![\w-])\d[\d.,]*|\b(?:three|four|five|six|seven|eight|nine|ten|twelve|hundred|thousand)\b"
)
NOT_SAID = re.compile(r'//[^\n]*|```.*?```|`[^`]*`|<[\w-]+>|@[\w-]+|"[^"\n]*"', re.DOTALL)
IN_CODE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.%]|pt|mm|em|fr)")
HARMLESS = {"0", "1", "2", "60", "100", "1000", "1000000"}
"""In code: places in lists, digits, units."""
STATEMENT = re.compile(r"#(?:let|set|show|import|include)\b")
NAMES = re.compile(r"\b3M-SER\b")
OPENING, CLOSING = "([{", ")]}"


def typed(chapter):
    """Numbers that somebody typed: any in prose, any in code but `HARMLESS` ones and lengths."""
    strings = re.findall(r'"([^"\n]*)"', re.sub(r"//[^\n]*|```.*?```|`[^`]*`", "", chapter))
    text = NOT_SAID.sub(" ", NAMES.sub(" ", chapter))
    prose, code = split(text)
    return [
        *WORDS.findall(prose),
        *(number for number in IN_CODE.findall(code) if number not in HARMLESS),
        *(string for string in strings if re.fullmatch(r"[+−-]?\d[\d.,]*\s*%?", string)),
    ]


def split(text):
    """Tell prose from code of Typst: code begins with # and ends with its expression or line."""
    prose, code, modes, at = [], [], ["prose"], 0
    while at < len(text):
        sign, mode = text[at], modes[-1]
        if mode == "prose" and sign == "#":
            modes.append("statement" if STATEMENT.match(text, at) else "expression")
        elif mode != "prose" and sign == "[":
            modes.append("prose")
        elif mode != "prose" and sign in OPENING:
            modes.append("brackets")
        elif sign in CLOSING and len(modes) > 1 and mode in ("brackets", "prose"):
            modes.pop()
        elif (mode == "statement" and sign == "\n") or (mode == "expression" and ends(text, at)):
            modes.pop()
            continue
        (prose if mode == "prose" else code).append(sign)
        at += 1
    return "".join(prose), "".join(code)


def ends(text, at):
    """Whether an expression such as ``uar("x").first()`` is over here."""
    return not re.match(r"[\w-]|\.\w", text[at : at + 2])


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_has_no_typed_number(chapter):
    assert typed(chapter.read_text()) == []


@pytest.mark.parametrize(
    ("chapter", "numbers"),
    [
        ('`micro` in int8 reaches 65.3 %, its teacher #uar("whisper") %', ["65.3"]),
        ("#figure(table[a][77.7])", ["77.7"]),
        ("of eight emotions", ["eight"]),
        ("#percent(0.653) of #{12}", ["0.653", "12"]),
        ('#text("65.3 %")', ["65.3 %"]),
        ('#let a = at("x", "y/0")\n#a.at(1) of C99, wav2vec2 @whisper2020', []),
    ],
)
def test_a_typed_number_is_found(chapter, numbers):
    assert typed(chapter) == numbers


@pytest.fixture(scope="module")
def typst():
    return pytest.importorskip("typst", reason="the report needs typst, of the extra 'dev'")


def test_the_report_is_built_of_ten_to_fifteen_pages(typst, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    import build

    assert build.build(tmp_path / "report" / "lightspeech.pdf") == []
    assert (tmp_path / "report" / "lightspeech.pdf").read_bytes().startswith(b"%PDF")
    pages = typst.query(build.MAIN, "<pages>", root=ROOT, field="value", one=True)
    assert 10 <= int(pages) <= 15


def test_words_that_the_results_do_not_bear_out_stop_the_build(typst):
    source = b'#import "/docs/report/read.typ": holds\n#holds(1 > 2)'
    with pytest.raises(typst.TypstError, match="no longer say"):
        typst.compile(source, root=ROOT)

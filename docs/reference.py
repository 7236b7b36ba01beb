"""Writes the API of lightspeech from its docstrings, as pages: python docs/reference.py FOLDER."""

import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

import pdoc
import pdoc.render
from jinja2 import pass_context
from jinja2.runtime import Context

import lightspeech

SOURCE = Path(__file__).parents[1] / "src"
LEFT_OUT = ("cli", "__main__")
"""The commands, which docs/commands.md has, and what runs when it is imported."""
PRIVATE = r"!.*\._"

TAGS = r"(?:<[^>]*>|\s)*"
TOKENS = ("numpy", ".", "ndarray", "[", "tuple", "[", "typing", ".", "Any", ",", "...", "]", ",")
TOKENS += ("numpy", ".", "dtype", "[")
ARRAY = re.compile(
    TAGS.join(map(re.escape, TOKENS))
    + rf"{TAGS}(?:numpy|typing){TAGS}\.{TAGS}(\w+){TAGS}\]{TAGS}\]"
)
"""An array type as Python spells it out, with the tags that colour it."""


@pass_context
def readable(context: Context, code: str, **options: Any) -> str:
    """Shorten array types to ``NDArray[float32]``; leave out folder and addresses of this run."""
    short = ARRAY.sub(r"NDArray[\1]", str(code)).replace(f"{SOURCE}/", "")
    return linkify(context, re.sub(" at 0x[0-9a-f]+", "", short), **options)


def modules() -> list[str]:
    """Name the package and each part of it; ``lightspeech.__all__`` says but what users need."""
    parts = [module.name for module in pkgutil.iter_modules(lightspeech.__path__)]
    named = [f"lightspeech.{part}" for part in parts if part not in LEFT_OUT]
    return ["lightspeech", *named, PRIVATE]


linkify = pdoc.render.env.filters["linkify"]

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pdoc.render.configure(docformat="google", show_source=False)
    pdoc.render.env.filters["linkify"] = readable
    pdoc.pdoc(*modules(), output_directory=Path(sys.argv[1]))

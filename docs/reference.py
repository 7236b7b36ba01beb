"""Writes the API of lightspeech from its docstrings, as pages: python docs/reference.py FOLDER."""

import re
import sys
from pathlib import Path
from typing import Any

import pdoc
import pdoc.render
from jinja2 import pass_context
from jinja2.runtime import Context

SOURCE = Path(__file__).parents[1] / "src"
MODULES = ("lightspeech", r"!lightspeech\.cli", r"!.*\._")
"""All that can be imported but the commands, which docs/commands.md has, and private modules."""

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


linkify = pdoc.render.env.filters["linkify"]

if __name__ == "__main__":
    pdoc.render.configure(docformat="google", show_source=False)
    pdoc.render.env.filters["linkify"] = readable
    pdoc.pdoc(*MODULES, output_directory=Path(sys.argv[1]))

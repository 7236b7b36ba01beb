"""Builds the technical report: python docs/report/build.py FILE.pdf, or page-{p}.png."""

import sys
from pathlib import Path

import typst

ROOT = Path(__file__).parents[2]
MAIN = Path(__file__).parent / "main.typ"
DOTS_PER_INCH = 80
"""Of pages as pictures, to be looked at."""


def build(output: Path) -> list[str]:
    """Read results/ and write the report, the same bytes each time.

    Args:
        output: a PDF, or PNG with ``{p}`` in its name, which becomes the number of the page.

    Returns:
        What the compiler warns of, a text each; nothing if all is well.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    _, warnings = typst.compile_with_warnings(
        MAIN, output=output, root=ROOT, format=output.suffix[1:], ppi=DOTS_PER_INCH
    )
    return [warning.message for warning in warnings]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if warnings := build(Path(sys.argv[1])):
        sys.exit("\n".join(warnings))

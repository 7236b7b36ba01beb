"""What an installation weighs: the files of lightspeech and of all that it needs, by extra.

Run by hand, in an environment that has the extra ``all``: ``python benchmarks/install.py``. Nothing
is installed: the packages are those here, followed from requirement to requirement.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lightspeech.config import as_dict
from lightspeech.evaluation import installs
from lightspeech.evaluation.installs import Installs, Weight
from lightspeech.files import write_json

ROOT = Path(__file__).parents[1]
RESULTS = Path("results")
EXTRAS = ("media", "litert-runtime", "report", "train", "all")
N_LARGEST = 3


def requirements(name: str) -> Iterable[str]:
    """List what a package asks for, lightspeech as its source says now."""
    if name != "lightspeech":
        return distribution(name).requires or ()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    named = [f"{text}; extra == '{extra}'" for extra in optional for text in optional[extra]]
    return [*project["dependencies"], *named]


def needed(name: str, extras: frozenset[str], found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Follow requirements; gives the extras of every package that is needed."""
    known = found.setdefault(canonicalize_name(name), set())
    if known >= extras and "" in known:
        return found
    known |= extras | {""}
    for text in requirements(name):
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in known):
            needed(requirement.name, frozenset(requirement.extras), found)
    return found


def weigh(name: str) -> int:
    """Sum the files of an installed package, in bytes; of lightspeech those of its source."""
    if name == "lightspeech":
        files = (ROOT / "src").rglob("*")
        return sum(p.stat().st_size for p in files if p.is_file() and p.suffix != ".pyc")
    paths = (Path(str(file.locate())) for file in distribution(name).files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def weight(extra: str) -> Weight:
    """Weigh lightspeech with an extra; empty: without any."""
    sizes = {name: weigh(name) for name in needed("lightspeech", frozenset({extra}), {})}
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:N_LARGEST]
    return Weight(size_bytes=sum(sizes.values()), packages=len(sizes), largest=dict(heaviest))


def main() -> None:
    """Weigh each extra, and write what was found."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    found = Installs(
        python=sys.version.split()[0],
        platform=sys.platform,
        core=weight(""),
        extras={extra: weight(extra) for extra in EXTRAS},
    )
    write_json(RESULTS / installs.PATH, as_dict(found))


if __name__ == "__main__":
    main()

"""Known weaknesses of the versions of constraints.txt, by a database that lies on this disk.

``python supply/audit.py FOLDER``: a copy of the Python Packaging Advisory Database
(github.com/pypa/advisory-database, OSV in YAML), which no command of ours fetches. The date told is
that of the newest advisory about any of them: what was found since, it does not know.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

import hashes
from lightspeech.files import write_json

RESULTS = Path(__file__).parents[1] / "results" / "reliability" / "audit.json"


def main() -> int:
    """Print a line for each advisory that a pinned version falls under; 1 where there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path, help="folder that holds vulns/")
    parser.add_argument("--output", type=Path, default=RESULTS, help="file of results")
    options = parser.parse_args()
    pins = pinned(hashes.CONSTRAINTS)
    advisories = [a for name in pins for a in _advisories(options.database / "vulns" / name)]
    if not advisories:
        parser.error(f"{options.database}: holds no advisory about any of {len(pins)} packages")
    found = sorted(
        f"{name}=={version}: {advisory['id']}"
        for name, version in pins.items()
        for advisory in advisories
        if is_affected(advisory, name, version)
    )
    values = {
        "newest_advisory": max(str(advisory["modified"]) for advisory in advisories)[:10],
        "packages": len(pins),
        "advisories": len(advisories),
        "found": found,
    }
    write_json(options.output, values)
    print(
        *found,
        f"{len(found)} found of {len(pins)} packages, by {len(advisories)} advisories, the newest "
        f"of {values['newest_advisory']}",
        sep="\n",
    )
    return int(bool(found))


def pinned(constraints: Path) -> dict[str, str]:
    """Read versions by name."""
    lines = constraints.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version.strip() for name, version in pairs}


def is_affected(advisory: dict[str, Any], name: str, version: str) -> bool:
    """Tell whether a version falls under an advisory, by its list of versions or by its ranges."""
    affected = [a for a in advisory["affected"] if canonicalize_name(a["package"]["name"]) == name]
    return any(
        version in map(str, each.get("versions", ()))
        or any(_is_within(r, version) for r in each.get("ranges", ()) if r["type"] == "ECOSYSTEM")
        for each in affected
    )


def _is_within(given: dict[str, Any], version: str) -> bool:
    """Walk the events of a range, in their order."""
    within = False
    for event in given["events"]:
        ((kind, at),) = event.items()
        reached = Version(version) >= Version(str(at))
        if kind == "introduced" and reached:
            within = True
        if (kind == "fixed" and reached) or (
            kind == "last_affected" and Version(version) > Version(str(at))
        ):
            within = False
    return within


def _advisories(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.yaml")):
        advisory = yaml.safe_load(file.read_text(encoding="utf-8"))
        if "withdrawn" not in advisory:
            yield advisory


if __name__ == "__main__":
    sys.exit(main())

"""What `lightspeech` stands on: packages that it and its extras bring, as installed here."""

import tomllib
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "lightspeech"
CORE, DEVELOPMENT = "core", "dev"
"""What comes without an extra, and the extra of those who change the code."""
PROJECT = Path(__file__).parents[1] / "pyproject.toml"
CARRIED = {
    "av": "FFmpeg: LGPL-3.0-or-later",
    "soundfile": "libsndfile, mpg123: LGPL-2.1-or-later",
    "sounddevice": "PortAudio: MIT",
}
"""What wheels bring beside their own code, which their metadata do not tell."""


@dataclass
class Package:
    """A package that is installed.

    Attributes:
        licence: as its metadata tell it, with what its wheel carries.
        extras: of lightspeech that bring it; ``core`` where it always comes.
        needs: names of the packages that it stands on itself.
    """

    name: str
    version: str
    licence: str
    extras: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)


def installed() -> dict[str, Package]:
    """List packages by name, each with what brings it; what is not installed is left out."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    wanted = {CORE: project["dependencies"], **project["optional-dependencies"]}
    found: dict[str, Package] = {}
    for extra in wanted:
        _walk(None, wanted[extra], extra, wanted, found, set())
    return dict(sorted(found.items()))


def _walk(
    above: Package | None,
    needs: list[str],
    brought_by: str,
    wanted: dict[str, list[str]],
    found: dict[str, Package],
    seen: set[str],
) -> None:
    """Note what some requirements bring, and all that these bring."""
    for need in map(Requirement, needs):
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        if need.name == ROOT:
            for extra in need.extras:
                _walk(None, wanted[extra], brought_by, wanted, found, seen)
            continue
        package = _package(canonicalize_name(need.name), found)
        if package is None:
            continue
        package.extras.add(brought_by)
        if above is not None:
            above.needs.add(package.name)
        if (key := f"{package.name}{sorted(need.extras)}") not in seen:
            seen.add(key)
            deeper = _needs(package.name, need.extras)
            _walk(package, deeper, brought_by, wanted, found, seen)


def _package(name: str, found: dict[str, Package]) -> Package | None:
    """Find a package, or add it; None where it is not installed."""
    if name not in found:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            return None
        found[name] = Package(name, about["Version"], licence(about))
    return found[name]


def _needs(name: str, extras: set[str]) -> list[str]:
    """List what a package needs on this machine, with some of its extras."""
    needs = [(Requirement(text), text) for text in metadata.requires(name) or []]
    return [
        text.partition(";")[0]
        for need, text in needs
        if not need.marker or any(need.marker.evaluate({"extra": e}) for e in ("", *extras))
    ]


def licence(about: "metadata.PackageMetadata") -> str:
    """Tell the licence of a package: its expression, else its classifiers, else its own words."""
    classifiers = about.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]
    known = " / ".join(name for name in names if name != "OSI Approved")
    words = (about.get("License") or "").strip().splitlines()
    own = about.get("License-Expression") or known or (words[0][:60] if words else "not told")
    carried = CARRIED.get(canonicalize_name(about["Name"]))
    return f"{own}; carries {carried}" if carried else str(own)

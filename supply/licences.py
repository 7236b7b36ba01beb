"""Licences of all that `lightspeech` stands on here: ``python supply/licences.py [--json]``."""

import json
import sys
from dataclasses import asdict

from packages import CORE, installed


def main() -> None:
    """Print a line a package: its licence, and which extras bring it."""
    packages = installed()
    if "--json" in sys.argv[1:]:
        print(json.dumps([asdict(package) for package in packages.values()], default=sorted))
        return
    for package in packages.values():
        brought_by = CORE if CORE in package.extras else ", ".join(sorted(package.extras))
        print(f"{package.name} {package.version}\t{package.licence}\t{brought_by}")


if __name__ == "__main__":
    main()

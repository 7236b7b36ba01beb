"""Bill of materials of a release, CycloneDX 1.6: ``python supply/sbom.py > sbom.json``.

Of what `lightspeech` stands on here, extras too; tools of development are left out.
"""

import json
import uuid

from hashes import read
from lightspeech import __version__
from packages import DEVELOPMENT, ROOT, Package, installed

NAMESPACE = uuid.NAMESPACE_URL
LICENCE = "Apache-2.0"


def bill() -> dict[str, object]:
    """Make the bill; the same packages give the same."""
    packages = {n: p for n, p in installed().items() if p.extras != {DEVELOPMENT}}
    hashes = read()
    components = [
        _component(p, hashes.get(f"{p.name}=={p.version}", ())) for p in packages.values()
    ]
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(Package(ROOT, __version__, LICENCE), ())},
        "components": components,
        "dependencies": [
            {
                "ref": _purl(p),
                "dependsOn": [_purl(packages[n]) for n in sorted(p.needs & {*packages})],
            }
            for p in packages.values()
        ],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(made, sort_keys=True))
    return {"serialNumber": f"urn:uuid:{serial}", **made}


def _component(package: Package, hashes: tuple[str, ...]) -> dict[str, object]:
    component: dict[str, object] = {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package.name,
        "version": package.version,
        "purl": _purl(package),
        "licenses": [{"license": {"name": package.licence}}],
    }
    if hashes:
        component["hashes"] = [{"alg": "SHA-256", "content": each} for each in hashes]
    return component


def _purl(package: Package) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


if __name__ == "__main__":
    print(json.dumps(bill(), indent=2))

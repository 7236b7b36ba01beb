"""What is shipped: dependencies with hashes and licences, models with checksums, equal wheels."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
STRONG = re.compile(r"(?<![L-])GPL|(?<!Lesser )General Public")
"""Licences under which a whole work falls."""
WITH_GPL: frozenset[str] = frozenset()
"""Extras that may bring a package under such a licence: none does."""
ADVISORY = {
    "id": "X-1", "modified": "2026-01-02T00:00:00Z",
    "affected": [{
        "package": {"name": "PyYAML"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
    }],
}  # fmt: skip


def run(script, *arguments):
    command = (sys.executable, ROOT / "supply" / script, *arguments)
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)


def pins(file):
    return dict(re.findall(r"^([\w.-]+)==([^\s+]+)", (ROOT / file).read_text(), re.MULTILINE))


def test_every_pinned_version_has_a_hash():
    def plain(versions):
        return {re.sub(r"[-_.]+", "-", name).lower(): v for name, v in versions.items()}

    pinned, hashed = plain(pins("constraints.txt")), plain(pins("constraints-hashed.txt"))
    assert pinned == hashed, "type: make hashes"
    lines = (ROOT / "constraints-hashed.txt").read_text().splitlines()
    assert all(re.fullmatch(r"#.*|\S+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_gpl_comes_with_named_extras_alone():
    packages = json.loads(run("licences.py", "--json").stdout)
    assert {"numpy", "onnxruntime", "soundfile"} <= {each["name"] for each in packages}
    brought = {x for p in packages if STRONG.search(p["licence"]) for x in p["extras"]}
    assert brought - {"all", "dev"} <= WITH_GPL


def test_the_bill_of_materials_names_all_and_is_the_same_again():
    first, again = run("sbom.py"), run("sbom.py")
    assert first.stdout == again.stdout, first.stderr
    bill = json.loads(first.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {each["name"] for each in bill["components"]}
    assert {"numpy", "soundfile", "onnxruntime"} <= names
    assert "ruff" not in names
    known = {each["bom-ref"] for each in bill["components"]}
    assert known >= {ref for each in bill["dependencies"] for ref in each["dependsOn"]}


@pytest.mark.parametrize(("fixed", "code"), [("99", 1), ("1.0", 0)])
def test_a_pinned_version_with_a_known_weakness_is_told(tmp_path, fixed, code):
    ADVISORY["affected"][0]["ranges"][0]["events"][1]["fixed"] = fixed
    file = tmp_path / "vulns" / "pyyaml" / "X-1.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(ADVISORY))
    ended = run("audit.py", tmp_path, "--output", tmp_path / "audit.json")
    assert ended.returncode == code, ended.stderr
    assert "the newest of 2026-01-02" in ended.stdout
    assert ("X-1" in ended.stdout) == bool(code)


def test_an_empty_database_is_no_audit(tmp_path):
    ended = run("audit.py", tmp_path, "--output", tmp_path / "audit.json")
    assert ended.returncode != 0
    assert not (tmp_path / "audit.json").exists()


def test_models_of_the_zoo_are_those_of_the_list():
    lines = (ROOT / "supply" / "zoo.sha256").read_text()
    run_again = "import checksums; print(checksums.lines(), end='')"
    ended = subprocess.run(
        [sys.executable, "-c", run_again], cwd=ROOT / "supply", capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert ended.stdout == lines, "type: python supply/checksums.py"
    assert lines.count("model") >= 6


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
def test_the_list_can_be_signed_and_a_changed_one_is_told(tmp_path):
    def keygen(*arguments, **options):
        command = ("ssh-keygen", *map(str, arguments))
        return subprocess.run(command, capture_output=True, check=False, **options)

    key, signed = tmp_path / "key", tmp_path / "zoo.sha256"
    shutil.copy(ROOT / "supply" / "zoo.sha256", signed)
    keygen("-q", "-t", "ed25519", "-N", "", "-f", key)
    (tmp_path / "signers").write_text(f"me {(tmp_path / 'key.pub').read_text()}")
    keygen("-Y", "sign", "-f", key, "-n", "lightspeech", signed)
    verify = ("-Y", "verify", "-f", tmp_path / "signers", "-I", "me", "-n", "lightspeech",
              "-s", f"{signed}.sig")  # fmt: skip
    content = signed.read_bytes()
    assert keygen(*verify, input=content).returncode == 0
    assert keygen(*verify, input=content + b"0").returncode != 0


BUILD = "import setuptools.build_meta as b, sys; sys.argv = ['build']; print(b.build_wheel('.'))"


def test_a_wheel_built_again_is_the_same(tmp_path):
    wheels = []
    for number in range(2):
        copy = tmp_path / str(number)
        ignored = shutil.ignore_patterns("*.egg-info", "__pycache__")
        shutil.copytree(ROOT / "src", copy / "src", ignore=ignored)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / name, copy / name)
        for path in copy.rglob("*.py"):
            os.utime(path, (1e9 + number, 1e9 + number))
        subprocess.run(
            [sys.executable, "-c", BUILD], cwd=copy, check=True, capture_output=True, umask=0o022,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        )  # fmt: skip
        (wheel,) = copy.glob("*.whl")
        wheels.append(wheel.read_bytes())
    assert wheels[0] == wheels[1]

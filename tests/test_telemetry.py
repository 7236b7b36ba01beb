"""Nobody is told that somebody was listened to: onnxruntime reports unless it is told not to."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    script
    for script in sorted([*ROOT.glob("examples/**/*.py"), *ROOT.glob("benchmarks/*.py")])
    if re.search(r"^\s*(import|from) onnxruntime", script.read_text("utf-8"), re.MULTILINE)
]
AT_IMPORT = """
import importlib, os, runpy, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            print("imported with", os.environ.get("ORT_DISABLE_TELEMETRY"))
            sys.exit()
sys.meta_path.insert(0, Watch())
"""
ANSWER = """
import os, sys, time
from lightspeech.cli import main
sys.argv = ["lightspeech", "predict", *sys.argv[1:]]
try:
    main()
finally:
    for _ in range(50):  # one that ends with its work may take a moment on a busy machine
        if len(threads := os.listdir("/proc/self/task")) == 1:
            break
        time.sleep(0.1)
    print(*threads, file=sys.stderr)
"""


def run(program, *arguments, **environment):
    # Without what this process has set already, since it has imported lightspeech.
    inherited = {key: text for key, text in os.environ.items() if "TELEMETRY" not in key}
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True,
        env={
            **inherited,
            "OPENBLAS_NUM_THREADS": "1",  # that of NumPy has threads of its own
            **{key: str(path) for key, path in environment.items()},
        },
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux lists them")
def test_an_answer_leaves_no_trace_and_no_thread_that_could_report(
    make_bundle, write_tone, tmp_path
):
    tone = write_tone(tmp_path / "tone.wav", seconds=0.5)
    home = tmp_path / "home"
    home.mkdir()
    ended = run(ANSWER, tone, "--bundle", make_bundle().path, HOME=home, TMPDIR=home)
    assert ended.returncode == 0, ended.stderr
    assert not list(home.rglob("*"))  # `.ses` and a database, where it reports
    assert len(ended.stderr.split()) == 1


@pytest.mark.parametrize("module", ["lightspeech.inference.backends.onnx", "lightspeech.cli"])
def test_the_package_switches_reports_off_before_onnxruntime_is_imported(module):
    ended = run(f"{AT_IMPORT}\nimportlib.import_module({module!r})\nimport onnxruntime")
    assert ended.stdout == "imported with 1\n", ended.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_that_imports_onnxruntime_itself_switches_reports_off(script):
    ended = run(f"{AT_IMPORT}\nrunpy.run_path({str(script)!r})")
    assert ended.stdout == "imported with 1\n", ended.stderr


def test_a_program_that_imported_it_first_is_warned():
    first = "import sys; sys.modules['onnxruntime'] = sys\n"
    assert "import lightspeech first" in run(first + "import lightspeech").stderr
    assert not run(first + "import lightspeech", ORT_DISABLE_TELEMETRY=1).stderr

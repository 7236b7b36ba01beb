import io
import sys
from dataclasses import dataclass

import pytest

from lightspeech import cli


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def lightspeech(monkeypatch, capsys):
    """Run a command as the console script does; gives exit code, stdout and stderr."""

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["lightspeech", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        if isinstance(code, str):  # sys.exit(text) prints it and ends with 1
            print(code, file=sys.stderr)
            code = 1
        return Ended(code or 0, *capsys.readouterr())

    return run


@pytest.fixture
def error_line():
    """Check that a command failed with one clear line, and give that line."""

    def check(ended):
        assert ended.code != 0
        [line] = ended.err.splitlines()
        assert line.startswith("error: ")
        return line

    return check

import logging
import os
import subprocess
import warnings

import pytest

from lightspeech.quiet import muted


def talk():
    print("python")
    os.write(1, b"compiled code\n")
    os.write(2, b"compiled code\n")
    subprocess.run(["echo", "a program"], check=True)
    warnings.warn("a warning", stacklevel=1)
    logging.getLogger("library").critical("a log")


def test_nothing_is_printed_inside_and_all_is_outside(capfd, recwarn):
    with muted():
        talk()
    assert capfd.readouterr() == ("", "")
    assert not recwarn
    print("after", flush=True)
    os.write(2, b"after\n")
    assert capfd.readouterr() == ("after\n", "after\n")
    assert not logging.root.manager.disable


def test_an_error_comes_out_and_the_streams_are_back(capfd):
    with pytest.raises(ValueError, match="reason"), muted():
        raise ValueError("reason")
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "after\n"

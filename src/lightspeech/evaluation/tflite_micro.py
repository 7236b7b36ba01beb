"""What TFLite Micro takes for an int8 network: the yardstick of the memory of generated C."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = "tflite_micro"
TOTAL = re.compile(r"Arena allocation total (\d+)")
TIMEOUT_S = 120
"""It may hang on what it cannot run, without a word."""
TELL = """
import sys
from pathlib import Path
from tflite_micro import runtime
model = Path(sys.argv[1]).read_bytes()
runtime.Interpreter.from_bytes(model, arena_size=1 << 24).print_allocations()
"""


def arena_bytes(model: Path) -> int | None:
    """Ask TFLite Micro, in a process of its own, how much memory a network needs.

    Args:
        model: a ``.tflite`` file.

    Returns:
        Bytes; None where it is not installed, or cannot run the network.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        return None
    command = [sys.executable, "-W", "ignore", "-c", TELL, str(model)]
    try:
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return None
    total = TOTAL.search(ended.stdout.decode(errors="replace"))
    return int(total[1]) if total else None

"""One input after the other in a process of its own, with limits on its memory and its time.

What is no answer and no error of ours is a failure: a trace, an end of the process, a wait without
end, too much memory, or a library's words on standard output.
"""

import contextlib
import os
import pickle
import resource
import select
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

from doors import Door

from lightspeech.errors import LightspeechError
from lightspeech.serving.protocol import Refused

MEMORY_BYTES = 1 << 30
"""That one input may take, beyond what the process has when it begins."""
PATIENCE_S = 10.0
"""Of processor that one input may take; the slowest takes a tenth."""
PATIENCE_WAITING_S = 600.0
"""That one input may take by the clock, on a machine that has others to do."""


UNTOUCHED = -1
"""Number of the input that is not spoilt."""


class Outcome(StrEnum):
    """How an input ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    TRACE = "trace"
    CRASH = "crash"
    HANG = "hang"
    MEMORY = "memory"
    NOISE = "noise"


GOOD = {Outcome.ANSWERED, Outcome.REFUSED}


@dataclass(frozen=True)
class Ended:
    """How one input ended, with what was said of it."""

    number: int
    outcome: Outcome
    seconds: float
    said: str = ""


def generator(seed: int, door: Door, number: int) -> Random:
    """Make the generator of one input: a name and two numbers give the same again."""
    return Random(f"{seed}/{door.name}/{number}")


def tried(
    door: Door, numbers: Sequence[int], *, seed: int, good: Path, scratch: Path
) -> Iterator[Ended]:
    """Give in one input after the other; a process that ends is followed by another."""
    left = list(numbers)
    while left:
        for ended in _child(door, tuple(left), seed, good, scratch):
            left.remove(ended.number)
            yield ended


def _child(
    door: Door, numbers: Sequence[int], seed: int, good: Path, scratch: Path
) -> Iterator[Ended]:
    """Fork, and tell how inputs ended, until all did, or the process did."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        _work(door, numbers, seed, good, scratch, writer)
    os.close(writer)
    try:
        yield from _watched(child, numbers, reader)
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _watched(child: int, numbers: Sequence[int], reader: int) -> Iterator[Ended]:
    for number in numbers:
        began = time.monotonic()
        if not _answers(child, reader):
            seconds = time.monotonic() - began
            yield Ended(number, Outcome.HANG, seconds, f"no end after {seconds:.0f} s")
            return
        size = os.read(reader, 4)
        if len(size) < 4:
            _, status = os.waitpid(child, 0)
            why = f"ended with {os.waitstatus_to_exitcode(status)}"
            yield Ended(number, Outcome.CRASH, time.monotonic() - began, why)
            return
        content = b""
        while len(content) < int.from_bytes(size, "little"):
            content += os.read(reader, int.from_bytes(size, "little") - len(content))
        yield pickle.loads(content)  # noqa: S301 (of our own process)


def _answers(child: int, reader: int) -> bool:
    """Wait until a child answers; not for ever, by its processor or by the clock."""
    began, used = time.monotonic(), _processor_s(child)
    while not select.select([reader], [], [], 0.5)[0]:
        late = time.monotonic() - began > PATIENCE_WAITING_S
        if late or _processor_s(child) - used > PATIENCE_S:
            return False
    return True


def _processor_s(child: int) -> float:
    """Tell the seconds of processor that a process and those that it waited for took."""
    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _work(
    door: Door, numbers: Sequence[int], seed: int, good: Path, scratch: Path, writer: int
) -> None:
    """Give in all inputs; ends the process."""
    try:
        warnings.simplefilter("ignore")
        door.setup()
        printed = _printed()
        _limit_memory()
        for number in numbers:
            content = pickle.dumps(_one(door, number, seed, good, scratch, printed))
            os.write(writer, len(content).to_bytes(4, "little") + content)
    finally:
        os._exit(0)


def _printed() -> int:
    """Send what compiled code prints to a file; give its descriptor."""
    printed = os.memfd_create("printed")
    os.dup2(printed, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return printed


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _one(door: Door, number: int, seed: int, good: Path, scratch: Path, printed: int) -> Ended:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    if number == UNTOUCHED:
        door.untouched(good, scratch)
    else:
        door.spoil(generator(seed, door, number), good, scratch)
    os.ftruncate(printed, 0)
    os.lseek(printed, 0, os.SEEK_SET)
    began = time.monotonic()
    with contextlib.chdir(scratch):
        outcome, said = _outcome(door, scratch)
    if outcome in GOOD and os.fstat(printed).st_size:
        outcome, said = Outcome.NOISE, os.pread(printed, 200, 0).decode(errors="replace")
    return Ended(number, outcome, time.monotonic() - began, said)


def _outcome(door: Door, scratch: Path) -> tuple[Outcome, str]:
    try:
        door.enter(scratch)
    except (LightspeechError, Refused) as error:
        return Outcome.REFUSED, str(error)
    except MemoryError:
        return Outcome.MEMORY, traceback.format_exc()
    except BaseException:
        return Outcome.TRACE, traceback.format_exc()
    return Outcome.ANSWERED, ""

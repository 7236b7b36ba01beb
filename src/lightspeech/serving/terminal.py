"""What is heard, drawn in a terminal: a level meter, a bar a label, and turns as they end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.live import Live
from rich.table import Table

from lightspeech.audio.samples import scaled
from lightspeech.inference.answers import NONE, Segment
from lightspeech.inference.live_stream import Kind, Update

LOWEST_DB = -60.0
WIDTH = 40
UNCERTAIN = "uncertain"
REFRESH_HZ = 10


def level_db(chunk: npt.NDArray[Any]) -> float:
    """Measure how loud sound is, in dB of full scale, `LOWEST_DB` at least.

    Args:
        chunk: shape ``(samples,)``, of any type of samples.
    """
    if not chunk.size:
        return LOWEST_DB
    power = float(np.mean(np.square(scaled(chunk))))
    return max(10 * float(np.log10(power + 1e-12)), LOWEST_DB)


def named(segment: Segment) -> str:
    """Name what is said of a segment: a label, ``uncertain``, or ``none``."""
    return UNCERTAIN if segment.uncertain else segment.label


def line(update: Update) -> str:
    """Tell an update in a line."""
    segment = update.segment
    likeliest = max(segment.probabilities.values())
    share = "" if segment.label == NONE else f" {likeliest:.0%}"
    return f"{segment.start_s:8.1f} {segment.end_s:8.1f}  {update.kind:<7}  {named(segment)}{share}"


class Summary:
    """What was heard in all, in flat memory."""

    def __init__(self) -> None:
        """Begin: nothing was heard."""
        self._seconds: dict[str, float] = {}
        self._n_turns = 0

    def take(self, update: Update) -> None:
        """Count an update."""
        if update.kind is Kind.TURN:
            self._n_turns += 1
        if update.kind is Kind.SEGMENT:
            segment = update.segment
            # The last segment of a short recording is about all of it: it replaces those before.
            if segment.start_s == 0:
                self._seconds.clear()
            name, seconds = named(segment), segment.end_s - segment.start_s
            self._seconds[name] = self._seconds.get(name, 0) + seconds

    def __str__(self) -> str:
        """Tell it in a line: seconds of each label, the longest first."""
        if not self._seconds:
            return "nothing was heard"
        total = sum(self._seconds.values())
        ranked = sorted(self._seconds.items(), key=lambda item: -item[1])
        shares = (f"{name} {seconds:.1f} s" for name, seconds in ranked)
        return f"heard {total:.1f} s, turns: {self._n_turns}; {', '.join(shares)}"


class Bars:
    """What rich draws again and again."""

    def __init__(self, labels: Sequence[str]) -> None:
        """Draw so many bars."""
        self._labels = labels
        self._level_db = LOWEST_DB
        self._segment: Segment | None = None

    def take(self, chunk: npt.NDArray[Any], updates: Sequence[Update]) -> None:
        """Take what is new.

        Args:
            chunk: what was heard, shape ``(samples,)``.
            updates: what was said of it.
        """
        self._level_db = level_db(chunk)
        for update in updates:
            if update.kind is Kind.NOW:
                self._segment = update.segment

    def __rich__(self) -> Table:
        """Give the picture of now."""
        table = Table.grid(padding=(0, 1))
        share = 1 - self._level_db / LOWEST_DB
        table.add_row("level", bar(share), f"{self._level_db:.0f} dB")
        segment = self._segment
        for label in self._labels:
            speaks = segment is not None and segment.label != NONE
            probability = segment.probabilities[label] if segment is not None and speaks else 0.0
            table.add_row(label, bar(probability), f"{probability:.0%}")
        table.add_row("", "waiting for speech" if segment is None else named(segment), "")
        return table


def bar(share: float) -> str:
    """Draw a share, 0 to 1, as `WIDTH` characters."""
    n_full = round(max(0.0, min(share, 1.0)) * WIDTH)
    return "█" * n_full + "·" * (WIDTH - n_full)


@contextmanager
def drawn(bars: Bars, console: Console) -> Iterator[Live]:
    """Draw while the block runs.

    Args:
        bars: what is drawn.
        console: where.
    """
    with Live(bars, console=console, refresh_per_second=REFRESH_HZ, transient=True) as live:
        yield live

"""What client and server say to each other: docs/serving.md in Python."""

import json
import math
import struct
from enum import StrEnum
from typing import Any, Literal

from lightspeech.audio import samples
from lightspeech.config import build, config
from lightspeech.errors import LightspeechError
from lightspeech.inference import answers
from lightspeech.inference.live_stream import Update

VERSION = 1
STAMP = struct.Struct("<d")
"""Before the samples of a chunk: when the first one was recorded, in seconds of any clock."""
LATEST_STAMP_S = 1e12


class Code(StrEnum):
    """Why something was refused."""

    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NO_SUCH_MODEL = "no_such_model"
    BAD_AUDIO = "bad_audio"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"
    TOO_SLOW = "too_slow"
    IDLE = "idle"
    FULL = "full"
    STOPPING = "stopping"
    INTERNAL = "internal"


HTTP_STATUS = {
    Code.BAD_REQUEST: 400, Code.UNAUTHORIZED: 401, Code.FORBIDDEN: 403, Code.NO_SUCH_MODEL: 404,
    Code.BAD_AUDIO: 422, Code.TOO_LARGE: 413, Code.TOO_LONG: 413, Code.TOO_FAST: 429,
    Code.TOO_SLOW: 408, Code.IDLE: 408, Code.FULL: 503, Code.STOPPING: 503, Code.INTERNAL: 500,
}  # fmt: skip
"""Of an answer over HTTP; a stream is closed with 4000 and this."""


class Refused(Exception):  # noqa: N818 (what the client did is the error)
    """The server does not do what a client asked.

    Args:
        code: why, for a program.
        message: why and what to do, for a person.
    """

    def __init__(self, code: Code, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """Of an answer over HTTP."""
        return HTTP_STATUS[self.code]

    def as_json(self) -> dict[str, Any]:
        """Tell it to a client."""
        return {"type": "error", "code": self.code.value, "message": str(self)}


@config
class Hello:
    """How a stream begins: what will be sent, and what is to be told."""

    type: Literal["hello"]
    sample_rate: int
    """Of the sound, in Hz; that of WebM tells its own."""
    encoding: Literal["s16", "f32", "mulaw", "opus"] = "s16"
    """Little-endian integers or floats, µ-law of telephones, or Opus in WebM."""
    channels: int = 1
    model: str | None = None
    smoothing: float = 0.0
    """Weight that the answer before keeps in ``now``, 0 to below 1."""
    turns: bool = True
    segments: bool = True
    token: str | None = None
    """Where it cannot stand in a header, as in browsers."""
    version: Literal[1] = 1


def hello(text: str) -> Hello:
    """Read how a stream begins.

    Raises:
        Refused: if it is no JSON object, or says something that cannot be.
    """
    values = message(text)
    try:
        greeting = build(Hello, values, source="hello")
        samples.check_rate(greeting.sample_rate, "hello")
        samples.check_channels(greeting.channels, "hello")
    except LightspeechError as error:
        raise Refused(Code.BAD_REQUEST, str(error)) from None
    return greeting


def message(text: str) -> dict[str, Any]:
    """Read a message that is a JSON object.

    Raises:
        Refused: if it is none.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise Refused(Code.BAD_REQUEST, "a message of text must be a JSON object")
    return values


def chunk(content: bytes) -> tuple[float, bytes]:
    """Read a chunk of sound: when it was recorded, in seconds, and its bytes.

    Raises:
        Refused: if there is no time, or none that can be.
    """
    if len(content) < STAMP.size:
        raise Refused(Code.BAD_REQUEST, f"a chunk begins with its time, {STAMP.size} bytes")
    (stamp_s,) = STAMP.unpack_from(content)
    if not math.isfinite(stamp_s) or abs(stamp_s) > LATEST_STAMP_S:
        raise Refused(Code.BAD_REQUEST, f"a chunk is of {stamp_s} s; give seconds of a clock")
    return stamp_s, content[STAMP.size :]


def told(update: Update, offset_s: float) -> dict[str, Any]:
    """Tell an update to a client.

    Args:
        update: of a live stream that began later than the client's.
        offset_s: seconds later.
    """
    record = answers.record(update.segment)
    for name in ("start_s", "end_s"):
        record[name] = round(record[name] + offset_s, 3)
    return {"type": update.kind.value, "at_s": round(update.at_s + offset_s, 3), **record}

"""``POST /v1/predict``: a file, whose bytes are the body, is answered as ``predict`` answers it.

No form of several parts: its parts have no limit, its file names lead anywhere, and what is large
is written to disk.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request

from lightspeech.errors import LightspeechError
from lightspeech.inference import answers
from lightspeech.inference.answers import Answer, Segment
from lightspeech.serving.protocol import Code, Refused
from lightspeech.serving.service import Service

FORM = "multipart/form-data"
KEYS = ("model", "whole", "each")
"""What may follow ``?`` in the address."""
PATIENCE = 4
"""Times the limit that is taken and thrown away: who is cut off while sending reads no answer."""


def check_keys(keys: Iterable[str]) -> None:
    """Refuse a parameter that there is not: a mistyped one would be answered as if it were none.

    Args:
        keys: what follows ``?`` in the address, without its values.

    Raises:
        Refused: if one is none of `KEYS`.
    """
    if unknown := next((key for key in keys if key not in KEYS), None):
        raise Refused(Code.BAD_REQUEST, f"{unknown}: no such key; choose of {', '.join(KEYS)}")


async def predict(
    service: Service, request: Request, model: str | None, *, whole: bool, each: bool
) -> dict[str, Any]:
    """Answer a file.

    Args:
        service: answers.
        request: its body is the file.
        model: name of the model; the first one where none is named.
        whole: one segment for all of it.
        each: a segment a hop, neighbours of one label too.

    Raises:
        Refused: if it is too large, too slow or no audio, or too many are answered already.
    """
    recognizer = service.recognizer(model)
    service.check_begins(service.n_uploads, service.limits.uploads, "uploads")
    service.n_uploads += 1
    try:
        content = await received(request, service.limits.upload_bytes, service.limits.receive_s)
        waveform, warnings = await service.decoders.decode(content, recognizer.sample_rate)
        work = partial(recognizer, waveform, sample_rate=recognizer.sample_rate, whole=whole)
        answer = await asyncio.get_running_loop().run_in_executor(service.threads, work)
    except LightspeechError as error:
        raise Refused(Code.BAD_AUDIO, str(error)) from None
    finally:
        service.n_uploads -= 1
    return {"model": recognizer.bundle.name, **told(answer, each=each), "warnings": warnings}


async def received(request: Request, limit: int, receive_s: float) -> bytes:
    """Take the body of a request.

    Args:
        request: whose body was not read.
        limit: bytes that are taken.
        receive_s: seconds in which it must come.

    Raises:
        Refused: if it is longer, slower, empty, or a form.
    """
    if request.headers.get("content-type", "").lower().startswith(FORM):
        raise Refused(
            Code.BAD_REQUEST, "send the file itself, not a form: curl --data-binary @speech.wav URL"
        )
    too_large = Refused(Code.TOO_LARGE, f"larger than {limit} bytes; cut it, or send a stream")
    told_bytes = request.headers.get("content-length", "0")
    if not told_bytes.isdecimal() or int(told_bytes) > PATIENCE * limit:
        raise too_large
    content, n_bytes = bytearray(), 0
    try:
        async with asyncio.timeout(receive_s):
            async for part in request.stream():
                n_bytes += len(part)
                if n_bytes <= limit:
                    content += part
                elif n_bytes > PATIENCE * limit:
                    break
    except TimeoutError:
        raise Refused(Code.TOO_SLOW, f"the file did not come in {receive_s:g} s") from None
    except ClientDisconnect:
        raise Refused(Code.BAD_REQUEST, "the client went away") from None
    if n_bytes > limit:
        raise too_large
    if not content:
        raise Refused(Code.BAD_REQUEST, "no file; its bytes are the body")
    return bytes(content)


def told(answer: Answer, *, each: bool) -> dict[str, Any]:
    """Tell an answer as JSON has it.

    Args:
        answer: of a recording.
        each: its hops as segments, neighbours of one label too.
    """
    whole = Segment(
        0.0, answer.duration_s, answer.label, answer.probabilities, answer.uncertain, answer.speech,
        answer.ratings,
    )  # fmt: skip
    segments = answer.hops if each else answer.segments
    return {**answers.record(whole), "segments": [answers.record(one) for one in segments]}

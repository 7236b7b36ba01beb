"""Decoding in processes of its own: what breaks a decoder, or takes for ever, breaks no server."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from typing import NamedTuple

import numpy as np

from lightspeech.audio.windows import Waveform
from lightspeech.serving import access, decoder
from lightspeech.serving.decoder import AUDIO, DONE, FAULT, FRAME, REQUEST, TOO_LONG, WARNING
from lightspeech.serving.limits import Limits
from lightspeech.serving.protocol import Code, Refused

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class Decoded(NamedTuple):
    """A file.

    Attributes:
        waveform: shape ``(samples,)``, −1…1.
        warnings: what its sender should know.
    """

    waveform: Waveform
    warnings: list[str]


class Decoders:
    """Some processes that decode files, one each at a time; one that fails is replaced."""

    def __init__(self, limits: Limits) -> None:
        """Begin with no process.

        Args:
            limits: how many, how much memory, how long.
        """
        self._limits = limits
        self._idle: asyncio.Queue[Process | None] = asyncio.Queue()
        for _ in range(limits.decoders):
            self._idle.put_nowait(None)

    async def start(self) -> None:
        """Start all, so that the first file does not wait."""
        for _ in range(self._limits.decoders):
            self._idle.get_nowait()
            self._idle.put_nowait(await started(self._limits))

    async def stop(self) -> None:
        """End all that are idle."""
        while not self._idle.empty():
            if process := self._idle.get_nowait():
                await end(process)

    async def decode(self, content: bytes, sample_rate: int) -> Decoded:
        """Decode a file.

        Args:
            content: of the file.
            sample_rate: that is wanted, in Hz.

        Raises:
            Refused: if it is no audio, too long, or takes too much time or memory.
        """
        process = await self._idle.get()
        kept = None
        try:
            if process is None or process.returncode is not None:  # it ended while it was idle
                process = await started(self._limits)
            async with asyncio.timeout(self._limits.decode_s):
                decoded = await self._decode(process, content, sample_rate)
            kept = process
            return decoded
        except _Answered as answered:
            kept = process
            raise answered.refused from None
        except (TimeoutError, OSError, EOFError):
            raise Refused(
                Code.BAD_AUDIO, "decoding took too much time or memory; give WAV or FLAC"
            ) from None
        finally:
            if kept is None and process is not None:
                await end(process)
            self._idle.put_nowait(kept)

    async def _decode(self, process: Process, content: bytes, sample_rate: int) -> Decoded:
        assert process.stdin
        request = REQUEST.pack(len(content), sample_rate, self._limits.duration_s)
        process.stdin.writelines((request, content))
        blocks, warnings = [], []
        async for kind, answer in frames(process):
            if kind == AUDIO:
                blocks.append(np.frombuffer(answer, np.float32))
            elif kind == WARNING:
                warnings.append(answer.decode())
            elif kind == TOO_LONG:
                limit_s = self._limits.duration_s
                raise _Answered(
                    Refused(Code.TOO_LONG, f"longer than {limit_s:g} s; cut it, or send a stream")
                )
            elif kind == FAULT:
                raise _Answered(Refused(Code.BAD_AUDIO, answer.decode()))
        await process.stdin.drain()
        return Decoded(np.concatenate(blocks), warnings)


class _Answered(Exception):  # noqa: N818 (the decoder is well)
    """The decoder itself said what is wrong."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused


async def started(limits: Limits, *arguments: str) -> Process:
    """Start a decoder.

    Args:
        limits: of its memory.
        arguments: for it.
    """
    command = (sys.executable, "-m", decoder.__name__, str(limits.decode_bytes), *arguments)
    environment = {**os.environ, **ONE_THREAD}
    environment.pop(access.TOKEN, None)  # a decoder need not know it
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
    )


async def frames(process: Process) -> AsyncIterator[tuple[bytes, bytes]]:
    """Give what a decoder answers, until it is done.

    Args:
        process: a decoder.

    Yields:
        Kind and content.
    """
    assert process.stdout
    kind = b""
    while kind not in (DONE, FAULT, TOO_LONG):
        kind, n_bytes = FRAME.unpack(await process.stdout.readexactly(FRAME.size))
        yield kind, await process.stdout.readexactly(n_bytes)


async def end(process: Process) -> None:
    """End a decoder at once."""
    if process.returncode is None:
        process.kill()
    await process.wait()

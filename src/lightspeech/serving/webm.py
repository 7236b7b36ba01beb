"""Opus in WebM, as browsers record it: a process of its own decodes it while it comes."""

import asyncio
from asyncio.subprocess import Process

import numpy as np

from lightspeech.serving import decoding
from lightspeech.serving.decoder import AUDIO, FAULT, LIVE, LIVE_RATE
from lightspeech.serving.inbox import Inbox
from lightspeech.serving.limits import Limits
from lightspeech.serving.protocol import Code, Refused


class Webm:
    """One WebM that is still being recorded."""

    def __init__(self, process: Process, inbox: Inbox, limits: Limits) -> None:
        """Take a decoder for it.

        Args:
            process: was started for live sound.
            inbox: where the sound goes.
            limits: how long the decoder may take.
        """
        self._process, self._inbox, self._limits = process, inbox, limits
        self._stamp_s: float | None = None

    @classmethod
    async def start(cls, inbox: Inbox, limits: Limits) -> "Webm":
        """Start a decoder.

        Args:
            inbox: where the sound goes.
            limits: how much memory, how long.
        """
        return cls(await decoding.started(limits, LIVE), inbox, limits)

    async def feed(self, stamp_s: float, content: bytes) -> None:
        """Take what came; what it decodes to follows the sound of the first without a gap.

        Args:
            stamp_s: when it was recorded, in seconds of the client's clock.
            content: of any length.

        Raises:
            Refused: if the decoder does not take it.
        """
        assert self._process.stdin
        self._stamp_s = stamp_s if self._stamp_s is None else self._stamp_s
        self._process.stdin.write(content)
        try:
            async with asyncio.timeout(self._limits.decode_s):
                await self._process.stdin.drain()
        except (TimeoutError, OSError):
            raise Refused(Code.BAD_AUDIO, "this WebM does not decode in time") from None

    async def pump(self) -> None:
        """Put what is decoded into the inbox, to the end.

        Raises:
            Refused: if it is no WebM with sound, or cannot be.
        """
        n_samples = 0
        try:
            async for kind, content in decoding.frames(self._process):
                if kind == FAULT:
                    raise Refused(Code.BAD_AUDIO, content.decode())
                if kind == AUDIO:
                    samples = np.frombuffer(content, np.float32)[:, None]
                    stamp_s = (self._stamp_s or 0.0) + n_samples / LIVE_RATE
                    n_samples += len(samples)
                    self._inbox.put(stamp_s, samples, LIVE_RATE)
        except EOFError:
            raise Refused(Code.BAD_AUDIO, "this WebM takes too much to decode") from None

    def finish(self) -> None:
        """Tell the decoder that no more comes."""
        assert self._process.stdin
        self._process.stdin.close()

    async def end(self) -> None:
        """End the decoder at once."""
        await decoding.end(self._process)

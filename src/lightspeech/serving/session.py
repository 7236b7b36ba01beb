"""One stream of one client: sound that came, what is said of it, in the time of the client."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from lightspeech.errors import LightspeechError
from lightspeech.inference.live_stream import Kind, Update
from lightspeech.inference.recognizer import Recognizer
from lightspeech.serving.inbox import GAP_S, Chunk, Dropped, Inbox
from lightspeech.serving.protocol import Code, Hello, Refused, told


class Message(NamedTuple):
    """What is to be sent to a client.

    Attributes:
        content: of JSON.
        came_s: when the sound that it is about came, in seconds of the server's clock; None where
            it is about none.
    """

    content: dict[str, Any]
    came_s: float | None = None


class Session:
    """A stream that is open.

    Attributes:
        inbox: sound that waits.
        outbox: what is to be sent; an error or ``end`` is the last of it.
        ends: the client said that no more comes.
        is_idle: nothing came since this was set.
    """

    def __init__(
        self, recognizer: Recognizer, hello: Hello, inbox: Inbox, sample_rate: int, channels: int
    ) -> None:
        """Begin.

        Args:
            recognizer: answers.
            hello: what the client asked for.
            inbox: its own.
            sample_rate: of the samples, in Hz.
            channels: of the samples.

        Raises:
            Refused: if the client asked for what cannot be.
        """
        self.inbox, self.sample_rate = inbox, sample_rate
        self.outbox: asyncio.Queue[Message] = asyncio.Queue()
        self.ends = self.is_idle = False
        self._tells_segments = hello.segments
        self._offset_s = self._heard_s = 0.0  # where this live stream began, and what it heard
        try:
            self._live = recognizer.live(
                sample_rate, channels, smoothing=hello.smoothing, turns=hello.turns
            )
        except LightspeechError as error:
            raise Refused(Code.BAD_REQUEST, str(error)) from None

    def hear(self, items: Sequence[Chunk | Dropped], *, ends: bool) -> list[Message]:
        """Hear what was taken of the inbox, in any one thread at a time.

        Where sound is missing a new recording begins: no window ever spans a gap.

        Args:
            items: in their order.
            ends: no more comes.

        Returns:
            What is to be said; ``end`` or an error is the last.
        """
        messages: list[Message] = []
        try:
            for item in items:
                messages += self._hear(item)
        except LightspeechError as error:
            refused = Refused(Code.BAD_AUDIO, str(error))
            return [*messages, Message(refused.as_json())]
        if ends:
            messages += self._flush()
            heard = {"heard_s": round(self.inbox.taken_s, 3)}
            dropped = {"dropped_s": round(self.inbox.dropped_s, 3)}
            messages.append(Message({"type": "end", **heard, **dropped}))
        return messages

    def _hear(self, item: Chunk | Dropped) -> list[Message]:
        if isinstance(item, Dropped):
            times = {"start_s": round(item.start_s, 3), "end_s": round(item.end_s, 3)}
            return [Message({"type": "dropped", **times})]
        messages: list[Message] = []
        if abs(item.start_s - self._offset_s - self._heard_s) > GAP_S:
            messages = self._flush()
            self._offset_s, self._heard_s = item.start_s, 0.0
        self._heard_s += item.duration_s
        return messages + self._told(self._live.feed(item.samples), item.came_s)

    def _flush(self) -> list[Message]:
        return self._told(self._live.flush())

    def _told(self, updates: Sequence[Update], came_s: float | None = None) -> list[Message]:
        return [
            Message(told(update, self._offset_s), came_s)
            for update in updates
            if self._tells_segments or update.kind is not Kind.SEGMENT
        ]

"""How much one client, and all of them, may ask of a server."""

from collections.abc import Sequence

from lightspeech.config import build, config
from lightspeech.errors import ConfigError


@config
class Limits:
    """What a server takes; what is beyond is refused with a code of `protocol.Code`.

    Raises:
        ValueError: if one is not above zero.
    """

    upload_bytes: int = 25_000_000
    """Of a file."""
    receive_s: float = 60.0
    """Seconds in which a file must have come."""
    duration_s: float = 600.0
    """Seconds of sound that a file may decode to, however small it is."""
    decode_s: float = 30.0
    """Seconds that decoding may take."""
    decode_bytes: int = 1 << 30
    """Memory that decoding may take beyond what an idle decoder has; Linux alone keeps it."""
    decoders: int = 2
    """Processes that decode uploads."""
    uploads: int = 16
    """Files that may be received, or wait for an answer, at once."""
    streams: int = 256
    """Streams that may be open at once."""
    compressed_streams: int = 16
    """Of these in WebM: each has a process that decodes it."""
    stream_s: float = 4 * 3600.0
    """Seconds of sound of a stream."""
    byte_rate: int = 1_536_000
    """Bytes a second of sound that is not compressed: two channels of floats at 192 kHz."""
    message_bytes: int = 1 << 18
    """Of a message of a stream."""
    hello_s: float = 5.0
    """Seconds in which a connection must ask for something, and a stream say what it is."""
    idle_s: float = 30.0
    """Seconds that a stream may be silent: no message at all."""
    send_s: float = 5.0
    """Seconds in which a client must take what is sent."""
    age_s: float = 2.0
    """Seconds after which sound is too old to be heard: it is dropped, and the client told."""
    ahead_s: float = 5.0
    """Seconds that a stream may be ahead of the clock."""
    drain_s: float = 10.0
    """Seconds that the server takes to end what it has begun."""

    def __post_init__(self) -> None:
        """Refuse what would take nothing at all."""
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"{name} must be above 0, found {value}")


def parsed(options: Sequence[str]) -> Limits:
    """Read limits as they are typed.

    Args:
        options: ``NAME=VALUE`` each.

    Raises:
        ConfigError: if one is no such text, unknown, or not above zero.
    """
    values = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise ConfigError(f"--limit {option!r}; give NAME=VALUE, as streams=500")
        values[name] = value
    return build(Limits, values, source="--limit")

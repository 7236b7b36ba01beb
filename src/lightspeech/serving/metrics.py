"""What a server counts, for Prometheus: how much, how fast, how often in vain; never what."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

LAG_S = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.5)
"""Bounds of the histogram of answers, in seconds."""


class Metrics:
    """Counters of one server."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        """Begin at zero."""
        self._registry = CollectorRegistry()
        registry = self._registry
        self.streams = Gauge("lightspeech_streams", "Streams that are open.", registry=registry)
        self.heard = Counter(
            "lightspeech_heard_seconds", "Sound of streams that was heard.", registry=registry
        )
        self.dropped = Counter(
            "lightspeech_dropped_seconds", "Sound of streams that came too late.", registry=registry
        )
        self.messages = Counter(
            "lightspeech_messages", "Sent to clients, by type.", ["type"], registry=registry
        )
        self.uploads = Counter(
            "lightspeech_uploads", "Files, by what became of them.", ["outcome"], registry=registry
        )
        self.refused = Counter(
            "lightspeech_refused", "Streams refused or ended, by code.", ["code"], registry=registry
        )
        self.lag = Histogram(
            "lightspeech_answer_lag_seconds", "From sound to its answer.", buckets=LAG_S,
            registry=registry,
        )  # fmt: skip

    def text(self) -> bytes:
        """Give them as Prometheus reads them."""
        return generate_latest(self._registry)

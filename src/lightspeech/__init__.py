"""Emotional speech to models of tens of kilobytes, honestly measured.

``lightspeech.load()`` opens a model, which answers files, arrays and streams; docs/python.md.
"""

import importlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

from lightspeech.errors import (
    AudioError,
    BundleError,
    ConfigError,
    CorpusError,
    LeakError,
    LightspeechError,
    LightspeechWarning,
    MissingExtra,
    MissingTool,
    OutputError,
    ServerError,
    StudyError,
    WorkerError,
)

if TYPE_CHECKING:
    from lightspeech.audio.reading import Channel, channels, read_audio
    from lightspeech.inference.answers import Answer, Segment
    from lightspeech.inference.live_stream import LiveStream, Update
    from lightspeech.inference.recognizer import Recognizer, load
    from lightspeech.inference.stream import Stream

__version__ = "0.1.0"

if "onnxruntime" in sys.modules and os.environ.get("ORT_DISABLE_TELEMETRY") != "1":
    warnings.warn(
        "onnxruntime was imported before lightspeech, and reports to its vendor; import "
        "lightspeech first, or set ORT_DISABLE_TELEMETRY=1",
        stacklevel=2,
    )
# Libraries read these once, as they are imported, and processes started later inherit them: nobody
# is told that somebody was listened to.
os.environ |= {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
}

__all__ = [
    "Answer",
    "AudioError",
    "BundleError",
    "Channel",
    "ConfigError",
    "CorpusError",
    "LeakError",
    "LightspeechError",
    "LightspeechWarning",
    "LiveStream",
    "MissingExtra",
    "MissingTool",
    "OutputError",
    "Recognizer",
    "Segment",
    "ServerError",
    "Stream",
    "StudyError",
    "Update",
    "WorkerError",
    "__version__",
    "channels",
    "load",
    "read_audio",
]

_HOMES = {
    "Answer": "inference.answers",
    "Channel": "audio.reading",
    "LiveStream": "inference.live_stream",
    "Recognizer": "inference.recognizer",
    "Segment": "inference.answers",
    "Stream": "inference.stream",
    "Update": "inference.live_stream",
    "channels": "audio.reading",
    "load": "inference.recognizer",
    "read_audio": "audio.reading",
}
"""Modules that are imported once their names are used: `import lightspeech` takes no time."""


if not TYPE_CHECKING:  # which would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})

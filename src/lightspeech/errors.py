"""Every error a user can cause or meet.

LightspeechError
├── ConfigError      a recipe or an option says something that cannot be
├── CorpusError      recordings are missing, or not what the reader expects
├── AudioError       one audio file cannot be decoded
├── LeakError        training and test share what they must not share
├── BundleError      an exported model is damaged, or of another version
├── StudyError       a training did not come to its end
├── OutputError      a result cannot be written
└── MissingExtra     a feature needs an optional dependency
"""


class LightspeechError(Exception):
    """Base of all: its message says what was found, what was allowed, and what to do."""


class ConfigError(LightspeechError, ValueError):
    """A recipe or an option says something that cannot be.

    Also a `ValueError`, so that what a config class checks itself is reported with its path.
    """


class CorpusError(LightspeechError):
    """Recordings are missing, or are not what the reader expects."""


class AudioError(LightspeechError):
    """One audio file cannot be decoded."""


class LeakError(LightspeechError):
    """Training and test share a speaker, a dialogue, a recording or an augmented child."""


class BundleError(LightspeechError):
    """An exported model is damaged, incomplete or of another version."""


class StudyError(LightspeechError):
    """A training did not come to its end."""


class OutputError(LightspeechError):
    """A result cannot be written."""


class MissingExtra(LightspeechError):  # noqa: N818 (named for what is missing)
    """A feature needs an optional dependency.

    Args:
        feature: what the user asked for, as the subject of a sentence.
        extra: name of the extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        """Say what to type."""
        super().__init__(f"{feature} needs an extra; type: pip install 'lightspeech[{extra}]'")

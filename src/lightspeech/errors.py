"""Every error a user can cause or meet.

LightspeechError
├── ConfigError      a recipe or an option says something that cannot be
├── CorpusError      recordings are missing, or not what the reader expects
├── AudioError       a recording cannot be decoded, or is no waveform
├── LeakError        training and test share what they must not share
├── BundleError      an exported model is damaged, or of another version
├── StudyError       a training did not come to its end
├── WorkerError      a process that worked for this one ended
├── OutputError      a result cannot be written
├── ServerError      a server refuses, or is not there
├── MissingExtra     a feature needs an optional dependency
└── MissingTool      a feature needs a program that no Python package brings
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
    """A recording cannot be decoded, or is no waveform."""


class LeakError(LightspeechError):
    """Training and test share a speaker, a dialogue, a recording or an augmented child."""


class BundleError(LightspeechError):
    """An exported model is damaged, incomplete or of another version."""


class StudyError(LightspeechError):
    """A training did not come to its end."""


class WorkerError(LightspeechError):
    """A process that worked for this one ended before its work did."""


class OutputError(LightspeechError):
    """A result cannot be written."""


class ServerError(LightspeechError):
    """A server refuses what it was asked, or is not there."""


class LightspeechWarning(UserWarning):
    """What a user should know, though it stops nothing; the command line prints it on stderr."""


class MissingExtra(LightspeechError):  # noqa: N818 (named for what is missing)
    """A feature needs an optional dependency.

    Args:
        feature: what the user asked for, as the subject of a sentence.
        extra: name of the extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        """Keep both, since a worker process hands an error on as its arguments."""
        super().__init__(feature, extra)

    def __str__(self) -> str:
        """Say what to type."""
        feature, extra = self.args
        return f"{feature} needs an extra; type: {_pip_install(extra)}"


def _pip_install(extra: str) -> str:
    """Say how an extra is added to this very copy, which no package index need have.

    A checkout names itself, whatever was built of it or runs in it; what else pip installed from a
    folder or a URL names that.
    """
    import json
    from importlib import metadata
    from pathlib import Path

    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").is_file():
        return f"pip install -e '{checkout}[{extra}]'"
    try:
        origin = metadata.distribution("lightspeech").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        origin = None
    described = json.loads(origin or "{}")
    if "url" not in described:
        return f"pip install 'lightspeech[{extra}]'"
    version_control = described.get("vcs_info", {}).get("vcs")
    url = f"{version_control}+{described['url']}" if version_control else described["url"]
    return f"pip install 'lightspeech[{extra}] @ {url}'"


class MissingTool(LightspeechError):  # noqa: N818 (named for what is missing)
    """A feature needs a program that no Python package brings.

    Args:
        tool: name of the program.
        package: that brings it on Debian and Ubuntu.
    """

    def __init__(self, tool: str, package: str) -> None:
        """Keep both, since a worker process hands an error on as its arguments."""
        super().__init__(tool, package)

    def __str__(self) -> str:
        """Say what to type."""
        tool, package = self.args
        return f"{tool} is not installed; type: apt install {package}"

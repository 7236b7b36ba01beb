"""What spoilt files and kills did, as ``make fuzz`` and ``make kills`` count it."""

from importlib import metadata
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lightspeech import __version__
from lightspeech.config import config, read_json

FUZZ, KILLS = Path("reliability/fuzz.json"), Path("reliability/kills.json")
"""Below the folder of all results."""
READERS = (
    "av", "ai-edge-litert", "executorch", "onnxruntime", "pydantic", "python-calamine", "pyyaml",
    "safetensors", "soundfile", "torch", "transformers",
)  # fmt: skip
"""Packages that read what somebody else wrote."""
Number = Annotated[int, Field(ge=0)]


@config
class Tried:
    """How the inputs of one door ended."""

    answered: Number
    """What was spoilt did no harm."""
    refused: Number
    """By an error of ours."""
    trace: Number
    """An error that is none of ours."""
    crash: Number
    """The process ended."""
    hang: Number
    """No end within the limit."""
    memory: Number
    """More than the limit was asked for."""
    noise: Number
    """A library printed to standard output."""

    @property
    def inputs(self) -> int:
        """How many there were."""
        return self.answered + self.refused + self.failed

    @property
    def failed(self) -> int:
        """Those that ended as none may."""
        return self.trace + self.crash + self.hang + self.memory + self.noise


@config
class Fuzzed:
    """All inputs of one seed."""

    seed: int
    doors: dict[str, Tried]
    """By what was spoilt."""
    versions: dict[str, str]
    """Of lightspeech and of what reads for it."""
    memory_bytes: int
    """That one input may take, beyond what the process has."""
    processor_s: float
    """Likewise, seconds."""


@config
class Killed:
    """One command, killed at random moments and begun again."""

    moments: Number
    equal: Number
    """Ended with the very bytes that it leaves undisturbed."""
    half_written: Number
    """Left a file that is not whole, or one that nobody asked for."""
    latest_s: float
    """The latest moment of a kill, in seconds from the beginning."""


@config
class Kills:
    """All commands of one seed."""

    seed: int
    commands: dict[str, Killed]
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """Tell the versions of lightspeech and of what reads for it here."""
    there = {each.name.lower(): each.version for each in metadata.distributions()}
    return {"lightspeech": __version__, **{name: there[name] for name in READERS if name in there}}


def read_fuzzed(root: Path) -> Fuzzed:
    """Read how spoilt files ended.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if it does not hold what it should.
    """
    return read_json(Fuzzed, root / FUZZ)


def read_kills(root: Path) -> Kills:
    """Read what kills left.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if it does not hold what it should.
    """
    return read_json(Kills, root / KILLS)

"""How fast recipes train, as ``benchmarks/training.py`` measures: whole batches, or one by one."""

from pathlib import Path

from lightspeech.config import config, read_json

PATH = Path("benchmarks/training.json")
"""Below the folder of all results."""


@config
class Speed:
    """One recipe, on one thread."""

    n_params: int
    n_utterances: int
    """That an epoch trains on."""
    epoch_s: float
    """As the command trains."""
    loader_epoch_s: float | None = None
    """With utterances bent one by one in a loader; null: not timed."""
    batches_utterances_per_s: int
    """Made ready, without a training."""
    loader_utterances_per_s: int
    runs: int | None = None
    """Of the recipe's study: folds times seeds."""
    epochs: int | None = None
    """Of each run."""
    study_s: float | None = None
    """Epochs of all runs of a finished study, added up; null: none was there."""


@config
class Speeds:
    """What was measured on one machine; ``recipes`` by name."""

    machine: dict[str, str | int]
    threads: int
    """Of each training."""
    recipes: dict[str, Speed]


def is_there(root: Path) -> bool:
    """Whether it was ever measured.

    Args:
        root: folder of all results.
    """
    return (root / PATH).is_file()


def read(root: Path) -> Speeds:
    """Read what was measured.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if it does not hold what it should.
    """
    return read_json(Speeds, root / PATH)

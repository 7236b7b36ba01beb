"""The voice gate beside its yardsticks, and what it leaves of speech and of noise."""

from pathlib import Path
from typing import Any

from lightspeech.files import read_json
from lightspeech.inference.answers import LEAST_SHARE
from lightspeech.reporting import costs, wording

FILE = "gate.json"
FORMS = "gate_forms.json"
NAMES = {"cremad": "CREMA-D", "ravdess": "RAVDESS", "nemo": "nEMO"}
"""Of corpora, as people write them."""


def describe(root: Path) -> str:
    """Write two sentences and a table: a row a system.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy="type: python -m benchmarks.gate measure")
    head = ("system", "false speech %", *(f"missed, {name} %" for name in NAMES.values()))
    rows = [
        (
            name,
            wording.percent(of["false_speech"]),
            *(wording.percent(of["missed_by_corpus"][corpus]) for corpus in NAMES),
        )
        for name, of in figures["systems"].items()
    ]
    return f"{_sentences(figures)}\n\n{costs.table(head, rows, names=1)}"


def forms(root: Path) -> str:
    """Write a table: a row for each form that was tried, the best first.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FORMS, remedy="type: python -m benchmarks.gate choose")
    rows = [
        (
            str(form["width"]),
            str(form["delay"]),
            str(form["hold"]),
            wording.percent(form["false_speech"]),
        )
        for form in figures["forms"]
    ]
    return costs.table(("channels", "delay", "hold", "false speech %"), rows, names=0)


def _sentences(figures: dict[str, Any]) -> str:
    cost = figures["cost"]
    return (
        f"It has {figures['n_params']:,} parameters and takes "
        f"{wording.percent(cost['gate_of_micro'])} % of the time of `micro` in Python, "
        f"{wording.percent(cost['gate_of_micro_on_board'])} % of its instructions on a Cortex-M4F, "
        f"where it adds {wording.size(cost['gate_flash_bytes'])} of flash and "
        f"{wording.size(cost['gate_ram_bytes'])} of RAM. {_certain(figures['certain'])}"
    )


def _certain(figures: dict[str, Any]) -> str:
    """Say what is heard of speech, and what the shipped models say of sounds without any."""
    of_each = ", ".join(
        f"`{name}` {of['certain']} ({of['certain_by_kind'].get('music', 0)} of music)"
        for name, of in figures["models"].items()
    )
    first = next(iter(figures["models"].values()))
    return (
        f"Recordings of speech that are answered `none`: {_counted(figures, 'none')}. Of "
        f"{figures['sounds']} noises, tones and pieces of music (of the games "
        f"{', '.join(figures['music_of'])}) {figures['sounds'] - first['none']} are not `none`; of "
        f"so many an emotion is told, not *uncertain*: {of_each}. Recordings of speech that are "
        f"*uncertain*, whatever the model says, because less than {100 * LEAST_SHARE:g} % of them "
        f"is speech: {_counted(figures, 'of_too_small_a_share')}."
    )


def _counted(figures: dict[str, Any], what: str) -> str:
    spoken = [(name, figures["speech"][corpus]) for corpus, name in NAMES.items()]
    return ", ".join(f"{of[what]} of {of['recordings']:,} of {name}" for name, of in spoken)

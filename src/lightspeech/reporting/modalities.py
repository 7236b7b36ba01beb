"""What words add to sound, and what is left of both where one is missing."""

from pathlib import Path
from typing import Any

from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

FILE = Path("benchmarks/text.json")
STUDENTS = Path("benchmarks/distilser.json")
KINDS = {"both": "both", "sound alone": "audio", "words alone": "text"}
"""What a model is given, and what the made corpus calls the highest figure of it."""


def describe(root: Path) -> str:
    """Write a table: a row a study and what it is given when it is tested.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    studies = read_json(root / FILE, remedy="type: python benchmarks/text.py STUDY")["studies"]
    head = (
        *("corpus", "cut", "model", "taught by", "tested with"),
        *("parameters", "UAR %", "highest there can be %", "text leak %"),
    )
    ordered = sorted(studies.values(), key=lambda study: (study["corpus"], study["protocol"]))
    rows = [row for study in ordered for row in _rows(study)]
    return costs.table(head, rows, names=5)


def _rows(study: dict[str, Any]) -> list[tuple[str, ...]]:
    taught = next(iter(study["uar"]))
    highest = study["highest_there_can_be"] or {}
    return [
        (
            study["corpus"],
            study["protocol"],
            study["model"]["name"] + ("" if study["scheme"] == "fp32" else f" {study['scheme']}"),
            taught,
            kind,
            f"{study['n_params']:,}",
            wording.percent(uar),
            wording.percent(highest.get(KINDS[kind])),
            wording.percent(study["text_seen"]),
        )
        for kind, uar in study["uar"].items()
    ]


def students(root: Path) -> str:
    """Write a table: how much smaller and quicker a student is than its teacher.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    told = read_json(root / STUDENTS, remedy="type: python benchmarks/distilser.py")
    head = ("network", "parameters", "CPU ms", "smaller %", "quicker %")
    rows = [
        (
            name,
            f"{of['n_params']:,}",
            f"{of['cpu_ms']:.0f}",
            wording.percent(of["smaller"]),
            wording.percent(of["quicker"]),
        )
        for name, of in told["systems"].items()
    ]
    return (
        f"{costs.table(head, rows)}\n\nOne sentence and three seconds of sound, one thread of "
        f"{told['machine']['cpu']}, medians of {told['rounds']} rounds."
    )

"""What words add to sound, and what is left of both where one is missing."""

from pathlib import Path
from typing import Any

from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

FILE = Path("benchmarks/text.json")
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
        *("corpus", "model", "taught by", "tested with"),
        *("parameters", "UAR %", "highest there can be %", "text leak %"),
    )
    ordered = sorted(studies.values(), key=lambda study: study["corpus"])
    rows = [row for study in ordered for row in _rows(study)]
    return costs.table(head, rows, names=4)


def _rows(study: dict[str, Any]) -> list[tuple[str, ...]]:
    taught = next(iter(study["uar"]))
    highest = study["highest_there_can_be"] or {}
    return [
        (
            study["corpus"],
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

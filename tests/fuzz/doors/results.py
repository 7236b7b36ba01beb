"""Files of results, and the documents that are written from them."""

import shutil
from pathlib import Path

from mutations import as_json, text

from doors import Door, all_of, one_of
from lightspeech.evaluation import agreement
from lightspeech.reporting import documents, pictures

ROOT = Path(__file__).parents[3]
KEPT = ("ravdess/micro.json", "ravdess/micro-int8.json", "ravdess/nano.json", "emodb/micro.json",
        "*.json", "benchmarks/*.json",
        "chains/ravdess_nano.json", "pruning/ravdess-micro.json", "devices/*.json",
        "reliability/*.json", "one-of-6/micro_stream-int8.json", "explain/*.json",
        "objectives/**/*.json", "cross6/micro_stream-int8.json",
        "cross6/small_stream-int8.json")  # fmt: skip
"""One of a kind: all of them take a second to read."""


def _make(folder: Path) -> None:
    for pattern in KEPT:
        for path in (ROOT / "results").glob(pattern):
            to = folder / path.relative_to(ROOT)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
    parts = [f"<!-- {name}:begin -->\n<!-- {name}:end -->\n" for name in documents.PARTS]
    for number, part in enumerate(parts):
        (folder / f"{number}.md").write_text(part)


def _enter(folder: Path) -> None:
    results = folder / "results"
    all_of(
        *(lambda path=path: documents.fill(path, results) for path in folder.glob("*.md")),
        lambda: pictures.of(results),
        lambda: agreement.disagreements(results),
    )


DOORS = [
    Door(name="results", share=1.5, make=_make, spoil=one_of(json=as_json), enter=_enter),
    Door(name="document", share=0.2, make=_make, spoil=one_of(md=text), enter=_enter),
]

"""Cards of the bundles that come with the package: their figures are those of published studies.

A shipped model learnt from everybody, so nothing can be measured on it here; the same network, made
without the speakers or the corpus that it was tested on, is measured instead.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lightspeech import bundle
from lightspeech.bundle import Bundle
from lightspeech.evaluation import device_cost, frontier
from lightspeech.evaluation.device_cost import Cost
from lightspeech.evaluation.results import Results
from lightspeech.reporting import costs, tables, wording
from lightspeech.reporting.card import card

CROSS = "cross"
ABOUT = """\
This very model learnt from all of these, so nobody is left to test it on. *cross* is its recipe
with each corpus left out once, and says most about other people, rooms, microphones and languages.
Rows of one corpus are the same network in the classes and by the recipe of that corpus, tested on
speakers it never heard."""


def cards(root: Path) -> dict[Path, str]:
    """Write the card of every bundle of the package, unwritten.

    Args:
        root: folder of all results.

    Raises:
        BundleError: if a bundle is damaged.
        CorpusError: if there are no results.
        ConfigError: if a file of results does not hold what it should.
    """
    made = [bundle.read(bundle.ZOO / name) for name in bundle.shipped()]
    found = tables.read_all(root)
    spent = list(device_cost.read_files(root).values())
    return {one.path / "README.md": card(one, quality(one, found, spent)) for one in made}


def quality(made: Bundle, found: Sequence[Results], spent: Sequence[Cost]) -> str:
    """Say how good a shipped model is, and what it costs on devices, as Markdown.

    Args:
        made: the bundle.
        found: all results; those of its network and number format count, but no leaky ones.
        spent: costs on devices, likewise.
    """
    same = (made.model["name"], made.provenance["scheme"])
    own = [one for one in found if (one.model, one.scheme) == same and frontier.of_strangers(one)]
    own.sort(key=lambda one: (one.corpus != CROSS, one.corpus))
    rows = [row for one in own for row in _rows(one, made.labels)]
    head = ("tested on", "protocol", "classes", "UAR %", "worst speaker", *made.labels, "seeds")
    wanted = {CROSS, *(corpus["name"] for corpus in made.corpora)}
    missing = sorted(wanted - {one.corpus for one in own})
    parts = [
        ABOUT,
        costs.table(head, rows, names=2) if rows else "",
        f"Not measured yet: {', '.join(missing)}." if missing else "",
        *(_cost(one) for one in spent if (one.model, one.scheme) == same),
    ]
    return "\n\n".join(filter(None, parts))


def _rows(one: Results, labels: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Write a study, and each corpus that was left out where there are several."""
    n_classes = str(len(one.labels))
    recalls = [wording.percent(one.per_class_recall.get(label)) for label in labels]
    worst = f"{wording.percent(one.uar.worst_speaker)} ({one.worst_speaker})"
    told = (wording.spread(one.uar), worst, *recalls, str(len(one.seeds)))
    yield (one.corpus, one.protocol, n_classes, *told)
    for corpus, uar in one.per_corpus.items():
        nothing = [""] * (len(labels) + 2)
        yield (f"{one.corpus}: {corpus}", one.protocol, n_classes, wording.percent(uar), *nothing)


def _cost(one: Cost) -> str:
    return (
        f"On a {one.target}, the same network, {one.how} ({one.basis}): "
        f"{wording.size(one.flash_bytes)} flash, {wording.size(one.ram_bytes)} RAM, "
        f"{one.instructions_per_audio_second / 1e6:.1f} M instructions a second of audio."
    )

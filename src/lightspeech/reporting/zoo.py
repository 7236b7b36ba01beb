"""Cards of the bundles that come with the package, and of those too large for it.

Their figures are those of published studies. A shipped model learnt from everybody, so nothing can
be measured on it here; the same network, made without the speakers or the corpus that it was tested
on, is measured instead.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lightspeech import bundle
from lightspeech.bundle import Bundle, places
from lightspeech.corpora.labels import common_name
from lightspeech.evaluation import device_cost
from lightspeech.evaluation.conditions import CORPUS, WHOLE, cross
from lightspeech.evaluation.device_cost import Cost
from lightspeech.evaluation.results import Results
from lightspeech.reporting import costs, robustness, sureness, tables, wording
from lightspeech.reporting.card import card

ABOUT = """\
This very model learnt from all of these. Rows named *cross* are its recipe with each corpus left
out once, *by* how many it was taught, and say most about other people, rooms, microphones and
languages. Rows of one corpus are the same network, or another form of its tier where that has no
figures, in the classes and by the recipe of that corpus, tested on speakers it never heard."""
SHIPPED = "zoo_"
"""What the recipe of a shipped model is called before the name of the one that is tested."""


def cards(root: Path) -> dict[Path, str]:
    """Write the card of every bundle of the package and of the repository, unwritten.

    Args:
        root: folder of all results.

    Raises:
        BundleError: if a bundle is damaged.
        CorpusError: if there are no results.
        ConfigError: if a file of results does not hold what it should.
    """
    models = [bundle.read(path) for path in (*_shipped(), *_beside(root))]
    published = tables.read_all(root)
    devices = list(device_cost.read_files(root).values())
    return {
        model.path / bundle.CARD: card(
            model, "\n\n".join((quality(model, published, devices), *_of_strangers(model, root)))
        )
        for model in models
    }


def _shipped() -> list[Path]:
    return [places.ZOO / name for name in bundle.shipped()]


def _beside(root: Path) -> list[Path]:
    found = (root.absolute().parent / places.LARGE).glob(f"*/{bundle.DESCRIPTION}")
    return sorted(file.parent for file in found)


def quality(shipped: Bundle, published: Sequence[Results], devices: Sequence[Cost]) -> str:
    """Say how good a shipped model is, and what it costs on devices, as Markdown.

    Args:
        shipped: the bundle.
        published: all results; those of its network and number format count, but no leaky ones.
        devices: costs on devices, likewise.
    """
    same = (shipped.model["name"], shipped.provenance["scheme"])
    recipe = tested_recipe(shipped)
    tested = [
        figures
        for figures in published
        if (figures.model, figures.scheme) == same
        and figures.of_strangers
        and (figures.unit not in WHOLE or figures.recipe == recipe)
    ]
    tested.sort(key=lambda figures: (figures.unit not in WHOLE, figures.corpus))
    there = {figures.recipe if figures.unit in WHOLE else figures.corpus for figures in tested}
    wanted = {recipe, *(corpus["name"] for corpus in shipped.corpora)}
    tested += [f for f in published if f.corpus in wanted - there and _is_form(f, same)]
    missing = sorted(wanted - there - {figures.corpus for figures in tested})
    rows = [row for figures in tested for row in _rows(figures, shipped.labels)]
    names = ("tested on", "protocol", "network")
    head = (*names, "classes", "UAR %", "worst speaker", *shipped.labels, "seeds")
    parts = [
        ABOUT,
        costs.table(head, rows, names=len(names)) if rows else "",
        f"No figures of its own yet of: {', '.join(missing)}." if missing else "",
        _price(recipe, [f for f in published if (f.model, f.scheme) == same and f.unit == CORPUS]),
        *(_cost(cost) for cost in devices if (cost.model, cost.scheme) == same),
    ]
    return "\n\n".join(filter(None, parts))


def _is_form(figures: Results, of: tuple[str, str]) -> bool:
    """Tell whether figures are of strangers, and of a tier's form in the same number format.

    Args:
        figures: of a study within a corpus.
        of: model and scheme; forms are named by their tier and what is behind ``_``, schemes by
            their steps and the number format.
    """
    model, scheme = of
    tiers = {name.partition("_")[0] for name in (model, figures.model)}
    formats = {name.rpartition("-")[2] for name in (scheme, figures.scheme)}
    return figures.of_strangers and len(tiers) == len(formats) == 1


def _price(recipe: str, across: Sequence[Results]) -> str:
    """Say what learning from fewer corpora costs, beside the same network taught by all of them."""
    own = next((figures for figures in across if figures.recipe == recipe), None)
    if own is None:
        return ""
    wider = [
        figures
        for figures in across
        if figures.corpus == cross(len(own.per_corpus)) != own.corpus
        and figures.per_corpus.keys() == own.per_corpus.keys()
    ]
    if not wider:
        return ""
    mean, all_ = (
        wording.percent(float(np.mean(list(figures.per_corpus.values()))))
        for figures in (own, wider[0])
    )
    return (
        f"The price of so few corpora: mean over the corpora above {mean} %, where the same "
        f"network taught by all but the one tested tells {all_} %."
    )


def tested_recipe(shipped: Bundle) -> str:
    """Name the recipe that is that of a shipped model, with corpus after corpus left out."""
    return str(shipped.provenance.get("recipe", "")).removeprefix(SHIPPED)


def _of_strangers(shipped: Bundle, root: Path) -> Iterator[str]:
    """Say how sure it is of corpora it never heard, and what other rooms and lines leave of it."""
    if sure := sureness.of_recipe(root, tested_recipe(shipped)):
        yield sure
    if bent := robustness.of_model(root, shipped.name):
        yield bent


def _rows(figures: Results, labels: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Write a study, and each corpus that was left out where there are several."""
    n_classes = str(len(figures.labels))
    found = {common_name(label): recall for label, recall in figures.per_class_recall.items()}
    recalls = [wording.percent(found.get(common_name(label))) for label in labels]
    worst = f"{wording.percent(figures.uar.worst_speaker)} ({figures.worst_speaker})"
    quality = (wording.spread(figures.uar), worst, *recalls, str(len(figures.seeds)))
    yield (figures.corpus, figures.protocol, figures.model, n_classes, *quality)
    for corpus, uar in figures.per_corpus.items():
        nothing = [""] * (len(labels) + 2)
        yield (
            f"{figures.corpus}: {corpus}",
            figures.protocol,
            figures.model,
            n_classes,
            wording.percent(uar),
            *nothing,
        )


def _cost(cost: Cost) -> str:
    return (
        f"On a {cost.target}, the same network, {cost.how} ({cost.basis}): "
        f"{wording.size(cost.flash_bytes)} flash, {wording.size(cost.ram_bytes)} RAM, "
        f"{cost.instructions_per_audio_second / 1e6:.1f} M instructions a second of audio."
    )

"""The model card of a bundle: what it is for, learnt from, how good it is, and what it is not."""

from collections.abc import Iterator
from dataclasses import fields

from lightspeech.bounds import Share
from lightspeech.bundle import Bundle
from lightspeech.config import build, config
from lightspeech.evaluation.rated import Rating
from lightspeech.evaluation.results import Uar
from lightspeech.inference.answers import LEAST_SHARE
from lightspeech.reporting import hub, products, wording

PURPOSE = """\
For research and for products that adapt to how something is said, with the speaker's knowledge: a
game, a robot, an art work, a first sorting of one's own recordings that a person checks."""
LIMITS = f"""\
- It recognises how emotion is *expressed* in recordings like those above, often by actors; not what
  a person feels.
- Speakers differ: the worst speaker above is a real one. Other languages, cultures, ages,
  microphones and rooms than those above were not measured.
- A probability below the threshold of its emotion means *uncertain*, and so does speech in less
  than {100 * LEAST_SHARE:g} % of the time; take it as no answer."""
REFUSED = """\
Not for judging people: not in hiring, schooling, policing, insurance, border control or medical
diagnosis, and never without the speaker's knowledge. In the European Union, inferring emotions at
work and in education is prohibited but for medical and safety reasons (Regulation 2024/1689,
Art. 5)."""

HARDLY = 0.99
"""From such a threshold on an emotion is hardly ever told, as the page of the server has it."""

JAVASCRIPT = """\
```js
import { load } from "./index.js"; // or the name in package.json, where npm installed it
const model = await load();
model.answer(samples); // a recording, mono, at model.sampleRate; a stream: model.feed(chunk)
```

`index.d.ts` says the rest; `processor.js` stands behind a microphone, as an AudioWorklet."""


@config
class Rated:
    """What a card tells of ``bundle.figures`` where it rates."""

    protocol: str
    leaky: bool
    seeds: tuple[int, ...]
    folds: int
    ratings: dict[str, Rating]


@config
class Figures:
    """What a card tells of ``bundle.figures``."""

    protocol: str
    leaky: bool
    seeds: tuple[int, ...]
    folds: int
    uar: Uar
    wa: Share
    ece: Share
    per_class_recall: dict[str, Share | None]


def card(bundle: Bundle, quality: str = "") -> str:
    """Write the model card of a bundle as Markdown, from ``bundle.json`` alone, with its header.

    Args:
        bundle: the bundle.
        quality: how good it is, where that is not among its own figures.

    Raises:
        ConfigError: if its figures are damaged.
    """
    sections = {
        "What it is for": PURPOSE,
        "What it is": "\n".join(_facts(bundle)),
        "What it learnt from": "\n".join(_corpora(bundle)),
        "How good it is": quality or "\n".join(_figures(bundle)),
        "Limits": LIMITS,
        "When not to use it": REFUSED,
    }
    if bundle.model_file.endswith(".wasm"):
        sections = {"How it is used": JAVASCRIPT, **sections}
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"{hub.header(bundle)}\n# {bundle.name}\n\n{body}\n"


def _facts(bundle: Bundle) -> Iterator[str]:
    if bundle.scale is None:
        yield f"- emotions: {', '.join(bundle.labels)}"
    else:
        low, high = bundle.scale
        yield f"- ratings: {', '.join(bundle.labels)}, from {low:g} to {high:g}"
    yield f"- input: mono, {bundle.sample_rate:,} Hz, windows of {bundle.windows.window_s:g} s"
    if bundle.knows_speaker:
        yield f"- knows its user by: {_voice(bundle)}"
    yield f"- file: `{bundle.model_file}`, {wording.size(bundle.size_bytes)}"
    if bundle.scale is None:
        limits = zip(bundle.thresholds, bundle.labels, strict=True)
        yield f"- uncertain below: {', '.join(_limit(*pair) for pair in limits)}"
    for part in (bundle.model, bundle.provenance):
        for key, value in part.items():
            if isinstance(value, str | int | float):
                yield f"- {key.replace('_', ' ')}: {value}"


def _limit(limit: float, label: str) -> str:
    """Tell a threshold with three digits; one that is hardly ever reached is not rounded to 1."""
    return f"{limit:.3f} {label}" if limit < HARDLY else f"{label} (hardly ever told)"


def _voice(bundle: Bundle) -> str:
    if bundle.voice is None:
        return (
            "nothing yet; type `lightspeech calibrate RECORDINGS --bundle BUNDLE --output FOLDER`"
        )
    return f"{bundle.voice.seconds:.1f} s of speech, without labels"


def _corpora(bundle: Bundle) -> Iterator[str]:
    if not bundle.corpora:
        yield "The bundle does not say; ask whoever made it before using it."
    for source in (*bundle.corpora, *bundle.encoders):
        yield f"- {'; '.join(f'{key}: {value}' for key, value in source.items() if value)}"
    if bundle.corpora:
        yield "\nThe licence of the recordings may bind what was learnt from them."
    if bound := products.refusing(bundle):
        yield f"**No commercial use**: {', '.join(bound)} allow none."
    if bundle.corpora and (unknown := products.unknown(bundle)):
        yield f"Whether commercial use is allowed is not known of: {', '.join(unknown)}."


def _figures(bundle: Bundle) -> Iterator[str]:
    if not bundle.figures:
        yield "Not measured. Type: `lightspeech evaluate BUNDLE --manifest FILE`"
        return
    if bundle.scale is not None:
        yield from _rated(bundle)
        return
    names = {field.name for field in fields(Figures)}
    known = {key: value for key, value in bundle.figures.items() if key in names}
    figures = build(Figures, known, source=f"{bundle.path}: figures")
    percent = wording.percent
    if figures.leaky:
        yield f"**{wording.LEAKY}**: training knew the test units; it says nothing of others.\n"
    yield f"- UAR: {wording.spread(figures.uar)} % (± over seeds, [95 % interval by speaker])"
    yield f"- worst speaker: {percent(figures.uar.worst_speaker)} % UAR"
    yield f"- WA: {percent(figures.wa)} %; calibration error: {percent(figures.ece)} %"
    yield f"- protocol: {figures.protocol}; folds: {figures.folds}; seeds: {len(figures.seeds)}"
    for label, recall in figures.per_class_recall.items():
        yield f"- recall of {label}: {percent(recall)} %"
    yield "\nMeans over the models of all folds and seeds; this bundle is one of those models."


def _rated(bundle: Bundle) -> Iterator[str]:
    figures = build(Rated, bundle.figures, source=f"{bundle.path}: figures")
    if figures.leaky:
        yield f"**{wording.LEAKY}**: training knew the test units; it says nothing of others.\n"
    for name, rating in figures.ratings.items():
        yield f"- concordance of {name}: {wording.concordance(rating)}; RMSE {rating.rmse:.2f}"
    yield f"- protocol: {figures.protocol}; folds: {figures.folds}; seeds: {len(figures.seeds)}"
    yield "\nMeans over the models of all seeds; this bundle is one of those models."

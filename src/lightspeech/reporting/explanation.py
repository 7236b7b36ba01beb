"""Explanations in words and tables: only what an interval vouches for becomes a sentence."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from lightspeech.explain import explanation as explanations
from lightspeech.explain.explanation import Explanation, System
from lightspeech.explain.reliance import ALL, Edited, Effect, Reliance
from lightspeech.explain.retention import Retained
from lightspeech.reporting import attribution, embeddings, payers, text
from lightspeech.reporting.wording import percent

NOTHING = "–"
TOLD = 7
"""Cues that a sentence names at most."""
TAKEN = {
    "low band": "what is above 1 kHz",
    "high band": "what is below 1 kHz",
    "telephone": "what a telephone takes away",
}
"""What a model rests on where leaving one band alone does harm."""


def markdown(root: Path) -> str:
    """Write all explanations below a folder of results, as Markdown.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    found = explanations.read_all(root)
    return "\n\n".join(_page(explanation, path.stem) for path, explanation in found.items())


def describe(explanation: Explanation) -> str:
    """Write an explanation for a terminal."""
    parts = [_about(explanation), *sentences(explanation), "", text.aligned(_cues(explanation))]
    if explanation.retained:
        parts += ["", text.aligned(_retained(explanation))]
    return "\n".join(parts)


def _page(explanation: Explanation, name: str) -> str:
    others = [*filter(None, [explanation.teacher]), *explanation.bundles]
    beside = f" beside {' and '.join(others)}" if others else ""
    kept = [f"## {explanation.recipe}{beside}", _about(explanation)]
    kept += [f"- {sentence}" for sentence in sentences(explanation)]
    parts = ["\n\n".join(kept[:2]), "\n".join(kept[2:])]
    parts.append(
        f"![Change of the right emotion in points, and other answers, by how far each cue is moved]"
        f"(pictures/explain-{name}.svg)"
    )
    parts.append(
        "Change of the probability of the right emotion by each edit, in points, mean over "
        "emotions; behind it the share of answers that it changes. In brackets: of how many "
        "recordings an edit could be made, where others have no voice, are too short or would clip."
    )
    parts.append(_table(_cues(explanation)))
    if explanation.retained:
        parts.append(f"Share of the effects of {explanation.teacher} that each system shows too.")
        parts.append(_table(_retained(explanation)))
    parts.append(
        f"![Change of each emotion, of the first system above and of the last below]"
        f"(pictures/explain-{name}-emotions.svg)"
    )
    parts.append("The cue that moves each emotion most, and by how much.")
    parts.append(_table(_emotions(explanation)))
    if explanation.payers:
        parts.append("Recordings whose answer, over all seeds, a step changed.")
        parts.append(_table(payers.table(explanation.payers)))
    if explanation.probes:
        parts.append(
            "Functionals of a voice, read by a line from embeddings of speakers that it was not "
            "fitted to: R² with its interval by speaker, and that of a line fitted to shuffled "
            "functionals."
        )
        parts.append(_table(embeddings.read(explanation)))
    if explanation.alike:
        parts.append(
            f"How alike embeddings are to those of {explanation.teacher}: unbiased linear CKA and "
            "Procrustes, and what recordings in another order give."
        )
        parts.append(_table(embeddings.alike(explanation)))
    if explanation.maps:
        parts.append(
            "Maps over time and bands: probability of the right emotion, in points, with the "
            "highest places alone minus without them; the same of the loudest places and of places "
            "by chance; rank correlation with maps of shuffled weights and of other seeds."
        )
        parts.append(_table(attribution.worth(explanation)))
        parts.append(f"Share of each band in the maps of {explanation.maps[-1].system}, in %.")
        parts.append(_table(attribution.bands(explanation)))
    return "\n\n".join(part for part in parts if part)


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _about(explanation: Explanation) -> str:
    folds = ", ".join(map(str, explanation.folds))
    copies = ", ".join(
        f"{system.name} {percent(system.copy.flipped)} %" for system in explanation.systems
    )
    return (
        f"{explanation.recipe} on {explanation.corpus}: {explanation.n_utterances:,} recordings of "
        f"{explanation.n_speakers} speakers that no system knows (test folds {folds}). A copy that "
        f"changes no cue changes this share of the answers: {copies}.{_seeds(explanation)}"
        f"{_shared(explanation)}"
    )


def _seeds(explanation: Explanation) -> str:
    """Which systems one training alone speaks for."""
    alone = [system.name for system in explanation.systems if len(system.seeds) == 1]
    if not alone:
        return ""
    return f" Of {', '.join(alone)} one seed answered: another training may rest on other cues."


def _shared(explanation: Explanation) -> str:
    """What is compared where bundles stand beside the chain, and how to read it."""
    if not explanation.bundles:
        return ""
    unsure = (
        " A model that is less sure than another moves by fewer points; how many answers become "
        "other ones does not depend on that."
    )
    if not explanation.left_out:
        return unsure
    return unsure + (
        f" Compared are the classes that all tell apart, {', '.join(explanation.labels)}, among "
        f"which probabilities are shared out; recordings of {', '.join(explanation.left_out)} are "
        "left out."
    )


def sentences(explanation: Explanation) -> Iterator[str]:
    """Say in plain words what is certain.

    Args:
        explanation: of a chain.

    Yields:
        A sentence each.
    """
    for system in explanation.systems:
        yield _relies(system)
    students = [s.name for s in explanation.systems if s.name != explanation.teacher]
    for name in students if explanation.retained else ():
        yield from _kept(name, explanation)
    yield from map(payers.sentence, explanation.payers)
    yield from embeddings.sentences(explanation)
    yield from attribution.sentences(explanation)


def _relies(system: System) -> str:
    ranked = sorted(
        (r for r in system.reliances if r.emotion == ALL and r.effect < 0), key=lambda r: r.effect
    )
    if not ranked:
        return f"{system.name} rests on no cue for certain: no edit does it harm in all emotions."
    words = ", ".join(f"{_rested(r.cue)} ({_told(r)})" for r in ranked[:TOLD])
    silent = [_rested(r.cue) for r in system.reliances if r.emotion == ALL and not r.effect]
    without = f"; no certain effect of {', '.join(silent)}" if silent else ""
    return f"{system.name} rests most on {words}{without}."


def _rested(cue: str) -> str:
    return TAKEN.get(cue, cue)


def _told(reliance: Reliance) -> str:
    return f"{100 * reliance.effect:+.1f} points, {percent(reliance.flipped)} % other answers"


def _kept(name: str, explanation: Explanation) -> Iterator[str]:
    mine = [r for r in explanation.retained if r.system == name and r.emotion == ALL]
    lost = sorted((r for r in mine if r.is_lost), key=lambda r: r.share)
    more = sorted((r for r in mine if r.is_more), key=lambda r: -r.share)
    rest = f"; it leans more on {', '.join(map(_share, more))}" if more else ""
    what = f"only a part of {', '.join(map(_share, lost))}" if lost else "all, as far as is certain"
    yield f"Of what {explanation.teacher} rests on, {name} kept {what}{rest}."
    if paid := [r for r in mine if r.is_cost_of_step]:
        words = ", ".join(f"{_rested(r.cue)} ({100 * (r.of_step or 0):+.0f} points)" for r in paid)
        yield f"The step to {name} itself cost {words}."


def _share(retained: Retained) -> str:
    low, high = retained.ci95 or (retained.share, retained.share)
    percents = f"{100 * retained.share:.0f} %, {100 * low:.0f} to {100 * high:.0f}"
    return f"{_rested(retained.cue)} ({percents})"


def _cues(explanation: Explanation) -> list[list[str]]:
    names = [system.name for system in explanation.systems]
    rows = [["edit", *names]]
    for edit in explanation.systems[0].edits:
        cells = [_cell(system, edit) for system in explanation.systems]
        heard = "" if edit.n == explanation.n_utterances else f" (of {edit.n:,})"
        rows.append([f"{_edit(edit)}{heard}", *cells])
    return rows


def _edit(edit: Edited) -> str:
    if edit.unit:
        return f"{edit.cue} {edit.amount:g} {edit.unit}"
    return f"{edit.cue} alone" if edit.cue in TAKEN else edit.cue


def _cell(system: System, edit: Edited) -> str:
    same = (e for e in system.edits if (e.cue, e.amount) == (edit.cue, edit.amount))
    found = next(same, None)
    if found is None or ALL not in found.emotions:
        return NOTHING
    return f"{_points(found.emotions[ALL])}, {percent(found.flipped)} %"


def _points(effect: Effect) -> str:
    points = f"{100 * effect.change:+.1f}"
    if effect.ci95 is None:
        return points
    low, high = (f"{100 * bound:+.1f}" for bound in effect.ci95)
    return f"{points} ({low} to {high})"


def _retained(explanation: Explanation) -> list[list[str]]:
    names = [s.name for s in explanation.systems if s.name != explanation.teacher]
    found = {(r.system, r.cue): r for r in explanation.retained if r.emotion == ALL}
    cues = dict.fromkeys(r.cue for r in explanation.retained if r.emotion == ALL)
    head = ["cue", *(f"{name} %" for name in names)]
    return [
        head,
        *([_rested(cue), *(_kept_cell(found[name, cue]) for name in names)] for cue in cues),
    ]


def _kept_cell(retained: Retained) -> str:
    if retained.ci95 is None:
        return f"{100 * retained.share:.0f}"
    low, high = retained.ci95
    return f"{100 * retained.share:.0f} ({100 * low:.0f} to {100 * high:.0f})"


def _emotions(explanation: Explanation) -> list[list[str]]:
    rows = [["emotion", *(system.name for system in explanation.systems)]]
    for emotion in explanation.labels:
        rows.append([emotion, *(_strongest(system, emotion) for system in explanation.systems)])
    return rows


def _strongest(system: System, emotion: str) -> str:
    mine = [r for r in system.reliances if r.emotion == emotion and r.effect]
    if not mine:
        return NOTHING
    best = max(mine, key=lambda r: abs(r.effect))
    unit = next(e.unit for e in system.edits if e.cue == best.cue)
    amount = f" {best.amount:g} {unit}" if unit else ""
    return f"{_rested(best.cue)}{amount}: {100 * best.effect:+.1f}"

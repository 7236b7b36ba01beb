"""What `prepare` found, for people and for machines."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lightspeech.corpora.labels import map_label
from lightspeech.corpora.preparing import Prepared
from lightspeech.files import printable

LARGEST = "common8"


def summarize(prepared: Prepared) -> dict[str, Any]:
    """Count a prepared corpus beside its official release, in values that JSON can hold."""
    utterances = prepared.utterances
    emotions = Counter(u.emotion for u in utterances)
    speakers: dict[str, Counter[str]] = {u.speaker: Counter() for u in utterances}
    for utterance in utterances:
        speakers[utterance.speaker][utterance.emotion] += 1
    return {
        "corpus": prepared.name,
        "title": prepared.info.title,
        "licence": prepared.info.licence,
        "files": len(utterances),
        "official_files": prepared.info.n_files,
        "speakers": len(speakers.keys() - {""}),
        "official_speakers": prepared.info.n_speakers,
        "speaker_unknown": sum(speakers.get("", Counter()).values()),
        "hours": round(sum(u.duration_s for u in utterances) / 3600, 4),
        "sample_rates": sorted({u.sample_rate for u in utterances}),
        "emotions": {label: emotions[label] for label in sorted(emotions)},
        "labels_absent": sorted(set(prepared.info.labels) - set(emotions)),
        "splits": dict(sorted(Counter(u.split for u in utterances if u.split).items())),
        "labels_unknown": _unknown(prepared, emotions),
        "by_speaker": {name: dict(sorted(speakers[name].items())) for name in sorted(speakers)},
        "duplicates": [list(ids) for ids in prepared.duplicates],
        "rejected": [{"path": str(r.path), "reason": r.reason} for r in prepared.rejected],
        "skipped": [str(path) for path in prepared.skipped],
    }


def _unknown(prepared: Prepared, emotions: Counter[str]) -> dict[str, int]:
    """Count labels of users' own that have no class in the largest common vocabulary."""
    if prepared.info.labels:
        return {}
    return {e: n for e, n in sorted(emotions.items()) if map_label(e, LARGEST) is None}


def describe(summary: dict[str, Any]) -> str:
    """Write what `prepare` prints: counts, then faults, then every rejected file."""
    return "\n".join([*_headline(summary), "", *_counts(summary), "", *_faults(summary)])


def _headline(summary: dict[str, Any]) -> Iterator[str]:
    rates = ", ".join(str(rate) for rate in summary["sample_rates"])
    yield f"{summary['title']}; licence: {summary['licence']}"
    yield (
        f"{_of(summary, 'files')}, {_of(summary, 'speakers')}, {summary['hours']:.2f} h, {rates} Hz"
    )
    if summary["labels_absent"]:
        yield f"labels without a recording: {', '.join(summary['labels_absent'])}"


def _of(summary: dict[str, Any], what: str) -> str:
    official = summary[f"official_{what}"]
    return f"{summary[what]:,}" + (f" of {official:,} official" if official else "") + f" {what}"


def _counts(summary: dict[str, Any]) -> Iterator[str]:
    labels = list(summary["emotions"])
    names = {name: name or "(unknown)" for name in summary["by_speaker"]}
    width = max(map(len, ("speaker", *names.values())))
    yield _row("speaker", [*labels, "all"], labels, width)
    for name, counts in summary["by_speaker"].items():
        row = [counts.get(label, 0) for label in labels]
        yield _row(names[name], [*row, sum(row)], labels, width)
    yield _row("all", [*summary["emotions"].values(), summary["files"]], labels, width)


def _row(name: str, cells: list[Any], labels: list[str], width: int) -> str:
    widths = [max(5, len(label)) for label in (*labels, "all")]
    numbers = (f"{cell:>{wide}}" for cell, wide in zip(cells, widths, strict=True))
    return f"{name:<{width}}  {' '.join(numbers)}"


def _faults(summary: dict[str, Any]) -> Iterator[str]:
    if summary["speaker_unknown"]:
        yield f"speaker unknown: {summary['speaker_unknown']} files; no cut by speaker is possible"
    if summary["splits"]:
        parts = ", ".join(f"{part} {n}" for part, n in summary["splits"].items())
        yield f"split: {parts} files; protocol: given measures by it"
    if summary["labels_unknown"]:
        unknown = ", ".join(f"{label!r} ({n})" for label, n in summary["labels_unknown"].items())
        yield (
            f"labels that no common vocabulary knows: {unknown}; they are classes of their own, "
            "and a shipped model has none of them; say what they are, as in --map Wut=angry"
        )
    yield f"exact duplicates: {len(summary['duplicates'])}"
    yield from (f"  {' = '.join(ids)}" for ids in summary["duplicates"])
    yield f"rejected: {len(summary['rejected'])}"
    yield from (f"  {printable(found['path'])}: {found['reason']}" for found in summary["rejected"])

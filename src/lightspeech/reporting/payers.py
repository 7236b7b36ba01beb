"""Who pays for the steps of a chain, as a sentence each and as a table."""

from collections.abc import Sequence

from lightspeech.explain.payers import Payers, Share
from lightspeech.reporting.wording import percent

NOTHING = "–"


def sentence(payers: Payers) -> str:
    """Say how many recordings got another answer by a step, and whose they are.

    Args:
        payers: of the step.
    """
    others = [
        f"{emotion} ({percent(share.share)} %)"
        for emotion, share in payers.by_emotion.items()
        if share.ci95 is not None and share.ci95[0] > payers.changed.share
    ]
    who = f"; more than others pay {', '.join(others)}" if others else ""
    return (
        f"From {payers.before} to {payers.step} {_percents(payers.changed)} of the recordings got "
        f"another answer in most seeds, {percent(payers.got_worse)} % a wrong one instead of a "
        f"right one{who}."
    )


def _percents(share: Share) -> str:
    if share.ci95 is None:
        return f"{percent(share.share)} %"
    return f"{percent(share.share)} % ({percent(share.ci95[0])} to {percent(share.ci95[1])})"


def table(found: Sequence[Payers]) -> list[list[str]]:
    """Table of who pays, a row a step.

    Args:
        found: of the steps of a chain.
    """
    head = [
        "step",
        "changed %",
        "got worse %",
        "most of",
        "longer by s",
        "louder by dB",
        "confusion that grew most, %",
        "calibration error %",
    ]
    rows = [head]
    for payers in found:
        most = max(payers.by_emotion.items(), key=lambda item: item[1].share)
        errors = f"{percent(payers.calibration_before)} to {percent(payers.calibration_after)}"
        rows.append(
            [
                f"{payers.before} to {payers.step}",
                _percents(payers.changed),
                percent(payers.got_worse),
                f"{most[0]} ({_percents(most[1])})",
                f"{payers.longer_s:+.2f}",
                NOTHING if payers.louder_db is None else f"{payers.louder_db:+.1f}",
                _drift(payers),
                errors,
            ]
        )
    return rows


def _drift(payers: Payers) -> str:
    """The confusion that a step made more frequent than any other."""
    if not payers.drifts:
        return NOTHING
    most = payers.drifts[0]
    return f"{most.truth} as {most.answer}: {percent(most.before)} to {percent(most.after)}"

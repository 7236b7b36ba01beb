"""What stands in the embeddings of a chain, as tables: functionals by a line, and likeness."""

from collections.abc import Iterator

from lightspeech.explain.explanation import Explanation
from lightspeech.explain.probes import Probe

NOTHING = "–"


def read(explanation: Explanation) -> list[list[str]]:
    """Table of the functionals that a line reads, a row each.

    Args:
        explanation: of a chain, with probes.
    """
    found = {(probe.system, probe.functional): probe for probe in explanation.probes}
    names = [system.name for system in explanation.systems]
    functionals = dict.fromkeys(probe.functional for probe in explanation.probes)
    head = ["functional", *names]
    return [head, *([each, *(_cell(found.get((n, each))) for n in names)] for each in functionals)]


def _cell(probe: Probe | None) -> str:
    if probe is None:
        return NOTHING
    interval = "" if probe.ci95 is None else f" ({probe.ci95[0]:.2f} to {probe.ci95[1]:.2f})"
    return f"{probe.r2:.2f}{interval}, by chance {probe.shuffled:.2f}"


def alike(explanation: Explanation) -> list[list[str]]:
    """Table of how alike embeddings are to those of the teacher, a row a system.

    Args:
        explanation: of a chain with a teacher.
    """
    head = ["system", "CKA", "by chance", "Procrustes", "by chance"]
    return [
        head,
        *(
            [
                one.system,
                f"{one.cka:.2f}",
                f"{one.cka_shuffled:.2f}",
                f"{one.procrustes:.2f}",
                f"{one.procrustes_shuffled:.2f}",
            ]
            for one in explanation.alike
        ),
    ]


def sentences(explanation: Explanation) -> Iterator[str]:
    """Say which functionals stand in the teacher's embeddings, and in a student's no more.

    Args:
        explanation: of a chain.

    Yields:
        A sentence a system, of what intervals vouch for.
    """
    found = {(probe.system, probe.functional): probe for probe in explanation.probes}
    functionals = dict.fromkeys(probe.functional for probe in explanation.probes)
    for system in explanation.systems if functionals else ():
        mine = [found[system.name, each] for each in functionals if (system.name, each) in found]
        read = [probe.functional for probe in mine if probe.is_read]
        others = [probe.functional for probe in mine if not probe.is_read]
        rest = f", and not {', '.join(others)}" if others else ""
        yield (
            f"From the embeddings of {system.name} a line reads "
            f"{', '.join(read) or 'no functional for certain'} of voices it was not fitted "
            f"to{rest}."
        )
    teacher = explanation.teacher
    for system in explanation.systems:
        if teacher is None or system.name == teacher:
            continue
        less = [each for each in functionals if _is_less(found, system.name, teacher, each)]
        if less:
            yield f"{system.name} has certainly less than {teacher} of {', '.join(less)}."


def _is_less(
    found: dict[tuple[str, str], Probe], system: str, teacher: str, functional: str
) -> bool:
    """Whether the intervals of both are apart."""
    mine, theirs = (found.get((name, functional)) for name in (system, teacher))
    if mine is None or theirs is None or mine.ci95 is None or theirs.ci95 is None:
        return False
    return mine.ci95[1] < theirs.ci95[0]

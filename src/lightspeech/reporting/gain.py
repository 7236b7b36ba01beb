"""How many answers of the shipped models change when speech is quieter, in every form."""

from pathlib import Path

from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

FILE = "benchmarks/gain.json"


def describe(root: Path) -> str:
    """Write a table: a row a form and what it hears, a column a model.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy="type: python benchmarks/gain.py RECORDINGS")
    forms = figures["forms"]
    models = list(next(iter(forms.values())))
    rows = [
        (form, heard, *(wording.percent(of[model][heard]) for model in models))
        for form, of in forms.items()
        for heard in of[models[0]]
    ]
    return (
        f"{costs.table(('form', 'heard', *models), rows, names=2)}\n\nLabels in percent that are "
        f"others than of the recordings as they are: {figures['recordings']} of "
        f"{figures['corpus']}, drawn by a seed, of {figures['rms_db']:g} dB (the median RMS, of "
        "full scale), so that in the middle 40 dB less leaves an RMS of "
        f"{32_768 * 10 ** ((figures['rms_db'] - 40) / 20):.1f} steps of 16 bits. C hears no other."
    )

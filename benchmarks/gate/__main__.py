"""``python -m benchmarks.gate choose|train|measure SOUNDS WORK``: see `benchmarks.gate.sounds`.

``python -m benchmarks.gate forms`` writes the weights that there are as JSON and ONNX; ``cost``
measures anew what they cost, ``certain SOUNDS`` what the shipped models say of the noises.
"""

import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Do what the command line asks for."""
    match arguments:
        case ["choose", folder, work]:
            from benchmarks.gate import choose

            choose.main(Path(folder), Path(work))
        case ["train", folder, work]:
            from benchmarks.gate import train

            train.main(Path(folder), Path(work))
        case ["measure", folder, work]:
            from benchmarks.gate import measure

            measure.main(Path(folder), Path(work))
        case ["cost"]:
            from benchmarks.gate import measure

            measure.main_of_cost()
        case ["certain", folder]:
            from benchmarks.gate import certain

            certain.main(Path(folder))
        case ["forms"]:
            from benchmarks.gate import forms

            forms.write()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])

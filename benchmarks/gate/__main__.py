"""``python -m benchmarks.gate train|measure SOUNDS WORK``: see `benchmarks.gate.sounds`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("train", "measure"):
        sys.exit(__doc__)
    if sys.argv[1] == "train":
        from benchmarks.gate.train import main
    else:
        from benchmarks.gate.measure import main
    main(Path(sys.argv[2]), Path(sys.argv[3]))

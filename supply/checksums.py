"""SHA-256 of the models of the zoo, as ``sha256sum`` writes it: ``python supply/checksums.py``.

Whoever releases signs the list with a key of theirs, which never lies here (LIST: zoo.sha256)::

    ssh-keygen -Y sign -f KEY -n lightspeech LIST
    ssh-keygen -Y verify -f SIGNERS -I WHO -n lightspeech -s LIST.sig < LIST
    sha256sum -c LIST
"""

import hashlib
from pathlib import Path

from lightspeech.bundle import CARD
from lightspeech.bundle.places import LARGE, ZOO
from lightspeech.files import write_text

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_name("zoo.sha256")


def lines() -> str:
    """Give a line a file, sorted by its path below the repository."""
    below = (path for folder in (ZOO, ROOT / LARGE) for path in folder.rglob("*"))
    files = sorted(path for path in below if path.is_file() and path.name != CARD)
    hashed = ((hashlib.sha256(path.read_bytes()).hexdigest(), path) for path in files)
    return "".join(f"{digest}  {path.relative_to(ROOT).as_posix()}\n" for digest, path in hashed)


if __name__ == "__main__":
    write_text(LIST, lines())

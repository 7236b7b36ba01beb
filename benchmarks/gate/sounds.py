"""What the gate learns from and is measured on: speech, noise, music, and sounds that are made.

``SOUNDS`` is a folder, no part of this project: ``cremad``, ``emodb``, ``ravdess``, ``nemo`` (the
corpora as they come), ``asterisk/<language>`` (spoken prompts), ``esc10`` (its ten folders),
``effects/<origin>``, ``music/train/<origin>``, ``music/test/<origin>`` and ``speechbrain``
(noises). For `certain` the music of three games of Debian 12 lies in ``music/test``: ``asc``
(asc-music, as WAV), ``drascula`` (drascula-music, ``audio``) and ``fillets`` (fillets-ng-data,
``music``).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lightspeech.audio import io, nobody
from lightspeech.audio.windows import Waveform
from lightspeech.corpora import synthetic

RATE = nobody.RATE
PARTS = ("train", "select", "test")
EXCERPT_S = 5.0
N_TEST = 400
"""Noises, tones and pieces of music that are measured."""
SUFFIXES = {".wav", ".flac", ".ogg", ".opus"}
SMALLEST = 1000
"""Bytes; some prompts are empty."""


def speech(folder: Path, part: str) -> dict[str, list[Path]]:
    """Recordings of speech by corpus; no speaker is in two parts."""
    cremad = [path for path in _sounds(folder / "cremad") if _actor(path) == part]
    found = {"cremad": cremad}
    languages = {"train": ("en", "es", "fr", "it"), "select": ("ru",), "test": ()}[part]
    for language in languages:
        prompts = _sounds(folder / "asterisk" / language)
        found[f"asterisk-{language}"] = [path for path in prompts if _is_spoken(path)]
    if part == "train":
        found["emodb"] = _sounds(folder / "emodb")
    if part == "test":
        found["ravdess"] = _sounds(folder / "ravdess")
        found["nemo"] = _sounds(folder / "nemo")[
            ::2
        ]  # half of it has as many cells as the others together
    return found


def robots(work: Path, part: str) -> dict[str, list[Path]]:
    """Make recordings of a voice by rules, which tests and examples speak with."""
    if part == "test":
        return {}
    speakers, seed = {"train": (12, 101), "select": (3, 102)}[part]
    root = work / f"{part}-robots"
    cfg = synthetic.Config(speakers=speakers, sentences=3, seed=seed, root=root)
    return {"synthetic": [utterance.path for utterance in synthetic.read(cfg).utterances]}


def noise(folder: Path, part: str) -> dict[str, list[Path]]:
    """Recordings without speech by origin; no source is in two parts."""
    folds = {"train": "123", "select": "", "test": "45"}[part]
    found = {"esc10": [path for path in _sounds(folder / "esc10") if path.name[0] in folds]}
    if part == "test":
        found["speechbrain"] = _sounds(folder / "speechbrain")
        return found | _folders(folder / "music" / "test")
    if part == "select":
        found = {}
    others = _folders(folder / "music" / "train") | {"effects": _sounds(folder / "effects")}
    kept = {"train": (0, 1, 2), "select": (3,)}[part]
    return found | {
        name: [path for n, path in enumerate(paths) if n % 4 in kept]
        for name, paths in others.items()
    }


def excerpts(path: Path, seconds: float, most: int = 3) -> list[Waveform]:
    """Cut the beginning of a recording into pieces; a short one is one piece."""
    size, n_samples, blocks = round(seconds * RATE), 0, []
    for block in io.stream(path, RATE):
        blocks.append(block)
        n_samples += len(block)
        if n_samples >= most * size:
            break
    waveform = np.concatenate(blocks)[: most * size]
    starts = range(0, max(len(waveform) - size // 2, 1), size)
    return [waveform[start : start + size] for start in starts]


def test_sounds(folder: Path) -> Iterator[tuple[str, Waveform]]:
    """Give `N_TEST` sounds with their kinds: all noises, then half music and half made."""
    n = 0
    for origin in ("esc10", "speechbrain"):
        for path in noise(folder, "test")[origin]:
            kind = path.parent.name.split(" - ")[-1] if origin == "esc10" else "noise"
            yield kind, excerpts(path, EXCERPT_S)[0]
            n += 1
    rng = np.random.default_rng(1)
    pieces = [path for name, paths in noise(folder, "test").items()
              if name not in ("esc10", "speechbrain") for path in paths]  # fmt: skip
    n_music = (N_TEST - n) // 2
    for at in range(n_music):
        pieces_of_it = excerpts(pieces[at % len(pieces)], EXCERPT_S, 10)
        yield "music", pieces_of_it[rng.integers(len(pieces_of_it))]
    for at in range(N_TEST - n - n_music):
        kind = nobody.KINDS[at % len(nobody.KINDS)]
        gain = 10 ** (rng.uniform(-50, -3) / 20)
        yield kind, nobody.made(kind, rng) * np.float32(gain)


def _sounds(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SystemExit(f"{folder}: is missing; the docstring of benchmarks/gate says what is")
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            found += _sounds(path)
        elif path.suffix in SUFFIXES and path.stat().st_size > SMALLEST:
            found.append(path)
    return found


def _folders(folder: Path) -> dict[str, list[Path]]:
    return {path.name: _sounds(path) for path in sorted(folder.iterdir())}


def _actor(path: Path) -> str:
    return {0: "test", 1: "select"}.get(int(path.name[:4]) % 5, "train")


def _is_spoken(path: Path) -> bool:
    tones = re.compile(r"beep|tone|monkeys|tt-|ascending|descending|confbridge-(join|leave)")
    return "silence" not in path.parts and not tones.search(path.name)

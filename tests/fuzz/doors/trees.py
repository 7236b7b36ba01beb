"""Trees of folders: names of any bytes, links that lead nowhere or round, files that are none."""

import os
from pathlib import Path
from random import Random

from mutations import binary, encoded, odd_text

from doors import Door, all_of, command, linked
from doors.recipes import LABELS, PATTERN, SPEAKERS, make_labelled

SUFFIXES = (".wav", ".WAV", ".txt", ".mp3", "", ".json", ".wav.", ".flac")


def _make(folder: Path) -> None:
    make_labelled(folder / "data")


def _grow(rng: Random, good: Path, to: Path) -> None:
    """Let a tree grow, every other time beside what is good."""
    sound = (good / "data" / LABELS[0] / f"{SPEAKERS[0]}_1.wav").read_bytes()
    root = os.path.join(os.fsencode(to), b"data")
    if rng.random() < 0.5:
        linked(good, to)
    else:
        os.mkdir(root)
    folders = [root]
    for _ in range(rng.randrange(1, 12)):
        place = os.path.join(rng.choice(folders), _name(rng))
        try:
            _put(rng, place, sound, folders)
        except OSError:  # a name that the system does not take, or that is there
            continue


def _put(rng: Random, place: bytes, sound: bytes, folders: list[bytes]) -> None:
    kind = rng.random()
    if kind < 0.3:
        os.mkdir(place)
        folders.append(place)
    elif kind < 0.4:
        targets = (b"..", b".", b"nowhere", b"/", b"/dev/zero", place, *folders)
        os.symlink(rng.choice(targets[1:3] + targets[5:]), place)
    elif kind < 0.45:
        os.mkfifo(place)
    else:
        with open(place, "xb") as file:
            file.write(rng.choice((sound, b"", binary(rng, sound), b"text\n")))


def _name(rng: Random) -> bytes:
    name = encoded(rng.choice((odd_text(rng), "happy", "s1_sad_01", "é", rng.randbytes(3).hex())))
    if rng.random() < 0.2:
        name += rng.randbytes(2)
    name = name.replace(b"\0", b"").replace(b"/", b"")[:200] or b"x"
    return (name if name not in (b".", b"..") else b"y") + rng.choice(SUFFIXES).encode()


def _enter(folder: Path) -> None:
    all_of(
        lambda: command("predict", "data", "--bundle", "nano", "--json"),
        lambda: command("prepare", "folder", "--root", "data", "--output", "m.csv"),
        lambda: command("new", "data", "--set", PATTERN, "--output", "made.yaml"),
    )


DOORS = [Door(name="tree of folders", share=1.5, make=_make, spoil=_grow, enter=_enter)]

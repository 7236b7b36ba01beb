#!/usr/bin/env bash
# soundfile 0.14.0 with the libsndfile 1.2.2 of its wheel: an MP3 that is read in blocks is not the
# MP3 that is read at once.
#
# Guess: `SoundFile.blocks`, or `read` again and again, is for recordings that are too long for the
# memory: put together, the blocks are what one `read` gives, bit for bit, as they are for FLAC and
# Ogg. A decoder that goes on where it stopped has all that it needs.
#
# Seen: after each read soundfile seeks to the place where the file is already. For an MP3 that
# throws the decoder's state away, and with it the bits that a frame borrows from those before it,
# so each block begins with noise or silence. The count of samples is right and nothing is raised.
# Of a voice at 48 kHz in blocks of 1024 the distance to what was encoded falls from 38 dB to 11 dB,
# of a lone tone from 41 dB to 0: it is lost. `start=` and `seek` do the same once, at the start of
# a segment. At some rates libmpg123 writes lines on the standard error that sound as if the file
# were broken; at 48 kHz nothing tells of it. Read whole, the file is right.
#
# Fails if blocks of an MP3 are what one read gives, or those of FLAC or Ogg are not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q soundfile==0.14.0 numpy==2.4.6
cat > "$folder/blocks.py" <<'PYTHON'
import io

import numpy as np
import soundfile

RATE, SECONDS, BLOCK = 48_000, 5, 1024

time = np.arange(SECONDS * RATE) / RATE
turns = 120 * time + 10 * np.sin(time)
voice = 0.2 * sum(np.sin(2 * np.pi * k * turns) / k for k in range(1, 20))
signals = {
    "voice": voice * (0.5 + 0.5 * np.sin(8 * np.pi * time)),
    "tone": 0.3 * np.sin(2 * np.pi * 440 * time),
}


def decibels(signal, other):
    return 10 * np.log10(np.mean(signal**2) / np.mean((signal - other) ** 2))


def read(signal, kind):
    """The signal encoded, then read at once and in blocks."""
    file = io.BytesIO()
    soundfile.write(file, signal, RATE, format=kind)
    file.seek(0)
    whole, _ = soundfile.read(file)
    file.seek(0)
    with soundfile.SoundFile(file) as opened:
        return whole, np.concatenate(list(opened.blocks(BLOCK)))


print(f"libsndfile {soundfile.__libsndfile_version__}")
for name, signal in signals.items():
    for kind in ("FLAC", "OGG", "MP3"):
        whole, blocks = read(signal, kind)
        assert len(whole) == len(blocks) == len(signal)
        found = [f"{decibels(signal, heard):.0f} dB" for heard in (whole, blocks)]
        print(f"{name}, {kind}: at once {found[0]}, in blocks {found[1]}")
        if kind != "MP3":
            assert np.array_equal(whole, blocks)
            continue
        assert decibels(signal, whole) > 30
        assert decibels(signal, blocks) < 20, "blocks of an MP3 are right now"
PYTHON
"$folder/venv/bin/python" "$folder/blocks.py"

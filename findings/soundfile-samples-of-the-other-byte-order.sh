#!/usr/bin/env bash
# soundfile 0.14.0 with NumPy 2.4.6: samples whose bytes stand in the other order are written as
# noise or as silence.
#
# Guess: `soundfile.write` takes any NumPy array of int16, int32, float32 or float64 and refuses
# others; the file holds what the array holds. An array of big-endian samples, as NumPy has them of
# a RIFX, an AU or a SPHERE file, of HDF5 or of a network, equals its native copy, so it is
# converted, or refused as float16 is.
#
# Seen: soundfile asks for the name of the type alone, which NumPy gives without the order
# ("float64" for ">f8"), and hands the memory on as it is. int16 becomes noise at full scale,
# floats silence (numbers of 1e-38 or less). Nothing is raised, and the length is right.
# `read(out=...)` fills such an array with wrong numbers, too. SciPy gives such arrays for a RIFX
# file, so that reading by one and writing by the other loses the recording. PyAV refuses them.
#
# Fails if a file written from big-endian samples holds them, or soundfile refuses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q soundfile==0.14.0 numpy==2.4.6 scipy==1.17.1
cat > "$folder/order.py" <<'PYTHON'
import io

import numpy as np
import soundfile
from scipy.io import wavfile

RATE = 16_000
tone = np.round(8_000 * np.sin(np.arange(RATE) / 10)).astype(np.int16)


def kept(samples, subtype):
    """How far what a file holds is from the tone, and how loud it is; the tone is 0.24."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype=subtype)
    file.seek(0)
    found, _ = soundfile.read(file)
    assert len(found) == RATE
    return np.abs(found - tone / 32_768).max(), np.abs(found).max()


arrays = {
    "int16": (tone, "PCM_16"),
    "float32": ((tone / 32_768).astype(np.float32), "FLOAT"),
    "float64": (tone / 32_768, "DOUBLE"),
}
for name, (samples, subtype) in arrays.items():
    turned = samples.astype(samples.dtype.newbyteorder(">"))
    assert np.array_equal(turned, samples)
    native, other = kept(samples, subtype), kept(turned, subtype)
    print(f"{name}: off by {native[0]:.2f}; big-endian: off by {other[0]:.2f}, peak {other[1]:.2g}")
    assert native[0] < 1e-4
    assert other[0] > 0.2, "big-endian samples are kept now"

# A WAV whose numbers are big-endian, as SciPy reads it
head = b"fmt " + np.array([16], ">u4").tobytes() + np.array([1, 1], ">u2").tobytes()
head += np.array([RATE, 2 * RATE], ">u4").tobytes() + np.array([2, 16], ">u2").tobytes()
data = b"data" + np.array([2 * RATE], ">u4").tobytes() + tone.astype(">i2").tobytes()
size = np.array([4 + len(head) + len(data)], ">u4").tobytes()
_, by_scipy = wavfile.read(io.BytesIO(b"RIFX" + size + b"WAVE" + head + data))
off, peak = kept(by_scipy, "PCM_16")
print(f"RIFX, read by SciPy as {by_scipy.dtype.str}, written: off by {off:.2f}, peak {peak:.2g}")
assert np.array_equal(by_scipy, tone) and off > 0.2, "what SciPy reads is kept now"

file = io.BytesIO()
soundfile.write(file, tone, RATE, format="WAV", subtype="PCM_16")
file.seek(0)
filled, _ = soundfile.read(file, out=np.zeros(RATE, ">f4"))
print(f"read into big-endian float32: peak {np.abs(filled).max():.2g}")
assert np.abs(filled).max() < 1e-30, "an array given as out= is filled right now"
PYTHON
"$folder/venv/bin/python" "$folder/order.py"

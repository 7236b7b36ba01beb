#!/usr/bin/env bash
# opensmile 2.6.0: Ctrl-C while it computes is lost, and the answer is 88 times NaN.
#
# Guess: `process_signal` gives numbers or raises. Pressed while it computes, Ctrl-C raises
# KeyboardInterrupt there or as soon as it is back, as it does in any extension that runs for a
# while; so does what a handler of SIGTERM raises. An extraction of ten thousand recordings ends.
#
# Seen: the library hands its results to a Python function that ctypes calls from C. Where the
# signal arrives in there, what the handler raises is printed as ignored and goes no further: the
# program carries on, and the table that was to be filled has its one row, of NaN in all 88 places.
# Nothing is raised and nothing in the table says why. Whoever keeps features in a cache keeps that
# row: asked again later, the recording is finished, and a training diverges on it or a scaler
# refuses it, long after and far from the cause. Of two seconds under a signal every tenth of one
# several answers are such.
#
# Fails if no answer is lost so any more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q opensmile==2.6.0
cat > "$folder/interrupted.py" <<'PYTHON'
import os
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import opensmile

RATE, SECONDS = 16_000, 30
SENDER = """
import os, random, signal, sys, time
random.seed(0)
while True:
    time.sleep(random.uniform(0.02, 0.2))
    os.kill(int(sys.argv[1]), signal.SIGINT)
"""

smile = opensmile.Smile(
    feature_set=opensmile.FeatureSet.eGeMAPSv02,
    feature_level=opensmile.FeatureLevel.Functionals,
)
noise = (0.1 * np.random.default_rng(0).standard_normal(3 * RATE)).astype(np.float32)
undisturbed = smile.process_signal(noise, RATE).to_numpy()[0]
assert np.isfinite(undisturbed).all()


def asked():
    """What comes of one call."""
    try:
        row = smile.process_signal(noise, RATE).to_numpy()[0]
    except KeyboardInterrupt:
        return "raised"
    if np.isnan(row).all():
        return "lost"
    return "answered" if np.array_equal(row, undisturbed) else "other"


came = Counter()
sender = subprocess.Popen([sys.executable, "-c", SENDER, str(os.getpid())])
end = time.monotonic() + SECONDS
while time.monotonic() < end:
    try:
        came[asked()] += 1
    except KeyboardInterrupt:  # between two calls
        pass
while sender.poll() is None:
    try:
        sender.kill()
        sender.wait()
    except KeyboardInterrupt:
        pass
print("lost as NaN:", came["lost"] > 0, "raised:", came["raised"] > 0, "other:", came["other"])
assert came["lost"], "what a handler raises is lost no more"
PYTHON
"$folder/venv/bin/python" "$folder/interrupted.py" 2> /dev/null

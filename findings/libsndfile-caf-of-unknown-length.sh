#!/usr/bin/env bash
# soundfile 0.14.0 with the libsndfile 1.2.2 of its wheel: a CAF file whose length is not told.
#
# Guess: a Core Audio Format file may give -1 as the size of its data chunk, which means "up to the
# end of the file": a recorder writes it first and may never come back. Apple's specification allows
# it where that chunk is the last one, so a reader opens it and finds every sample.
#
# Seen: the same file opens with its true size; with -1 it is refused as malformed, as if nothing in
# it could be heard.
#
# Fails if both open, or neither.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q soundfile==0.14.0 numpy==2.4.6
cat > "$folder/caf.py" <<'PYTHON'
import io

import numpy as np
import soundfile

samples = np.round(8_000 * np.sin(np.arange(16_000) / 10)).astype(np.int16)
written = io.BytesIO()
soundfile.write(written, samples, 16_000, format="CAF", subtype="PCM_16")
content = bytearray(written.getvalue())
size = content.index(b"data") + 4
del content[size + 8 + int.from_bytes(content[size : size + 8], "big") :]  # the chunk is the last


def opened(data):
    try:
        return f"{soundfile.info(io.BytesIO(bytes(data))).frames} samples"
    except soundfile.LibsndfileError as error:
        return f"refused: {error.error_string}"


told = opened(content)
content[size : size + 8] = b"\xff" * 8
untold = opened(content)
print(f"libsndfile {soundfile.__libsndfile_version__}")
print(f"size told: {told}")
print(f"size -1:   {untold}")
assert told == "16000 samples" and untold.startswith("refused")
PYTHON
"$folder/venv/bin/python" "$folder/caf.py"

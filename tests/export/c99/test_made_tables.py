"""A program that makes the tables of its Fourier transform has those that others carry."""

import subprocess
from importlib.resources import files

import numpy as np
import pytest

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.export.c99 import frontend

MAIN = """
#include <stdio.h>
#include "ls_frontend_config.h"
#include "ls_frontend_tables.h"
#define HALF (LS_N_FFT / 2)
#ifdef LS_MAKES_TABLES
#include "ls_make_tables.h"
#endif
int main(void) {
#ifdef LS_MAKES_TABLES
    make_tables();
    make_tables();
#endif
    fwrite(ls_hann, sizeof ls_hann, 1, stdout);
    fwrite(ls_turns, sizeof ls_turns, 1, stdout);
    fwrite(ls_cosine, sizeof ls_cosine, 1, stdout);
    fwrite(ls_place, sizeof ls_place, 1, stdout);
    return 0;
}
"""


@pytest.mark.parametrize("n_fft", [16, 32, 128, 512, 1024, 4096])
def test_tables_are_the_same_bit_for_bit(n_fft, gcc, tmp_path):
    cfg = MelConfig(n_fft=n_fft, hop_length=160, n_mels=4, kind="spectrogram")
    ones = np.ones(cfg.n_features, np.float32)
    for name, text in frontend.sources(cfg, Windows(), frontend.Input(ones, ones, 1, 0)).items():
        (tmp_path / name).write_text(text)
    (tmp_path / "main.c").write_text(MAIN)
    includes = f"-I{files('lightspeech.export.wasm')}"
    told = []
    for define in ("-DLS_CARRIES_TABLES", "-DLS_MAKES_TABLES"):
        program = gcc(
            tmp_path / define, tmp_path / "main.c", includes, define, dialect=("-std=c99",)
        )
        told.append(subprocess.run([program], capture_output=True, check=True).stdout)
    assert told[0] == told[1]
    assert len(told[0]) > 5 * n_fft

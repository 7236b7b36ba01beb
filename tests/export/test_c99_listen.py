"""The loop behind a microphone: what of an answer in C is uncertain."""

import subprocess

import pytest

from lightspeech.inference.answers import LEAST_SHARE

MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "ls_listen.h"
static ls_listener listener;
static float share; /* that the gate tells */
float __wrap_ls_frontend_speech(const ls_frontend *state);
float __wrap_ls_frontend_speech(const ls_frontend *state) {
    (void)state;
    return share;
}
int main(int argc, char **argv) {
    const float probabilities[LS_MODEL_OUTPUT_SIZE] = {0.1f, 0.3f, 0.6f};
    for (int i = 1; i < argc; i++) {
        share = (float)atof(argv[i]);
        printf("%d ", ls_listener_best(&listener, probabilities));
    }
    return 0;
}
"""


@pytest.mark.parametrize(
    ("thresholds", "best"), [("0, 0, 0", 2), ("1, 1, 0.5f", 2), ("0, 0, 0.7f", -1)]
)
def test_below_the_threshold_or_with_too_little_speech(
    make_c_bundle, gcc, tmp_path, thresholds, best
):
    made = make_c_bundle()
    header = made.path / "ls_model.h"
    header.write_text(header.read_text().replace("{0.0f, 0.0f, 0.0f}", f"{{{thresholds}}}"))
    main = made.path / "main.c"
    main.write_text(MAIN)
    wrapped = ("-Wl,--wrap=ls_frontend_speech", "-I", made.path)
    program = gcc(tmp_path / "best", *wrapped, *made.path.glob("*.c"))
    shares = ("1", f"{LEAST_SHARE}", f"{LEAST_SHARE - 1e-6}", "0.04")
    done = subprocess.run([program, *shares], capture_output=True, text=True, check=True)
    assert [int(said) for said in done.stdout.split()] == [best, best, -1, -1]

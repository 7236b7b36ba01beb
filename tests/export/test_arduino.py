import dataclasses
import io
import subprocess
import zipfile
from shutil import which

import numpy as np
import pytest

from lightspeech.evaluation import cores, device_cost, emulation
from lightspeech.export import arduino

ARDUINO_H = """
#include <stdint.h>
#include <stdio.h>
#define LEDR 0
#define LEDG 1
#define LEDB 2
#define LOW 0
#define HIGH 1
#define OUTPUT 1
inline int min(int a, int b) { return a < b ? a : b; }
inline void pinMode(int, int) {}
inline void digitalWrite(int pin, int level) { printf("%c", level == LOW ? "RGB"[pin] : '-'); }
static struct {
  void begin(long) {}
  void print(const char *text) { printf("%s", text); }
  void print(char text) { printf("%c", text); }
  void print(float number) { printf("%.2f", (double)number); }
  void println(const char *text) { printf("%s\\n", text); }
} Serial;
"""
PDM_H = """
#include <stdio.h>
static struct {
  void (*callback)();
  int ready;
  void onReceive(void (*function)()) { callback = function; }
  int begin(int, int) { return 1; }
  int available() { return ready; }
  int read(void *to, int n) { ready -= n; return (int)fread(to, 1, (size_t)n, stdin); }
} PDM;
"""
MAIN = """
#include "Listen.ino"
int main() {
  setup();
  for (int block = 0; block < BLOCKS; block++) {
    PDM.ready = 512;
    PDM.callback();
    if (block % EVERY == 0) for (int turn = 0; turn < 4; turn++) loop();
  }
  printf("\\n");
}
"""


@pytest.fixture
def unpacked(make_c_bundle, tmp_path):
    made = dataclasses.replace(make_c_bundle(), name="toy one", thresholds=(0.0,) * 3)
    with zipfile.ZipFile(io.BytesIO(arduino.pack(made))) as archive:
        archive.extractall(tmp_path / "library")
    return made, tmp_path / "library" / "lightspeech_toy_one"


@pytest.fixture
def run_sketch(gcc, unpacked, tmp_path):
    """Compile the sketch for this machine, and let it hear."""

    def run(samples, *, every=1, pdm=True):
        _, root = unpacked
        headers = {"Arduino.h": ARDUINO_H, "main.cpp": MAIN} | ({"PDM.h": PDM_H} if pdm else {})
        for name, text in headers.items():
            (tmp_path / name).write_text(text)
        objects = []
        for source in root.glob("src/*.c"):
            objects.append(gcc(tmp_path / f"{source.stem}.o", "-c", source))
        folders = (f"-I{tmp_path}", f"-I{root / 'src'}", f"-I{root / 'examples/Listen'}")
        counts = (f"-DBLOCKS={len(samples) // 256}", f"-DEVERY={every}")
        program = gcc(
            tmp_path / "listen", *folders, *counts, tmp_path / "main.cpp", *objects,
            compiler="g++", dialect=("-std=gnu++17", "-Wall", "-Wextra", "-Werror"),
        )  # fmt: skip
        done = subprocess.run([program], input=samples.tobytes(), capture_output=True, check=True)
        return done.stdout.decode().splitlines()

    return run


def test_zip_is_a_library_as_arduino_wants_it(unpacked):
    _, root = unpacked
    properties = dict(
        line.split("=", 1) for line in (root / "library.properties").read_text().splitlines()
    )
    assert properties["name"] == root.name
    assert "low, mid, loud" in properties["sentence"]
    names = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert {
        "extras/bundle.json",
        "src/lightspeech.h",
        "src/ls_model.c",
        "examples/Listen/Listen.ino",
    } <= names


def test_same_model_gives_the_same_zip(make_c_bundle):
    made = make_c_bundle()
    assert arduino.pack(made) == arduino.pack(made)


def test_sketch_hears_as_the_firmware_does(run_sketch, unpacked):
    made, _ = unpacked
    samples = np.concatenate([device_cost.sound(made)] * 3)
    samples = samples[: len(samples) // 256 * 256]
    heard = emulation.on_host(made.path, samples)
    said = [
        [float(number) for number in line.split()[1:6:2]]
        for line in run_sketch(samples)
        if " " in line
    ]
    expected = np.array([np.frombuffer(logits, np.int8) for logits in heard.logits]) / 128
    np.testing.assert_allclose(said, expected, atol=0.0051)
    assert len(said) == 1 + (len(samples) - 8_000) // 4_000


def test_sound_that_comes_too_fast_is_told_and_not_mixed(run_sketch, unpacked):
    samples = np.concatenate([device_cost.sound(unpacked[0])] * 3)
    assert "late: sound was lost" in run_sketch(samples[: 256 * 140], every=40)[0]


def test_library_compiles_for_a_cortex_m4f(gcc, unpacked, tmp_path):
    if not which(cores.ARM.compiler):
        pytest.skip("needs arm-none-eabi-gcc: apt install gcc-arm-none-eabi")
    for source in unpacked[1].glob("src/*.c"):
        output = tmp_path / f"{source.stem}.o"
        gcc(output, *cores.M4F.flags, "-mthumb", "-c", source, compiler=cores.ARM.compiler)

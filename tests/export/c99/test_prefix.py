"""Two models in one program, told apart by their prefixes, each with the bits it has alone."""

import re
import subprocess
import zipfile

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.errors import ConfigError
from lightspeech.evaluation import device_cost
from lightspeech.export import arduino, c99
from lightspeech.export.c99 import prefix
from lightspeech.inference import dispatch
from lightspeech.workflows.convert import convert

HEAR = """
#include <stdio.h>
#include "ls_recognizer.h"
void ls_hear(const int16_t *samples, size_t n);
void ls_hear(const int16_t *samples, size_t n) {
    static ls_recognizer recognizer;
    ls_recognizer_init(&recognizer);
    while (n > 0) {
        const size_t used = ls_recognizer_hear(&recognizer, samples, n);
        samples += used;
        n -= used;
        if (ls_recognizer_due(&recognizer)) {
            float probabilities[LS_MODEL_OUTPUT_SIZE];
            ls_recognizer_answer(&recognizer, probabilities);
            fwrite(probabilities, sizeof probabilities, 1, stdout);
        }
    }
}
"""
MAIN = """
#include <stdint.h>
#include <stdio.h>
static int16_t samples[{n}];
{declared}
int main(void) {{
    const size_t n = fread(samples, sizeof samples[0], {n}, stdin);
    {called}
    return 0;
}}
"""
MODELS = {"mood": "nano", "tone_2": "micro"}


@pytest.fixture
def write(tmp_path):
    """Write the C of a shipped model, perhaps under another prefix."""

    def written(model, own=None):
        return convert(bundle.read(model), format="c99", bundles=tmp_path, name=own, prefix=own)

    return written


@pytest.fixture
def hear(gcc, tmp_path, write):
    """Compile models into one program, and give what it answers to noise."""

    def run(chosen):
        samples = device_cost.sound(bundle.read("nano"))
        declared, called, objects = "", "", []
        for own, model in chosen.items():
            folder = write(model, None if own == prefix.USUAL else own).path
            for name, text in prefix.rename({"ls_hear.c": HEAR}, own).items():
                (folder / name).write_text(text)
            declared += f"void {own}_hear(const int16_t *samples, size_t n);\n"
            called += f"{own}_hear(samples, n);"
            objects += sorted(folder.glob("*.c"))
        main = tmp_path / "main.c"
        main.write_text(MAIN.format(n=len(samples), declared=declared, called=called))
        program = gcc(tmp_path / "program", main, *objects)
        done = subprocess.run([program], input=samples.tobytes(), capture_output=True, check=True)
        return np.frombuffer(done.stdout, np.float32)

    return run


def test_two_models_of_one_program_have_the_bits_that_each_has_alone(hear):
    alone = [hear({"ls": model}) for model in MODELS.values()]
    assert len(alone[0]) == len(alone[1]) == 2 * 4
    assert not np.array_equal(*alone)
    np.testing.assert_array_equal(hear(MODELS), np.concatenate(alone))


def test_no_name_of_a_file_or_in_one_is_left_without_the_prefix(write):
    files = {path.name: path.read_text() for path in write("nano", "mood").path.glob("*.[ch]")}
    assert len(files) >= 8
    assert all(name.startswith("mood_") for name in files)
    assert {name for text in files.values() for name in re.findall(r"\b(?:ls|LS)_\w+", text)} == {
        "LS_FIXED", "LS_SHORT", "LS_SMLAD", "LS_VECTORS",
    }  # fmt: skip
    assert "#ifndef MOOD_MODEL_H" in files["mood_model.h"]


def test_a_label_that_looks_like_a_name_of_ours_stays():
    [text] = prefix.rename({"ls_model.c": 'f(ls_x, "ls_x", LS_X)'}, "mood").values()
    assert text == 'f(mood_x, "ls_x", MOOD_X)'


def test_an_arduino_library_with_a_prefix_has_nothing_that_another_has(tmp_path):
    held = []
    for own in ("mood", None):
        made = convert(
            bundle.read("nano"), format="arduino", bundles=tmp_path, name=own, prefix=own
        )
        with zipfile.ZipFile(made.path / made.model_file) as archive:
            texts = {
                name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist()
            }
        held.append({name for name in texts if name.startswith("src/")})
        included = "mood.h" if own else arduino.INCLUDED
        assert f"includes={included}" in texts["library.properties"]
        assert f"#include <{included}>" in texts["examples/Listen/Listen.ino"]
    assert not held[0] & held[1]


@pytest.mark.parametrize("wrong", ["", "Mood", "2nd", "a-b", "_x", "x_", "é"])
def test_a_prefix_that_cannot_begin_a_name_of_c_is_refused(wrong):
    with pytest.raises(ConfigError, match="expected small letters and digits"):
        prefix.check(wrong)


def test_a_format_without_names_of_c_takes_no_prefix(tmp_path):
    pytest.importorskip("torch")
    with pytest.raises(ConfigError, match="onnx-network has no names of C for --prefix"):
        convert(bundle.read("nano"), format="onnx_network", bundles=tmp_path, prefix="mood")


def test_a_bundle_with_a_prefix_is_opened_and_measured_as_any_other(write, gcc):
    made = write("nano", "mood")
    window = np.random.default_rng(0).normal(0, 0.1, (1, 48_000)).astype(np.float32)
    found, plain = (dispatch.open(each).predict(window) for each in (made, write("nano")))
    np.testing.assert_array_equal(found, plain)
    assert c99.is_network(made)
    assert device_cost.find(made) == device_cost.find(write("nano"))

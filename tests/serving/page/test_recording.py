"""A recording in the page: what is said of it is what `lightspeech predict` says."""

import csv
import io
import json

import numpy as np
import pytest
import soundfile

import lightspeech
from lightspeech.inference import answers

RATE = 16_000


@pytest.fixture(scope="module")
def expected(voice):
    return lightspeech.load("micro")(voice)


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, download.value.path().read_text("utf-8")


def test_a_recording_is_answered_and_saved_as_predict_does(visit, hear, voice, expected):
    whole = lightspeech.load("micro")(voice, whole=True)
    with visit() as page:
        hear(page, voice)
        bars = page.locator("#bars output").all_text_contents()
        lines = page.locator("#history li").count()
        files = [saved(page, button) for button in ("#json", "#csv")]
    shown = [float(bar.removesuffix(" %")) for bar in bars]
    np.testing.assert_allclose(shown, [100 * p for p in whole.probabilities.values()], atol=1.5)
    assert lines == 1 + len(expected.segments) > 3
    assert [name for name, _ in files] == ["voice.wav.json", "voice.wav.csv"]
    records = json.loads(files[0][1])
    assert len(records) == len(expected.segments)
    for record, segment in zip(records, expected.segments, strict=True):
        told = answers.record(segment)
        assert set(record) == {*told, "path", "model"}
        assert (record["label"], record["uncertain"]) == (told["label"], told["uncertain"])
        assert record["end_s"] == pytest.approx(told["end_s"], abs=0.002)
        assert record["probabilities"] == pytest.approx(told["probabilities"], abs=0.02)
        assert record["activation"] == pytest.approx(told["activation"], abs=0.02)
    rows = list(csv.DictReader(io.StringIO(files[1][1])))
    assert [float(row["p_sad"]) for row in rows] == [r["probabilities"]["sad"] for r in records]
    assert [row["uncertain"] for row in rows] == [str(r["uncertain"]) for r in records]


def test_the_table_has_the_columns_of_predict(visit, hear, voice, expected, capsys):
    from lightspeech.cli._records import FIELDS

    with visit() as page:
        hear(page, voice)
        _, table = saved(page, "#csv")
    head = table.partition("\n")[0].split(",")
    assert head == [*FIELDS, *(f"p_{label}" for label in expected.probabilities)]


def test_a_stretch_is_chosen_heard_and_explained(visit, hear, voice):
    with visit() as page:
        hear(page, voice)
        page.locator("#strip button:not(.silent)").first.click()
        page.wait_for_selector("#cursor:not([hidden])")
        page.wait_for_selector("#cursor", state="hidden")
        page.click("#ask-why")
        page.wait_for_selector("#why-map:not([hidden])")
        said = page.text_content("#why-text")
        size = page.evaluate(
            "[by('why-canvas').width, by('why-canvas').height]".replace(
                "by(", "document.getElementById("
            )
        )
    assert "its probability goes from" in said
    assert "tells" in said
    assert size[0] >= 12
    assert size[1] == 7


def test_the_map_is_of_the_sound_without_a_place(visit):
    """Places that are taken away leave what all others leave, and a tone lies in one band."""
    with visit() as page:
        energies, faint, rest = page.evaluate("""async () => {
          const { split } = await import("./occlusion.js");
          const tone = Float32Array.from({ length: 16000 }, (_, i) =>
            0.5 * Math.sin((2 * Math.PI * 800 * i) / 16000));
          const { pieces, bands, energies, without } = split(tone, 16000);
          const all = Array.from({ length: pieces * bands }, (_, place) => place);
          const loudest = (sound) => sound.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          const middle = (sound) => sound.subarray(5000, 7000); // of the second piece of four
          const others = all.filter((place) => place !== bands + 2);
          return [energies, loudest(without(all)), [[bands + 2], others].map((places) =>
            loudest(middle(without(places))))];
        }""")
    assert int(np.argmax(energies)) % 7 == 2  # 600 to 1000 Hz
    assert faint == pytest.approx(0.005, rel=0.02)  # 40 dB less
    assert rest[0] < 0.02
    assert rest[1] > 0.45


def test_what_is_no_sound_is_named(visit, tmp_path):
    (tmp_path / "a.txt.wav").write_text("no sound at all")
    with visit() as page:
        page.set_input_files("#file", tmp_path / "a.txt.wav")
        page.wait_for_selector("#state:has-text('cannot be decoded')")
        assert page.is_disabled("#json")


def test_silence_in_german_by_another_model(visit, hear, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(RATE), RATE)
    with visit(locale="de-DE") as page:
        page.select_option("#model", "nano")
        hear(page, tmp_path / "silence.wav")
        assert page.text_content("#label") == "niemand spricht"
        assert page.evaluate("document.documentElement.lang") == "de"
        page.select_option("#language", "en")
        assert page.text_content("#label") == "nobody speaks"


def test_a_clip_is_heard_and_asks_again_when_another_model_is_chosen(visit):
    with visit() as page:
        page.click("#clips button:first-of-type")
        page.wait_for_selector("#state:has-text('angry.flac,')")
        before = page.locator("#bars output").all_text_contents()
        page.select_option("#model", "small")
        n_params = lightspeech.load("small").bundle.model["n_params"]
        page.wait_for_selector(f"#figures:has-text('{n_params:,}')")
        told = page.text_content("#figures")
        assert "neutral (hardly ever told), sad 63 %" in told  # 0.995 is no share to read rounded
        page.wait_for_selector("#state:has-text('angry.flac,')")
        assert page.locator("#bars output").all_text_contents() != before

from lightspeech.files import write_json
from lightspeech.reporting import gain


def test_a_row_tells_what_a_form_hears_and_how_many_labels_change(tmp_path):
    floats, short = {"-40 dB": 0.005, "-40 dB, 16 bits": 0.1}, {"-40 dB, 16 bits": 0.125}
    figures = {
        "recordings": 200, "corpus": "toy", "rms_db": -30.0,
        "forms": {
            "ONNX": {"nano": floats, "micro": {**floats, "-40 dB": 0.0}},
            "C": {"nano": short, "micro": short},
        },
    }  # fmt: skip
    write_json(tmp_path / gain.FILE, figures)
    said = gain.describe(tmp_path)
    assert "| ONNX | -40 dB | 0.5 | 0.0 |" in said
    assert "| C | -40 dB, 16 bits | 12.5 | 12.5 |" in said
    assert "| C | -40 dB |" not in said
    assert "200 of toy" in said
    assert "an RMS of 10.4 steps" in said  # 70 dB below 32,768

from lightspeech.files import write_json
from lightspeech.reporting import robustness


def bends(clean, bent):
    rows = {"clean": (clean, 0.0), "far room": (bent, 0.25)}
    return {name: {"uar": uar, "changed": changed} for name, (uar, changed) in rows.items()}


def test_a_row_a_bend_tells_what_is_left_lost_and_changed(tmp_path):
    figures = {
        "nano": {"one": {"recordings": 300, "bends": bends(0.5, 0.4)},
                 "two": {"recordings": 20, "bends": bends(0.6, 0.3)}},
        "micro": {"one": {"recordings": 300, "bends": bends(0.7, 0.7)},
                  "two": {"recordings": 20, "bends": bends(0.7, 0.71)}},
        "micro-6": {"one": {"recordings": 300, "bends": bends(0.3, 0.2)}},
    }  # fmt: skip
    figures["nano"]["one"]["bends"]["new"] = {"uar": 0.1, "changed": 0.9}
    write_json(tmp_path / robustness.FILE, figures)
    said = robustness.describe(tmp_path)
    assert "| clean | 55.0, +0.0, 0.0 | 70.0, +0.0, 0.0 |" in said
    assert "| far room | 35.0, +20.0, 25.0 | 70.5, -0.5, 25.0 |" in said
    assert "(300 of one, 20 of two)" in said
    assert "micro-6" not in said
    assert "| new |" not in said  # not measured of all
    assert "| far room | 20.0 |" in robustness.of_model(tmp_path, "micro-6")

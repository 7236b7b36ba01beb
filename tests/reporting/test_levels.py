from lightspeech.files import write_json
from lightspeech.reporting import levels


def test_forms_stand_by_what_they_are_worth_elsewhere(tmp_path):
    figures = {
        "kept/0": {"one": 0.4, "two": 0.5, "own-three": 0.9},
        "recent/0": {"one": 0.5, "two": 0.6, "own-three": 0.7},
        "recent/1": {"one": 0.5, "two": 0.8, "own-three": 0.8},
        "recent/0/padded": {"one": 0.1, "two": 0.1, "own-three": 0.1},
    }
    write_json(tmp_path / levels.FILE, figures)
    rows = [line for line in levels.describe(tmp_path).splitlines() if "---" not in line][1:]
    assert rows == [
        "| recent | 60.0 | 75.0 | 2 |",
        "| kept | 45.0 | 90.0 | 1 |",
        "| recent, padded | 10.0 | 10.0 | 1 |",
    ]

import json
from shutil import which

import pytest

from lightspeech.evaluation import cortex_m


@pytest.fixture
def no_tools(monkeypatch):
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("no_tools")
def test_boards_without_tools_are_estimated(lightspeech, make_c_bundle):
    ended = lightspeech("boards", make_c_bundle().path)
    assert ended.code == 0
    first, _, head, *lines = ended.out.splitlines()
    assert first.startswith("toy int8, 3 parameters, 1,176 multiplications a window; estimated")
    assert head.split() == ["board", "flash", "RAM", "ms/s", "fits"]
    assert [line.startswith("Arduino Nano 33 BLE Sense") for line in lines] == [True, *8 * [False]]
    assert all("yes   estimated: " in line for line in lines)


@pytest.mark.usefixtures("no_tools")
def test_boards_in_json_and_published(lightspeech, make_c_bundle, tmp_path):
    ended = lightspeech("boards", make_c_bundle().path, "--json", "--publish", tmp_path)
    said = json.loads(ended.out)
    assert said["boards"][0]["board"]["clock_mhz"] == 64
    published = json.loads((tmp_path / "devices/toy-int8-cortex-m4f.json").read_text())
    assert published == said["cost"]
    assert published["how"] == "estimated"


def test_a_bundle_without_c_is_one_line(lightspeech, make_bundle, error_line):
    assert "holds no generated C" in error_line(lightspeech("boards", make_bundle().path))


def test_a_shipped_model_is_measured_from_anywhere(lightspeech, tmp_path, monkeypatch):
    if missing := [tool for tool in cortex_m.PACKAGES if not which(tool)]:
        pytest.skip(f"needs {missing[0]}: apt install {cortex_m.PACKAGES[missing[0]]}")
    monkeypatch.chdir(tmp_path)
    said = json.loads(lightspeech("boards", "nano", "--json").out)
    assert (said["cost"]["model"], said["cost"]["how"]) == ("nano", "measured")
    assert list(tmp_path.iterdir()) == []

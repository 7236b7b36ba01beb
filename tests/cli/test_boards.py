import json
from shutil import which

import pytest

from lightspeech.evaluation import cores


@pytest.fixture
def no_tools(monkeypatch):
    monkeypatch.setenv("PATH", "")


def in_c(lightspeech, folder):
    ended = lightspeech("export", "nano", "--format", "c99", "--bundles", folder)
    assert ended.code == 0, ended.err
    [description] = folder.glob("*/bundle.json")
    return description.parent


@pytest.mark.usefixtures("no_tools")
def test_boards_without_tools_are_estimated(lightspeech):
    ended = lightspeech("boards", "nano")
    assert ended.code == 0
    first, _, head, *lines = ended.out.splitlines()
    assert first.startswith("nano_stream int8, ")
    assert head.split() == ["board", "flash", "RAM", "ms/s", "fits"]
    assert "multiplications a window; estimated" in first
    assert [line.startswith("Arduino Nano 33 BLE Sense") for line in lines] == [True, *12 * [False]]
    assert all("yes   estimated: " in line for line in lines)


@pytest.mark.usefixtures("no_tools")
def test_boards_in_json_and_published(lightspeech, tmp_path):
    ended = lightspeech("boards", "nano", "--json", "--publish", tmp_path)
    said = json.loads(ended.out)
    assert said["boards"][0]["board"]["clock_mhz"] == 64
    published = json.loads((tmp_path / "devices/nano_stream-int8-cortex-m4f.json").read_text())
    assert published == said["cost"]
    assert published["how"] == "estimated"


def test_a_bundle_without_c_is_one_line(lightspeech, make_bundle, error_line):
    assert "holds no network that C is written from" in error_line(
        lightspeech("boards", make_bundle().path)
    )


def test_c_that_lies_in_a_bundle_is_not_run(lightspeech, make_c_bundle, error_line):
    assert "holds no network" in error_line(lightspeech("boards", make_c_bundle().path))


def test_c_that_is_another_than_the_network_gives_is_not_run(lightspeech, tmp_path, error_line):
    made = in_c(lightspeech, tmp_path)
    (made / "ls_kernels.c").write_text("int main(void) { return 0; }")
    assert "is not what this lightspeech writes" in error_line(lightspeech("boards", made))


@pytest.mark.parametrize("place", ["model", "provenance"])
def test_figures_are_published_in_the_folder_named(
    lightspeech, tmp_path, monkeypatch, error_line, place
):
    monkeypatch.setenv("PATH", "")
    made = in_c(lightspeech, tmp_path)
    said = json.loads((made / "bundle.json").read_text())
    said[place]["name" if place == "model" else "scheme"] = "../../elsewhere"
    (made / "bundle.json").write_text(json.dumps(said))
    answer = lightspeech("boards", made, "--publish", tmp_path / "results")
    assert "expected a plain name, not a path" in error_line(answer)
    assert not (tmp_path / "results").exists()


def test_a_shipped_model_is_measured_from_anywhere(lightspeech, tmp_path, monkeypatch):
    if missing := [tool for tool in cores.ARM.packages if not which(tool)]:
        pytest.skip(f"needs {missing[0]}: apt install {cores.ARM.packages[missing[0]]}")
    monkeypatch.chdir(tmp_path)
    said = json.loads(lightspeech("boards", "nano", "--json").out)
    assert (said["cost"]["model"], said["cost"]["how"]) == ("nano_stream", "measured")
    assert list(tmp_path.iterdir()) == []

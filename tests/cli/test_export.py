import pytest

from lightspeech import bundle

pytest.importorskip("torch")


def test_an_unknown_format_is_told_before_anything_else_with_those_that_are(lightspeech, tmp_path):
    ended = lightspeech("export", tmp_path, "--format", "c98")
    assert ended.code == 1
    assert "unknown name 'c98' in export; choose one of ['arduino', 'c99'" in ended.err


def test_a_format_of_the_right_name_asks_for_a_run(lightspeech, tmp_path):
    ended = lightspeech("export", tmp_path / "fold0-seed0", "--format", "c99")
    assert ended.code == 1
    assert "no run of a study, and no bundle" in ended.err
    assert f"one of {bundle.shipped()}" in ended.err


def test_a_run_that_a_step_made_is_a_run_of_a_study(lightspeech, tmp_path):
    (tmp_path / "1-quantize" / "fold0-seed0").mkdir(parents=True)
    (tmp_path / "1-quantize" / "steps.yaml").write_text("[{name: quantize}]")
    ended = lightspeech("export", tmp_path / "1-quantize", "--format", "c99")
    assert "is a study; name one of its runs" in ended.err
    ended = lightspeech("export", tmp_path / "1-quantize" / "fold0-seed0", "--format", "c99")
    assert ended.code == 1
    assert "no run of a study" not in ended.err


@pytest.mark.parametrize("name", ["a/b", "..", "../up", "a\\b", ".hidden", ""])
def test_a_name_that_is_a_path_is_refused(lightspeech, error_line, tmp_path, name):
    line = error_line(
        lightspeech("export", "nano", "--bundles", tmp_path / "bundles", "--name", name)
    )
    assert f"--name {name}: expected a plain name" in line
    assert not list(tmp_path.iterdir())

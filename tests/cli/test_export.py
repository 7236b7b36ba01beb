import pytest

pytest.importorskip("torch")


def test_an_unknown_format_is_told_before_anything_else_with_those_that_are(lightspeech):
    ended = lightspeech("export", "runs/none/fold0-seed0", "--format", "c98")
    assert ended.code == 1
    assert "unknown name 'c98' in export; choose one of ['arduino', 'c99'" in ended.err


def test_a_format_of_the_right_name_asks_for_a_run(lightspeech, tmp_path):
    ended = lightspeech("export", tmp_path / "fold0-seed0", "--format", "c99")
    assert ended.code == 1
    assert "no run of a study" in ended.err

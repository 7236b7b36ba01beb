import json
from dataclasses import replace

import pytest

from lightspeech.evaluation import conditions, results


@pytest.fixture
def files(make_study, tmp_path):
    """Write three files of figures, each better than the one before, for every speaker."""
    figures = results.measure(*conditions.read(make_study()))
    paths = [tmp_path / f"{n}.json" for n in range(3)]
    for n, path in enumerate(paths):
        better = {who: min(1, uar + 0.01 * n) for who, uar in figures.per_speaker.items()}
        results.write(replace(figures, per_speaker=better, data_sha256=str(n) * 64), path)
    return paths


def test_what_differs_is_told_with_interval_and_p_and_several_are_controlled(lightspeech, files):
    told = lightspeech("diff", *files)
    assert told.code == 0
    first, second = told.out.strip().split("\n\n")
    assert first.startswith(f"{files[0]} → {files[1]}")
    assert "data_sha256: 000000000000 → 111111111111" in first
    assert "+1.0 [+1.0, +1.0], 4 speakers, p 0.1250, Holm 0.2500" in first
    assert "+2.0 [+2.0, +2.0], 4 speakers, p 0.1250, Holm 0.2500" in second


def test_machines_are_told_the_same(lightspeech, files):
    [found] = json.loads(lightspeech("diff", *files[:2], "--json").out)
    assert found["test"]["p"] == found["test"]["p_holm"] == 0.125
    assert found["conditions"] == {"data_sha256": ["0" * 64, "1" * 64]}
    assert found["recipe"] is None


def test_what_is_not_there_is_one_line(lightspeech, error_line, files, tmp_path):
    assert "none" in error_line(lightspeech("diff", files[0], tmp_path / "none"))

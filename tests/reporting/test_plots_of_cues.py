"""Curves of explained chains: what they draw, and that their words say it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lightspeech.explain import explanation
from lightspeech.reporting import pictures, plots_of_cues

pytest.importorskip("matplotlib", reason="pictures need the extra 'report'")
RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture
def found():
    return next(iter(explanation.read_all(RESULTS).values()))


def test_each_published_chain_has_curves_of_its_systems_and_of_its_emotions():
    names = [picture.name for picture in pictures.explanations(RESULTS)]
    assert len(names) == len(set(names)) == 2 * len(explanation.read_all(RESULTS)) > 2


def test_curves_say_what_they_draw(found):
    last = found.systems[-1]
    flat = next(e for e in last.edits if (e.cue, e.amount) == ("pitch range", 0))
    words = plots_of_cues.words_of_systems(found)
    start = f"{last.name}, pitch range: 0 × {100 * flat.emotions['all'].change:.1f}, 0.5 ×"
    assert start in words
    assert f"with other answers 0 × {100 * flat.flipped:.1f}, 0.5 ×" in words
    happy = f"{last.name}, happy, pitch range: 0 × {100 * flat.emotions['happy'].change:.1f}, "
    assert happy in plots_of_cues.words_of_emotions(found)


@pytest.mark.parametrize("n_systems", [1, 2, 3])
def test_a_line_a_system_and_a_row_an_end_of_the_chain(found, n_systems):
    some = replace(found, systems=found.systems[:n_systems])
    n_cues = len(plots_of_cues.scales(some.systems[0]))
    grid = plots_of_cues.systems(some).figure.axes
    assert [len(axes.lines) - 1 for axes in grid] == [n_systems] * 2 * n_cues  # one is zero
    drawn = plots_of_cues.emotions(some).figure
    assert len(drawn.axes) == min(n_systems, 2) * n_cues
    assert {text.get_text() for text in drawn.legends[0].texts} == {*some.labels}
    assert re.match(r"<svg role=", plots_of_cues.emotions(some).svg())

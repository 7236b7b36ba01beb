"""The figures of a study as files, and what every picture keeps: readable names, whole dots."""

import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.text import Annotation
from typer.testing import CliRunner

from lightspeech.cli import app
from lightspeech.errors import ConfigError
from lightspeech.evaluation import results
from lightspeech.evaluation.frontier import Point
from lightspeech.reporting import pictures, plots_of_costs, tables

ROOT = Path(__file__).parents[2]
BEGINS = {"svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG"}


def report(folder, *options):
    return CliRunner().invoke(app, ["report", str(folder), *map(str, options)])


def test_figures_are_written_in_every_format_that_is_asked_for(make_study, tmp_path):
    answer = report(make_study(), "--figures", tmp_path / "new", "--format", "svg,pdf,png")
    paths = [Path(line) for line in answer.stdout.split()]
    assert sorted(paths) == sorted((tmp_path / "new").iterdir())
    assert {path.stem for path in paths} >= {"confusion", "recalls", "speakers", "calibration"}
    for path in paths:
        assert path.read_bytes().startswith(BEGINS[path.suffix[1:]])
        if path.suffix == ".svg":
            assert ET.fromstring(path.read_text()).get("aria-label")


def test_the_same_study_gives_the_same_bytes(make_study, tmp_path):
    for name in ("a", "b"):
        report(make_study(), "--figures", tmp_path / name, "--format", "pdf,svg")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--figures", "new", "--format", "svg,jpg"), "unknown format 'jpg'; choose of svg, pdf"),
        (("--format", "pdf"), "name their folder too: --figures FOLDER"),
        (("--figures", "new", "--output", "a.html"), "give one of them"),
    ],
)
def test_what_cannot_be_written_is_said(make_study, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    answer = report(make_study(), *options)
    assert isinstance(answer.exception, ConfigError)
    assert said in str(answer.exception)
    assert not list(tmp_path.glob("new"))


def point(system, size, uar, **more):
    return Point(
        system=system, corpus="toy", n_classes=4, uar=uar, n_params=9, size_bytes=size, macs=None,
        protocol="folds", **more,
    )  # fmt: skip


def names_of(axes):
    """Where names stand, in pixels, without their lines."""
    from matplotlib.text import Text

    axes.figure.draw_without_rendering()
    notes = [child for child in axes.get_children() if isinstance(child, Annotation)]
    return {note.get_text(): Text.get_window_extent(note) for note in notes}


def published_points():
    from lightspeech.evaluation import frontier

    points = [*frontier.measured(tables.read_all(ROOT / "results")), *frontier.published()]
    return [p for p in points if (p.corpus, p.n_classes) == ("ravdess", 8)]


def test_no_name_of_the_fullest_picture_covers_another_or_is_struck_through():
    drawing = plots_of_costs.frontier(published_points(), "size_bytes", "ravdess")
    [axes] = drawing.figure.axes
    boxes = names_of(axes)
    assert len(boxes) > 20
    assert not [name for name, box in boxes.items() if box.count_overlaps(boxes.values()) > 1]
    [edge] = [line for line in axes.lines if "better" in line.get_label()]
    corners = axes.transData.transform(edge.get_xydata())
    for (x0, y0), (x1, y1) in pairwise(corners):
        for box in boxes.values():
            assert not (x0 < box.x1 and x1 > box.x0 and box.y0 < y0 < box.y1)
            assert not (box.x0 < x1 < box.x1 and y0 < box.y1 and y1 > box.y0)


def test_floats_and_int8_at_one_place_are_two_marks_and_others_a_third():
    same = [point("a", 9_000, 0.5), point("a int8", 9_000, 0.5, scheme="int8")]
    others = [point("b", 90_000, 0.7, source="a paper")]
    drawing = plots_of_costs.frontier(same + others, "size_bytes", "toy")
    text = drawing.svg()
    for said in ("measured here, floats", "measured here, int8", "published by others"):
        assert f">{said}<" in text
    assert ">nothing smaller is better<" in text


@pytest.mark.parametrize(("best", "drawn"), [(0.55, True), (0.75, False)])
def test_intervals_are_drawn_side_by_side_where_chance_may_order(best, drawn):
    points = [
        point("a", 9_000, 0.5, ci95=(0.4, 0.6)),
        point("a int8", 9_000, 0.5, scheme="int8", ci95=(0.41, 0.61)),
        point("b", 90_000, best, ci95=(0.5, 0.8)),
    ]
    [axes] = plots_of_costs.frontier(points, "size_bytes", "toy").figure.axes
    upright = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert len(set(upright)) == (3 if drawn else 0)


def test_pictures_say_the_intervals_that_they_draw():
    words = {picture.name: picture.words for picture in pictures.frontiers(ROOT / "results")}
    told = results.read(ROOT / "results/cross6/micro_stream-int8.json").uar.mean
    assert f"micro_stream int8: {100 * told:.1f} [" in words["cross6-4-macs.svg"]

from dataclasses import replace
from pathlib import Path

import pytest

from lightspeech.evaluation.latency import Latency
from lightspeech.evaluation.trial import Row
from lightspeech.files import write_json
from lightspeech.reporting import benchmark_table, pictures

ROW = Row(
    model="toy", format="c99", size_bytes=81_496, ram_bytes=8_080, ram="arena", micro_bytes=22_576,
    latency=Latency(median_ms=2.0, p95_ms=3.0, rounds=9, cpu_ms=1.25), window_s=3.0,
)  # fmt: skip
FAILED = Row(model="toy", format="litert", status="failed", why="no LiteRT here")


def test_the_arena_of_tflite_micro_stands_beside_that_of_c():
    [head, _, cells] = benchmark_table.markdown([ROW]).splitlines()[:3]
    row = dict(zip(head.split(" | "), cells.split(" | "), strict=True))
    assert (row["RAM"], row["TFLM"]) == ("8,080", "22,576")


def test_the_picture_tells_every_row_that_was_timed_and_none_that_failed():
    pytest.importorskip("matplotlib", reason="needs the extra 'report'")
    made = pictures.of_benchmark([ROW, replace(ROW, format="onnx", size_bytes=200_000), FAILED])
    assert made.words == "toy c99: 1.25 ms, 81.5 kB; toy onnx: 1.25 ms, 200 kB"
    drawn = made.text()
    assert "toy c99</text>" in drawn
    assert "litert" not in drawn


def test_without_a_benchmark_there_is_no_picture_of_it(tmp_path):
    assert not list(pictures.benchmarks(tmp_path))
    write_json(
        tmp_path / "benchmark.json",
        {"machine": {"cpu": "a processor"}, "threads": 2, "rounds": 9, "rows": []},
    )
    assert [picture.name for picture in pictures.benchmarks(tmp_path)] == ["benchmark.svg"]
    about, rows = benchmark_table.read(Path(tmp_path / "benchmark.json"))
    assert (about, rows) == ("a processor, threads: 2, rounds: 9", [])

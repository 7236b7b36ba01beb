from dataclasses import replace

import numpy as np
import pytest
import soundfile

from lightspeech.corpora.base import Utterance
from lightspeech.evaluation import trial
from lightspeech.evaluation.trial import Entry, Row, Trial
from lightspeech.reporting import benchmark_table as tables

ROW = Row(model="toy", format="onnx", macs=3)
NOTHING = Trial(utterances=[], vocabulary="own")


@pytest.fixture
def strangers(tmp_path):
    """A silent and a loud recording of a speaker whom the bundle never heard."""
    made = []
    for emotion, peak in (("low", 0.0), ("loud", 0.5), ("mid", 0.5)):
        path = tmp_path / f"{emotion}.wav"
        soundfile.write(path, np.full(8_000, peak, np.float32), 16_000)
        made.append(
            Utterance(
                id=f"toy/{emotion}",
                path=path,
                corpus="toy",
                speaker="toy/a",
                emotion=emotion,
                duration_s=0.5,
                sample_rate=16_000,
                audio_hash=emotion,
            )  # fmt: skip
        )
    return Trial(utterances=made, vocabulary="own")


def test_figures_are_those_of_the_bundle_on_its_test_speakers(make_bundle, strangers):
    made = make_bundle(provenance={"fold": 0, "seed": 0, "test_speakers": ["toy/a"]})
    found, _ = trial.entry(made, ROW, strangers)
    [row] = trial.rows([found], rounds=3)
    assert (row.status, row.n_utterances, row.uar) == ("ok", 3, 0.666667)  # it hears no "mid"
    assert (row.size_bytes, row.n_params, row.macs) == (made.size_bytes, 3, 3)
    assert row.rtf == pytest.approx(row.latency.median_ms / 1_000, abs=1e-6)


def test_memory_is_that_of_a_process_which_answered(make_bundle):
    found, _ = trial.entry(make_bundle(), ROW, NOTHING)
    if not trial.STATUS.is_file():
        pytest.skip("needs /proc, which Linux has")
    assert found.row.ram == "process"
    assert 20e6 < found.row.ram_bytes < 500e6


def test_what_fails_stays_and_says_why(make_bundle):
    broken = make_bundle(model=b"no model")
    found, opened = trial.entry(broken, ROW, NOTHING)
    [row] = trial.rows([found], rounds=1)
    assert opened is None
    assert (row.status, row.latency, row.uar) == ("failed", None, None)
    assert "export the model again" in row.why
    assert "\n" not in row.why


def test_formats_are_compared_with_the_same_model_in_floats():
    uars = {("a", "onnx"): 0.6, ("a", "c99"): 0.55, ("b", "c99"): 0.7}
    entries = [Entry(row=replace(ROW, model=m, format=f, uar=u)) for (m, f), u in uars.items()]
    found = trial.rows(entries, rounds=1)
    assert [row.uar_change for row in found] == [0.0, -0.05, None]


def test_a_call_of_many_windows_is_told_by_the_window():
    row = replace(ROW, window_s=2.0)
    calls = []
    [found] = trial.rows([Entry(row=row, call=lambda: calls.append(1), n_windows=20)], rounds=5)
    [once] = trial.rows([Entry(row=row, call=lambda: None)], rounds=5)
    assert found.latency.median_ms < 0.1 > once.latency.median_ms
    assert len(calls) == 5 + trial.latency.WARM_UP


@pytest.mark.parametrize(
    ("wished", "macs", "windows"),
    [(1, 3, 1), (20, None, 20), (20, 5_000_000, 8), (20, 159_326_720, 1)],
)
def test_a_large_network_answers_fewer_windows_a_call(wished, macs, windows):
    assert trial.at_once(wished, macs) == windows


def test_tables_say_what_failed_and_leave_out_what_nobody_measured():
    rows = [replace(ROW, uar=0.5, uar_change=-0.012, ram_bytes=8_080, ram="arena"),
            replace(ROW, format="litert", status="failed", why="no LiteRT here")]  # fmt: skip
    for shown in (tables.text(rows), tables.markdown(rows), tables.comma_separated(rows)):
        assert "failed: no LiteRT here" in shown
        assert "50.0" in shown
        assert "-1.2" in shown
        assert "None" not in shown
    assert len({line.count("|") for line in tables.markdown(rows).splitlines()[:4]}) == 1

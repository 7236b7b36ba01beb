from lightspeech.files import write_json
from lightspeech.reporting import browser


def test_both_ways_stand_beside_each_other_with_their_ratio(tmp_path):
    times = {"wasm": {"median": 0.5}, "onnxruntime": {"median": 3.0}}
    figures = {
        "machine": {"cpu": "a processor"}, "browser": "Chromium 1 built on", "bundle": "micro",
        "onnxruntime_web": "2.0", "bytes": {"wasm": 1_000, "onnxruntime": 200_000},
        "start_ms": times, "window_ms": times, "gate_in_javascript_ms": {"median": 4.0},
        "hop_ms": {"median": 0.25}, "ratios": {"bytes": 200.0, "start": 6.0, "window": 6.0},
    }  # fmt: skip
    write_json(tmp_path / browser.FILE, figures)
    text = browser.describe(tmp_path)
    assert "| bytes to load | 200,000 | 1,000 | 200.0 × |" in text
    assert "| a window, ms | 3.00 | 0.50 | 6.0 × |" in text
    assert "in Chromium 1, with onnxruntime-web 2.0" in text

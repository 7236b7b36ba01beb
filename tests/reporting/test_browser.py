from lightspeech.files import write_json
from lightspeech.reporting import browser


def test_all_ways_stand_beside_each_other_with_their_ratio(tmp_path):
    times = {"wasm": {"least": 0.5}, "onnxruntime": {"least": 3.0}, "exported": {"least": 4.0}}
    gated = {"wasm": {"least": 0.75}, "onnxruntime": {"least": 6.0}}
    figures = {
        "machine": {"cpu": "a processor"}, "browser": "Chromium 1 built on", "bundle": "micro",
        "onnxruntime_web": "2.0",
        "bytes": {"wasm": 1_000, "onnxruntime": 200_000, "exported": 300_000},
        "start_ms": times, "window_ms": times, "gated_window_ms": gated,
        "hop_ms": {"least": 0.25}, "load_before": 1.5,
    }  # fmt: skip
    write_json(tmp_path / browser.FILE, figures)
    text = browser.describe(tmp_path)
    assert "| bytes to load | 1,000 | 200,000 | 200.0 × | 300,000 | 300.0 × |" in text
    assert "| a window, ms | 0.50 | 3.00 | 6.0 × | 4.00 | 8.0 × |" in text
    assert "| a window with voice gate, ms | 0.75 | 6.00 | 8.0 × |  |  |" in text
    assert "in Chromium 1, with onnxruntime-web 2.0" in text

import time

from lightspeech.training import study


def test_the_bar_moves_while_a_single_process_trains(monkeypatch):
    monkeypatch.setattr(study, "REPORT_S", 0.01)
    told = []
    with study._watched(lambda: told.append(len(told))):
        deadline = time.monotonic() + 10
        while len(told) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    seen = len(told)
    time.sleep(0.05)
    assert seen >= 3
    assert len(told) == seen

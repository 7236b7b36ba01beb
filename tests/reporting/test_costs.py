import json

from lightspeech.evaluation import pruning, speed, voices
from lightspeech.evaluation.pruning import Curve, Point
from lightspeech.files import write_json
from lightspeech.reporting import costs, pictures


def curve(model, macs):
    whole = Point(name="whole", uar=0.65, macs=macs, size_bytes=200_000, n_params=49_000)
    half = Point(
        name="half", uar=0.6312, macs=macs // 2, size_bytes=102_000, n_params=25_000
    )  # fmt: skip
    return Curve(
        model=model, corpus="toy", recipe="toy_micro", how="channels by taylor", folds=5,
        seeds=(0,), points=(whole, half),
    )  # fmt: skip


def test_a_curve_is_a_table_with_its_making_and_all_curves_are_one_picture(tmp_path):
    assert costs.pruned(tmp_path) == costs.NOTHING
    assert list(pictures.prunings(tmp_path)) == []
    pruning.write(curve("micro", 1_650_000), tmp_path)
    pruning.write(curve("large", 9_000_000), tmp_path)
    text = costs.pruned(tmp_path)
    assert "**micro on toy**, 5 folds, seeds 0: channels by taylor." in text
    assert "| half | 63.1 | 0.82 | 102 kB | 25,000 |" in text
    assert text.index("large on toy") < text.index("micro on toy")
    [picture] = pictures.prunings(tmp_path)
    assert "micro on toy: 65.0 % at 1,650,000 multiplications and 200 kB" in picture.words
    drawn = picture.text()
    assert ">large<" in drawn
    assert ">micro<" in drawn


def test_a_study_one_by_one_is_runs_by_epochs_and_a_finished_one_is_shared_by_the_cores(tmp_path):
    micro = {
        "n_params": 49_000, "n_utterances": 1_000, "epoch_s": 0.442, "loader_epoch_s": 1.2,
        "batches_utterances_per_s": 9_000, "loader_utterances_per_s": 900, "runs": 25,
        "epochs": 100, "study_s": 1710.0,
    }  # fmt: skip
    untold = {name: micro[name] for name in list(micro)[:3] + list(micro)[4:6]}
    machine = {"cpu": "abacus", "cores": 2}
    recipes = {"micro": micro, "untold": untold}
    write_json(tmp_path / speed.PATH, {"machine": machine, "threads": 1, "recipes": recipes})
    text = costs.training(tmp_path)
    assert "| micro | 49,000 | 1.20 s | 0.44 s | 25 × 100 | 50.0 min | 14.2 min |" in text
    assert "| untold | 49,000 |  | 0.44 s |  |  |  |" in text


def test_devices_are_told_with_how_their_costs_are_known(tmp_path):
    cost = {
        "model": "nano", "scheme": "int8", "target": "cortex-m4f", "how": "estimated",
        "basis": "4 instructions a multiplication", "flash_bytes": 35_176, "ram_bytes": 27_156,
        "instructions_per_audio_second": 3_707_065, "instructions_per_inference": 1_794_340,
        "n_params": 14_832, "macs": 505_448, "sha256": "0" * 64,
    }  # fmt: skip
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices/nano.json").write_text(json.dumps(cost))
    assert "| estimated: 4 instructions a multiplication | 35.2 kB |" in costs.devices(tmp_path)


def test_a_speaker_is_known_by_some_seconds_or_by_all_he_says(tmp_path):
    assert costs.known_by(tmp_path) == costs.NOTHING
    points = [{"seconds": s, "uar": u, "std": 0.004} for s, u in ((5.0, 0.61), (None, 0.652))]
    write_json(tmp_path / voices.PATH, {"toy_known": points})
    text = costs.known_by(tmp_path)
    assert "| 5 s | all |" in text
    assert "| toy_known | 61.0 ± 0.4 | 65.2 ± 0.4 |" in text

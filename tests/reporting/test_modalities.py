from lightspeech.files import write_json
from lightspeech.reporting import modalities


def study(name, uar, **changes):
    return {
        "corpus": "told", "protocol": "k-fold", "model": {"name": name}, "scheme": "fp32",
        "n_params": 1_234, "uar": uar, "text_seen": None, "highest_there_can_be": None, **changes,
    }  # fmt: skip


def test_a_row_tells_what_a_model_was_taught_by_and_tested_with(tmp_path):
    ceilings = {"text": 0.5, "audio": 0.375, "both": 0.75}
    both = {"both": 0.71, "sound alone": 0.3, "words alone": 0.25}
    studies = {
        "b": study("multimodal", both, text_seen=1.0, scheme="distilled"),
        "a": study("micro", {"sound alone": 0.36}, corpus="made", highest_there_can_be=ceilings),
    }
    write_json(tmp_path / modalities.FILE, {"studies": studies})
    rows = [line for line in modalities.describe(tmp_path).splitlines() if "---" not in line][1:]
    assert rows == [
        "| made | k-fold | micro | sound alone | sound alone | 1,234 | 36.0 | 37.5 | – |",
        "| told | k-fold | multimodal distilled | both | both | 1,234 | 71.0 | – | 100.0 |",
        "| told | k-fold | multimodal distilled | both | sound alone | 1,234 | 30.0 | – | 100.0 |",
        "| told | k-fold | multimodal distilled | both | words alone | 1,234 | 25.0 | – | 100.0 |",
    ]


def test_a_student_is_told_by_what_it_costs_less_than_its_teacher(tmp_path):
    systems = {"pico": {"n_params": 1_000, "cpu_ms": 12.3, "smaller": 0.386, "quicker": 0.414}}
    told = {"machine": {"cpu": "a processor"}, "rounds": 3, "systems": systems}
    write_json(tmp_path / modalities.STUDENTS, told)
    assert "| pico | 1,000 | 12 | 38.6 | 41.4 |" in modalities.students(tmp_path)

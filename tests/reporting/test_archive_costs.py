from lightspeech.files import write_json
from lightspeech.reporting import archive_costs


def test_costs_follow_from_the_rate_of_a_core(tmp_path):
    memory = {part: {"command": 1, "worker": 2} for part in ("first third", "last third")}
    proof = {
        "utterances": 50_000, "parts": 100, "workers": 2, "killed": 1, "lost": 3, "twice": 4,
        "failed": 5, "differ": 6, "memory_mb": memory,
    }  # fmt: skip
    figures = {
        "machine": {"cpu": "a core"}, "proof": proof, "rates": {"toy": {"clips": 100, "long": 625}}
    }  # fmt: skip
    write_json(tmp_path / archive_costs.FILE, figures)
    text = archive_costs.describe(tmp_path)
    assert "| toy | clips of 1 s | 100 | 100.0 | 1.56 |" in text
    assert "| toy | recordings of 60 s | 625 | 16.0 | 0.25 |" in text
    assert "50,000 made utterances" in text
    assert "3 lost, 4 twice, 5 failed, 6 of the first and last file answered otherwise" in text

from lightspeech.files import write_json
from lightspeech.reporting import trials


def rows(table):
    return [line for line in table.splitlines() if "---" not in line]


def of(*corpora, own, **bent):
    return {**dict(zip(trials.MEASURED, corpora, strict=True)), "own-nemo": own, **bent}


def test_levels_stand_by_what_they_are_worth_elsewhere(tmp_path):
    figures = {
        "kept/0": of(0.4, 0.5, 0.3, own=0.9),
        "recent/0": of(0.5, 0.6, 0.4, own=0.7),
        "recent/1": of(0.5, 0.8, 0.8, own=0.8),
        "recent/0/padded": of(0.1, 0.1, 0.1, own=0.1),
    }
    write_json(tmp_path / trials.LEVELS, figures)
    assert rows(trials.levels(tmp_path)) == [
        "| form | other corpora | other speakers | seeds |",
        "| recent | 60.0 | 75.0 | 2 |",
        "| kept | 40.0 | 90.0 | 1 |",
        "| recent, padded | 10.0 | 10.0 | 1 |",
    ]


def test_bent_sound_stands_beside_clean_one(tmp_path):
    figures = {
        "usual/0": of(0.4, 0.5, 0.3, own=0.9, telephone=0.3),
        "usual/1": of(0.4, 0.5, 0.3, own=0.7, telephone=0.2),
        "lines/0": of(0.5, 0.5, 0.5, own=0.8, telephone=0.45),
    }
    write_json(tmp_path / trials.AUGMENTATION, figures)
    assert rows(trials.augmentation(tmp_path)) == [
        "| form | other corpora | other speakers | telephone | seeds |",
        "| lines | 50.0 | 80.0 | 45.0 | 1 |",
        "| usual | 40.0 | 80.0 | 25.0 | 2 |",
    ]

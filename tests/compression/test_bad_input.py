"""Truncated files that a chain reads: one line that says what was found and what to do."""

import pytest

from lightspeech.errors import ConfigError, CorpusError

DISTILL = "compress=[{name: distill, teacher: teacher, crops: 1}]"


@pytest.mark.parametrize(("whose", "part"), [("teacher", 0.0), ("teacher", 0.999), ("tiny", 0.5)])
def test_a_truncated_weights_file_is_said_to_be_damaged(train, whose, part):
    train("name=teacher")
    folder, compress = train(DISTILL)
    given = folder.parent / whose / "fold0-seed0/weights.safetensors"
    whole = given.read_bytes()
    given.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ConfigError, match=f"{whose}/fold0-seed0: damaged weights .*train the run"):
        compress()


def test_a_truncated_file_of_soft_labels_is_said_to_be_none(train):
    train("name=teacher")
    folder, compress = train(DISTILL)
    compress()
    given = folder / "1-distill/soft/fold1.safetensors"
    given.write_bytes(given.read_bytes()[:-100])
    with pytest.raises(CorpusError, match="fold1.safetensors: no soft labels .*delete it and let"):
        compress()

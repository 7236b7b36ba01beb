import pytest

from lightspeech import config
from lightspeech.corpora import emodb


@pytest.fixture
def choice(tmp_path, write_tone):
    """Three tones named as EMO-DB names its files; the first two are the same recording."""
    write_tone(tmp_path / "wav" / "03a01Fa.wav", hertz=300)
    write_tone(tmp_path / "wav" / "03a01Nc.flac", hertz=300)
    write_tone(tmp_path / "wav" / "16b10Wa.wav", hertz=500, seconds=0.2, rate=8000)
    return config.Choice("lightspeech.corpora", "emodb", emodb.Config(root=tmp_path / "wav"))

import pytest

from lightspeech.audio.io import inspect, load

pytestmark = pytest.mark.corpus


def test_originals_and_their_flac_copies_are_the_same_recording(data_root):
    originals = sorted((data_root / "emodb" / "original-samples").glob("*.wav"))
    assert originals
    for original in originals:
        [copy] = (data_root / "emodb").rglob(f"{original.stem}.flac")
        assert inspect(original) == inspect(copy)


def test_the_known_duplicate_of_ravdess_is_found_by_content(data_root):
    folder = data_root / "ravdess" / "Actor_07"
    hashes = [inspect(path).audio_hash for path in sorted(folder.glob("*.flac"))]
    assert len(hashes) - len(set(hashes)) == 1


@pytest.mark.parametrize("corpus", ["ravdess", "nemo"])
def test_originals_at_other_rates_last_as_long_as_their_copies(data_root, corpus):
    originals = sorted((data_root / corpus / "original-samples").rglob("*.wav"))
    assert originals
    for original in originals:
        info = inspect(original)
        assert info.sample_rate > 16_000
        assert len(load(original)) == pytest.approx(info.duration_s * 16_000, abs=1)

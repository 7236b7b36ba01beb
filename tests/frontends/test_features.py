from dataclasses import replace

import numpy as np
import pytest

from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.errors import AudioError, LightspeechWarning, OutputError
from lightspeech.frontends import cache, mel_features

CFG = MelConfig(n_mels=16)
WINDOWS = Windows(window_s=0.2, hop_s=0.1)


@pytest.fixture
def utterances(tmp_path, write_tone):
    return [
        Utterance(
            id=f"toy/{name}", corpus="toy", speaker="toy/a", emotion="sad", audio_hash=name,
            path=write_tone(tmp_path / f"{name}.wav", seconds=seconds, hertz=hertz),
        )
        for name, seconds, hertz in (("a", 0.5, 300), ("b", 0.05, 500), ("c", 0.31, 700))
    ]  # fmt: skip


def load(utterances, folder, cfg=CFG, windows=WINDOWS):
    """Load, and count what had to be computed."""
    computed = []
    made = mel_features.load(utterances, cfg, windows, folder, step=lambda: computed.append(1))
    return made, len(computed)


def test_it_holds_whole_utterances_and_their_windows(utterances, tmp_path):
    made, _ = load(utterances, tmp_path / "cache")
    for row, utterance in enumerate(utterances):
        waveform = io.load(utterance.path, CFG.sample_rate)
        whole = made.frames[made.offsets[row] : made.offsets[row + 1]]
        np.testing.assert_array_equal(whole, frontend.log_bands(waveform, CFG))
        cut = made.windows[made.window_offsets[row] : made.window_offsets[row + 1]]
        pieces = WINDOWS.cut(waveform, CFG.sample_rate)
        np.testing.assert_array_equal(cut, [frontend.log_bands(piece, CFG) for piece in pieces])


def test_the_second_time_nothing_is_computed(utterances, tmp_path):
    first, computed = load(utterances, tmp_path / "cache")
    again, recomputed = load(utterances, tmp_path / "cache")
    assert (computed, recomputed) == (3, 0)
    for name in ("frames", "offsets", "windows", "window_offsets"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))


@pytest.mark.parametrize("offsets", [[0, 1, 2, 10**12], [0, 9, 3, 10], [0, 1], [5, 6, 7, 8]])
@pytest.mark.parametrize("name", ["offsets", "window_offsets"])
def test_offsets_of_other_recordings_are_computed_anew(utterances, tmp_path, name, offsets):
    whole, _ = load(utterances, tmp_path / "cache")
    (file,) = (tmp_path / "cache").rglob(f"{name}.npy")
    cache.keep(np.array(offsets), file)
    with pytest.warns(LightspeechWarning, match="no offsets of these recordings"):
        again, computed = load(utterances, tmp_path / "cache")
    assert computed == 3
    np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))


@pytest.mark.parametrize(
    "changed",
    [
        lambda u: (u, replace(CFG, n_mels=17), WINDOWS),
        lambda u: (u, replace(CFG, floor=1e-5), WINDOWS),
        lambda u: (u, CFG, replace(WINDOWS, hop_s=None)),
        lambda u: ([replace(u[0], audio_hash="z"), *u[1:]], CFG, WINDOWS),
        lambda u: (u[:2], CFG, WINDOWS),
        lambda u: (u[::-1], CFG, WINDOWS),
    ],
    ids=["mel bands", "floor", "hop", "audio", "fewer", "order"],
)
def test_whatever_changes_the_features_changes_the_key(utterances, changed):
    assert mel_features.key(*changed(utterances)) != mel_features.key(utterances, CFG, WINDOWS)


def test_a_moved_corpus_keeps_its_key(utterances, tmp_path):
    moved = [replace(u, path=tmp_path / "elsewhere" / u.path.name) for u in utterances]
    assert mel_features.key(moved, CFG, WINDOWS) == mel_features.key(utterances, CFG, WINDOWS)


@pytest.mark.parametrize("written", range(4))
def test_a_kill_half_way_leaves_no_half_cache(utterances, tmp_path, monkeypatch, written):
    """Killed in the middle of each of the four files; what is there then is never believed."""
    expected, _ = load(utterances, tmp_path / "whole")
    write_array, calls = np.lib.format.write_array, []

    def killed(file, array, **options):
        if len(calls) == written:
            file.write(b"half")
            raise KeyboardInterrupt
        calls.append(1)
        write_array(file, array, **options)

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "write_array", killed)
        with pytest.raises(KeyboardInterrupt):
            load(utterances, tmp_path / "cache")
    made, computed = load(utterances, tmp_path / "cache")
    assert computed == 3
    np.testing.assert_array_equal(made.frames, expected.frames)
    np.testing.assert_array_equal(made.windows, expected.windows)
    assert {path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file()} == {".npy"}


def test_a_full_disk_is_one_line(utterances, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(OutputError, match="No space left on device"):
        load(utterances, tmp_path / "cache")


def test_a_recording_that_went_bad_is_named(utterances, tmp_path):
    utterances[1].path.write_bytes(b"no audio")
    with pytest.raises(AudioError, match=r"b\.wav"):
        load(utterances, tmp_path / "cache")

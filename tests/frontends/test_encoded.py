import dataclasses

import numpy as np
import pytest
import torch

from lightspeech.audio import io
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, StudyError
from lightspeech.frontends import (
    bends,
    encoder,
    extraction,
    hidden_states,
    mel,
    pretrained,
    small_encoder,
    versions,
    waveform,
)
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.frontends.encoded import EncoderFrontend
from lightspeech.frontends.encoder import Config, Pretrained
from lightspeech.frontends.hidden_states import HiddenStates
from lightspeech.frontends.surroundings import Surroundings
from lightspeech.frontends.versions import Copies

CFG = Config(width=4, first=1, last=2)
LENGTHS = (3, 40, 17, 9, 25, 12, 30)
OFF = Augment(crop=0.0, time_masks=0)


@pytest.fixture
def found(tmp_path):
    """Utterances of many lengths; every frame holds one more than its utterance's number."""
    files = tuple(tmp_path / f"{row}.npy" for row in range(len(LENGTHS)))
    for row, (file, frames) in enumerate(zip(files, LENGTHS, strict=True)):
        np.save(file, np.full((frames, 8), row + 1, np.float16))
    return HiddenStates(CFG, files)


def batches(found, *, bending=OFF, size=3, seed=5):
    targets = torch.arange(len(LENGTHS))
    order = Order(np.arange(len(LENGTHS) - 1), batch_size=size, seed=seed)
    return found.train(order, targets, bending)


def frames_of(batch):
    """Frames of each example that count."""
    return (batch.features != 0).any(2).sum(1).tolist()


def test_every_training_row_comes_once_an_epoch_with_its_own_states(found):
    parts = list(batches(found).epoch(0))
    assert sorted(torch.cat([part.rows for part in parts]).tolist()) == list(range(6))
    for part in parts:
        assert part.features.amax((1, 2)).tolist() == (part.rows + 1).tolist()
        assert frames_of(part) == [LENGTHS[row] for row in part.rows]
        assert part.features.shape[1] == max(LENGTHS[row] for row in part.rows)


def test_crops_leave_at_least_half_and_differ_from_epoch_to_epoch(found):
    made = batches(found, bending=Augment(crop=0.25, time_masks=0), size=6)
    kept = []
    for number in range(30):
        [part] = made.epoch(number)
        by_row = dict(zip(part.rows.tolist(), frames_of(part), strict=True))
        kept.append([by_row[row] / LENGTHS[row] for row in range(6)])
    assert 0.5 <= np.min(kept) < 0.6
    assert 0.7 < np.mean(kept) < 0.85
    assert len(set(map(tuple, kept))) == 30


def test_masks_hide_frames_of_some_examples_and_never_most_of_a_long_one(found):
    bending = Augment(crop=0.0, time_masks=2, time_mask_s=0.4)
    kept = [
        n / LENGTHS[row]
        for number in range(20)
        for part in batches(found, bending=bending).epoch(number)
        for n, row in zip(frames_of(part), part.rows, strict=True)
        if LENGTHS[row] >= 20
    ]
    assert 0.5 <= min(kept) < 0.9 < max(kept) == 1.0


def test_where_blocks_are_tuned_lengths_are_few_and_the_rest_is_zeros(found):
    tuned = dataclasses.replace(found, states=dataclasses.replace(CFG, pool_s=0.02, tuned=1))
    for part in batches(tuned, size=2).epoch(0):
        assert part.features.shape[1] in (32, 64)
        assert frames_of(part) == [LENGTHS[row] for row in part.rows]
    [measured] = tuned.measure(np.array([0, 4]))
    assert measured.shape == (2, 32, 8)


def test_no_more_than_a_window_is_trained_on(found):
    cut = dataclasses.replace(found, window_frames=15)
    for part in batches(cut).epoch(0):
        assert frames_of(part) == [min(LENGTHS[row], 15) for row in part.rows]


def test_an_epoch_repeats_itself(found):
    first, again = (next(iter(batches(found, bending=Augment()).epoch(3))) for _ in range(2))
    torch.testing.assert_close(first.features, again.features)
    assert torch.equal(first.rows, again.rows)


@pytest.mark.parametrize("size", [1, 3, 64])
def test_measuring_gives_whole_utterances_in_order(found, size, monkeypatch):
    monkeypatch.setattr(hidden_states, "BATCH", size)
    rows = np.array([4, 0, 2, 2])
    parts = list(found.measure(rows))
    assert max(map(len, parts)) <= size
    lengths = [n for part in parts for n in (part != 0).any(2).sum(1).tolist()]
    assert lengths == [LENGTHS[row] for row in rows]
    assert np.diff(found.window_offsets)[rows].tolist() == [1, 1, 1, 1]


def test_a_damaged_file_is_named(found):
    found.files[2].write_bytes(found.files[2].read_bytes()[:-4])
    with pytest.raises(StudyError, match=r"2\.npy: damaged .*delete it"):
        found.read(2)


@pytest.fixture
def utterances(tmp_path, write_tone):
    return [
        Utterance(
            id=f"toy/{name}", corpus="toy", speaker="toy/a", emotion="sad", audio_hash=name * 8,
            sample_rate=16_000, path=write_tone(tmp_path / f"{name}.wav", hertz=hertz),
        )
        for name, hertz in (("a", 300), ("b", 500), ("c", 700))
    ]  # fmt: skip


@pytest.fixture
def random_encoder(make_encoder):
    folder, _ = make_encoder()
    return Pretrained(Config(source=str(folder), width=16, first=0, last=2))


class InWindows(Pretrained):
    """An encoder of transformers whose utterances are measured as those of a small one."""

    def __init__(self, cfg, windows):
        super().__init__(cfg)
        object.__setattr__(self, "windows", windows)


def test_what_is_kept_is_what_the_encoder_hears(utterances, random_encoder, tmp_path):
    made = extraction.load(utterances, random_encoder, tmp_path / "cache")
    heard = random_encoder.listen(io.load(utterances[1].path, 16_000))
    np.testing.assert_array_equal(made.read(1), heard)
    assert made.read_version(1).dtype == heard.dtype == np.float16


def test_measured_in_windows_each_is_heard_by_itself_and_training_hears_the_whole(
    utterances, random_encoder, tmp_path, monkeypatch
):
    windows = Windows(window_s=0.25, hop_s=0.1)
    monkeypatch.setattr(hidden_states, "BATCH", 2)
    cutting = InWindows(random_encoder.cfg, windows)
    made = extraction.load(utterances, cutting, tmp_path / "cache")
    whole = extraction.load(utterances, random_encoder, tmp_path / "cache")
    pieces = [windows.cut(io.load(u.path, 16_000), 16_000) for u in utterances]
    np.testing.assert_array_equal(np.diff(made.window_offsets), [len(p) for p in pieces])
    opened, rows = random_encoder.listen, np.array([1, 0])
    expected = np.stack([opened(piece) for row in rows for piece in pieces[row]])
    found = torch.cat(list(made.measure(rows)))
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(made.read(2), whole.read(2))


def test_an_encoder_is_loaded_once_for_many_small_corpora(
    utterances, random_encoder, tmp_path, monkeypatch
):
    loaded = []
    load = pretrained.load
    monkeypatch.setattr(pretrained, "load", lambda cfg: loaded.append(cfg) or load(cfg))
    front = EncoderFrontend(random_encoder, Windows(), versions.NO_COPIES)
    for n, utterance in enumerate(utterances):
        front.open([utterance], tmp_path / str(n))
    assert len(loaded) == 1


def test_other_speeds_are_heard_once_and_only_training_draws_them(
    utterances, random_encoder, tmp_path, monkeypatch
):
    extraction.load(utterances, random_encoder, tmp_path / "cache")
    made = extraction.load(
        utterances, random_encoder, tmp_path / "cache", copies=Copies(speeds=(0.8, 1.25))
    )
    waveform, opened = io.load(utterances[1].path, 16_000), random_encoder.listen
    for version, rate in ((1, 0.8), (2, 1.25)):
        np.testing.assert_array_equal(
            made.read_version(1, version), opened(io.sped_up(waveform, rate))
        )
    monkeypatch.setattr(pretrained, "load", None)
    again = extraction.load(
        utterances,
        Pretrained(random_encoder.cfg),
        tmp_path / "cache",
        copies=Copies(speeds=(1.25,)),
    )
    np.testing.assert_array_equal(again.read_version(1, 1), made.read_version(1, 2))
    order = Order(np.arange(3), batch_size=3, seed=0)
    batches = made.train(order, torch.arange(3), OFF)
    drawn = {
        frames_of(part)[part.rows.tolist().index(1)]
        for number in range(20)
        for part in batches.epoch(number)
    }
    assert drawn == {len(made.read_version(1, version)) for version in (0, 1, 2)}
    [measured] = made.measure(np.array([1]))
    np.testing.assert_array_equal(measured[0], made.read(1))


def test_a_killed_extraction_goes_on_where_it_was(
    utterances, random_encoder, tmp_path, monkeypatch
):
    write_array, written = np.lib.format.write_array, []

    def killed(file, array, **options):
        if len(written) == 2:
            file.write(b"half")
            raise KeyboardInterrupt
        written.append(1)
        write_array(file, array, **options)

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "write_array", killed)
        with pytest.raises(KeyboardInterrupt):
            extraction.load(utterances, random_encoder, tmp_path / "cache")
    heard = []
    monkeypatch.setattr(io, "load", lambda path, rate: heard.append(path) or np.ones(999, "f4"))
    made = extraction.load(utterances, random_encoder, tmp_path / "cache")
    assert heard == [utterances[2].path]
    assert len(made.read(2)) == 1
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert sorted(files) == sorted(made.files)


def test_another_mix_of_recordings_computes_nothing_anew(
    utterances, random_encoder, tmp_path, monkeypatch
):
    extraction.load(utterances, random_encoder, tmp_path / "cache")
    monkeypatch.setattr(pretrained, "load", None)
    steps = []
    made = extraction.load(
        utterances[::-2],
        Pretrained(random_encoder.cfg),
        tmp_path / "cache",
        step=lambda: steps.append(1),
    )
    assert (len(made.files), len(steps)) == (2, 2)


def test_nothing_is_held_between_batches(found):
    """Memory stays flat however large the corpus: an utterance is read when it is its turn."""
    part = next(iter(batches(found).epoch(0)))
    np.save(found.files[0], np.full((3, 8), 99, np.float16))
    again = torch.cat([p.features.amax((1, 2)) for p in batches(found).epoch(0)])
    assert 99 in again
    assert part.features.max() < 99


def test_as_measured_an_example_is_a_window_heard_alone(found, tmp_path):
    files = tuple(tmp_path / f"windows{row}.npy" for row in range(len(LENGTHS)))
    for row, file in enumerate(files):  # of each window every frame holds row and window
        windows = np.arange(4)[:, None, None] / 8 + row + 1
        np.save(file, np.broadcast_to(windows, (4, 5, 8)).astype(np.float16))
    measured = dataclasses.replace(
        found, window_files=files, window_counts=(4,) * len(LENGTHS), window_frames=5
    )
    bending = Augment(as_measured=True, time_masks=0)
    drawn = set()
    for number in range(20):
        for part in batches(measured, bending=bending).epoch(number):
            assert frames_of(part) == [5] * len(part.rows)
            drawn |= {
                (int(r), float(x[0, 0])) for r, x in zip(part.rows, part.features, strict=True)
            }
    assert drawn == {(row, row + 1 + window / 8) for row in range(6) for window in range(4)}


def test_windows_as_measured_are_of_encoders_and_of_no_other_speed():
    asked = Augment(as_measured=True)
    with pytest.raises(ConfigError, match=r"augment\.as_measured is of encoders"):
        mel.build(MelConfig(), windows=Windows(), augment=asked)
    for built in (encoder, waveform):
        with pytest.raises(ConfigError, match=r"augment\.as_measured is of"):
            built.build(built.Config(), windows=Windows(), augment=asked)
    with pytest.raises(ConfigError, match="speeds are of whole recordings"):
        Augment(as_measured=True, speeds=(0.9,))


@pytest.fixture
def bent_at(utterances):
    """Gives the waveform of one of them as a bend makes it, told apart by its sound."""

    def bent(row, name):
        sound = io.load(utterances[row].path, 16_000)
        return bends.bent(sound, 16_000, recording=utterances[row].audio_hash, name=name)

    return bent


def test_bent_copies_are_heard_whole_and_drawn_by_their_shares(
    utterances, random_encoder, tmp_path, bent_at
):
    copies = Copies(speeds=(0.8,), bends=("rumble", "telephone"))
    made = extraction.load(utterances, random_encoder, tmp_path / "cache", copies=copies)
    heard = [random_encoder.listen(bent_at(1, name)) for name in copies.bends]
    for version, states in enumerate(heard, start=2):
        np.testing.assert_array_equal(made.read_version(1, version), states)
    bending = Augment(
        crop=0.0, time_masks=0, speeds=(0.8,), bends={"rumble": 0.2, "telephone": 0.3}
    )
    batches = made.train(Order(np.arange(3), batch_size=3, seed=0), torch.arange(3), bending)
    drawn = [
        part.features[part.rows.tolist().index(1)] for n in range(300) for part in batches.epoch(n)
    ]
    for states, share in zip(heard, (0.2, 0.3), strict=True):
        found = [np.array_equal(x[: len(states)], states) for x in drawn]
        assert np.mean(found) == pytest.approx(share, abs=0.07)


def test_as_measured_bent_copies_are_heard_in_windows(
    utterances, random_encoder, tmp_path, bent_at
):
    windows = Windows(window_s=0.25, hop_s=0.1)
    cutting = InWindows(random_encoder.cfg, windows)
    copies = Copies.of(Augment(as_measured=True, bends={"room": 1.0}))
    made = extraction.load(utterances, cutting, tmp_path / "cache", copies=copies)
    heard = [random_encoder.listen(piece) for piece in windows.cut(bent_at(1, "room"), 16_000)]
    np.testing.assert_array_equal(made.read_windows(1, 1), heard)
    bending = Augment(as_measured=True, time_masks=0, bends={"room": 1.0})
    [part] = made.train(Order(np.arange(3), batch_size=3, seed=0), torch.arange(3), bending).epoch(
        0
    )
    of_one = part.features[part.rows.tolist().index(1)].numpy()
    assert any(np.array_equal(of_one, states) for states in heard)
    [measured] = made.measure(np.array([1]))
    assert not any(np.array_equal(window, states) for window in measured for states in heard)


def test_what_lacks_a_bent_copy_is_missing(utterances, random_encoder, tmp_path):
    extraction.load(utterances, random_encoder, tmp_path)
    extraction.load(utterances[:1], random_encoder, tmp_path, copies=Copies(bends=("room",)))
    plain, bent = (
        extraction.missing(utterances, random_encoder, tmp_path, copies)
        for copies in (versions.NO_COPIES, Copies(bends=("room",)))
    )
    assert plain == []
    assert bent == utterances[1:]


def test_no_frozen_encoder_hears_surroundings():
    asked = Augment(surroundings=Surroundings(room_probability=0.5))
    for front in (encoder, small_encoder):
        with pytest.raises(ConfigError, match=r"augment\.surroundings .* write augment\.bends"):
            front.build(front.Config(), windows=Windows(), augment=asked)

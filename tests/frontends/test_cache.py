"""Cached arrays that were cut, changed or swapped are computed anew, and that is said."""

import warnings

import numpy as np
import pytest

from lightspeech.errors import LightspeechWarning
from lightspeech.frontends import cache


@pytest.fixture
def kept(tmp_path):
    cache.keep(np.arange(12, dtype=np.float32).reshape(3, 4), tmp_path / "deep" / "frames.npy")
    return tmp_path / "deep" / "frames.npy"


def test_what_was_kept_is_found(kept):
    np.testing.assert_array_equal(cache.find(kept, axes=2), np.arange(12).reshape(3, 4))


def test_what_was_never_kept_is_none(tmp_path):
    assert cache.find(tmp_path / "frames.npy", axes=2) is None


@pytest.mark.parametrize("end", [0, 5, 60, -4])
def test_a_cut_file_is_removed_with_a_warning(kept, end):
    kept.write_bytes(kept.read_bytes()[:end])
    with pytest.warns(LightspeechWarning, match=r"frames\.npy: damaged .*computed anew"):
        assert cache.find(kept, axes=2) is None
    assert not kept.exists()


@pytest.mark.parametrize("byte", range(0, 128, 9))
def test_a_changed_header_is_no_trace(kept, byte):
    hurt = bytearray(kept.read_bytes())
    hurt[byte] ^= 0x55
    kept.write_bytes(hurt)
    with warnings.catch_warnings(action="ignore", category=LightspeechWarning):
        found = cache.find(kept, axes=2)
    assert found is None or found.ndim == 2


@pytest.mark.parametrize("array", [np.zeros(4, np.float32), np.array([["a"]])])
def test_an_array_of_another_kind_is_computed_anew(tmp_path, array):
    cache.keep(array, tmp_path / "frames.npy")
    with pytest.warns(LightspeechWarning, match="computed anew"):
        assert cache.find(tmp_path / "frames.npy", axes=2) is None


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)",  # Python's parser fails on it
        b"{'descr': '|O', 'fortran_order': False, 'shape': (3, 4), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (3000000, 4000000), }\n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4), }\n",
    ],
)
def test_a_header_that_nobody_here_writes_is_not_read(kept, header):
    length = len(header).to_bytes(2, "little")
    kept.write_bytes(cache.MAGIC + length + header + bytes(48))
    with pytest.warns(LightspeechWarning, match="computed anew"):
        assert cache.find(kept, axes=2) is None

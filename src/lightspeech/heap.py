"""The heap of this process: what is freed stays at hand."""

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of ``mallopt``, as glibc numbers them (malloc.h)."""
LARGEST = 32 << 20
"""Bytes of the largest piece that glibc takes from its heap if asked, on 64 bits."""
KEPT = 1 << 30
"""Bytes that are freed before any go back to the system."""


def keep() -> bool:
    """Let glibc keep what is freed, rather than give it back and have it zeroed again.

    A step of training frees the same tensors over and over: 40,000 page faults an epoch of
    ``ravdess_micro``, a fifth of its processor time. Memory stays at its peak instead.

    Returns:
        Whether it does; another library of C has no such choice.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_MMAP_THRESHOLD, LARGEST) and mallopt(_TRIM_THRESHOLD, KEPT))

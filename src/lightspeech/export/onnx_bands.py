"""Bands of a waveform in ONNX: frames, Fourier transforms and bands as matrix products.

A transform of ``a * b * c`` points is three small ones (Cooley & Tukey 1965); what turns between
them is inside the later ones, one table for each bin that is told apart before. Of the first, which
reads real values, half of the rows are enough. All tables are made of one cosine and of the sparse
bands when a session loads, so that a file is no larger for them.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.models.onnx_additions import Additions

Bins = npt.NDArray[np.int64]
END = np.iinfo(np.int64).max
"""Of a slice, wherever that is."""


def n_hops(cfg: MelConfig) -> int:
    """Hops that a frame lies in."""
    return -(-cfg.n_fft // cfg.hop_length)


@lru_cache
def radices(n_fft: int) -> tuple[int, ...]:
    """Points of the transforms that one after the other are one of ``n_fft``, for least products.

    Three at most, since each writes all values anew.
    """
    thirds = ((a, b, n_fft // a // b) for a in _divisors(n_fft) for b in _divisors(n_fft // a))
    return min((tuple(p for p in each if p > 1) for each in thirds), key=_n_products)


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


def _n_products(points: tuple[int, ...]) -> int:
    """Products of one frame."""
    first, left = points[0], math.prod(points[1:])
    rows = first // 2 + 1
    total = 2 * rows * first * left
    for p in points[1:]:
        left //= p
        total += rows * (2 * p) ** 2 * left
        rows *= p
    return total


class Bands(Additions):
    """Mel bands of a waveform, a name of the model, shape ``(batch, samples)``."""

    def energies(self, waveform: str, cfg: MelConfig, n_samples: int) -> str:
        """Add energies of bands. Frames are the last axis on the way: they are turned but once.

        Args:
            waveform: its name.
            cfg: of the bands.
            n_samples: of the waveform; 0: any.

        Returns:
            Name of shape ``(batch, frames, bands)``.
        """
        spectrum, bins = self._spectrum(self._frames(waveform, cfg, n_samples), cfg.n_fft)
        squares = self.add("Mul", spectrum, spectrum)
        real, imaginary = self.add("Split", squares, axis=2, num_outputs=2), f"{self.prefix}other"
        self.nodes[-1].output.append(imaginary)
        energies = self.add("Add", real, imaginary)
        energies = self.add("Reshape", energies, self.integers([0, len(bins), -1]))
        turned = self.add("Transpose", energies, perm=[0, 2, 1])  # a way to read it
        return self.add("MatMul", turned, self._weights(cfg, bins))

    def _frames(self, waveform: str, cfg: MelConfig, n_samples: int) -> str:
        """Cut windowed frames, of hops that were turned: shape ``(batch, n_fft, frames)``."""
        hop, hops = cfg.hop_length, n_hops(cfg)
        samples = self._whole_hops(waveform, hop, hops * hop - cfg.n_fft, n_samples)
        hop_by_hop = self.add("Reshape", samples, self.integers([0, -1, hop]))
        turned = self.add("Transpose", hop_by_hop, perm=[0, 2, 1])
        window, parts = frontend.tables(cfg).window[:, None], []
        for at in range(hops):
            weights = window[at * hop : (at + 1) * hop]
            end = at + 1 - hops or END
            sides = ([0, at], [len(weights), end], [1, 2])
            part = self.add("Slice", turned, *map(self.integers, sides))
            parts.append(self.add("Mul", part, self.table(weights)))
        return self.add("Concat", *parts, axis=1)

    def _whole_hops(self, waveform: str, hop: int, lacking: int, n_samples: int) -> str:
        """Fill the hop in which the last frame ends, and leave out what is behind it."""
        if n_samples and n_samples % hop == 0:
            return waveform
        return self.whole(self.add("Pad", waveform, self.integers([0, 0, 0, lacking])), hop)

    def _spectrum(self, frames: str, n_fft: int) -> tuple[str, Bins]:
        """Transform frames.

        Returns:
            Name of shape ``(batch, rows, 2 * radix, frames)``, real parts first, and the bins of
            rows and radix in turn; those above ``n_fft // 2`` are mirrored.
        """
        cosine = np.cos(2 * np.pi * np.arange(n_fft) / n_fft).astype(np.float32)
        cosines, bins, before, values = self.table(cosine), np.zeros(1, np.int64), 1, frames
        for radix in radices(n_fft):
            parts = 1 if before == 1 else 2
            values = self.add("Reshape", values, self.integers([0, len(bins), parts * radix, -1]))
            found = radix if before > 1 else radix // 2 + 1
            bins = bins[:, None] + before * np.arange(found)
            before *= radix
            at = n_fft // before * np.arange(radix)
            table = self._transforms(cosines, bins, at, n_fft, parts)
            values, bins = self.add("MatMul", table, values), bins.ravel()
        return values, bins

    def _transforms(self, cosines: str, bins: Bins, at: Bins, n_fft: int, parts: int) -> str:
        """Add the tables of small transforms, one for each row of bins.

        Real part: cosine of the real, sine of the imaginary one; imaginary: minus sine, cosine.
        Both of a bin follow each other, for the next transform; behind the last they lie apart.

        Args:
            cosines: name of a whole period, ``n_fft`` steps.
            bins: that it tells, shape ``(rows, found)``.
            at: samples of the points that it reads, shape ``(radix,)``.
            n_fft: of the whole transform.
            parts: 1: its points are real; 2: complex, real parts first.

        Returns:
            Name of shape ``(rows, 2 * found, parts * radix)``.
        """
        (rows, found), radix, quarter = bins.shape, len(at), n_fft // 4
        turns = self.products(bins.ravel(), at, n_fft)
        offsets = np.array([[0, 3 * quarter], [quarter, 0]])[:, :parts, None]
        if at[1] == 1:  # nothing lies between its points: the last
            turns = self.add("Reshape", turns, self.integers([rows, 1, found, 1, radix]))
            offsets = offsets[:, None]
        else:
            turns = self.add("Reshape", turns, self.integers([rows, found, 1, 1, radix]))
        table = self.looked_up(cosines, turns, offsets, n_fft)
        return self.add("Reshape", table, self.integers([rows, 2 * found, parts * radix]))

    def _weights(self, cfg: MelConfig, bins: Bins) -> str:
        """Add weights of bands, ``(bins, bands)``; a bin that is there twice has them once."""
        numbered = reversed(list(enumerate(bins.tolist())))
        place = {min(k, cfg.n_fft - k): at for at, k in numbered}
        bands = frontend.tables(cfg).bands
        at = [
            place[first + k] * len(bands) + number
            for number, (first, weights) in enumerate(bands)
            for k in range(len(weights))
        ]
        values = np.concatenate([weights for _, weights in bands]).astype(np.float32)
        nothing = self.add("ConstantOfShape", self.integers([len(bins) * len(bands)]))
        dense = self.add("ScatterElements", nothing, self.integers(at), self.table(values), axis=0)
        return self.add("Reshape", dense, self.integers([len(bins), len(bands)]))

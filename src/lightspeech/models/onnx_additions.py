"""Nodes and tables that are added to an ONNX model in place of others: frames, turns, cosines."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt


class Additions:
    """Nodes and tables, each named by what comes before all of them and a number."""

    def __init__(self, prefix: str) -> None:
        """Begin with none.

        Args:
            prefix: of all names that are added.
        """
        self.prefix = prefix
        self.nodes: list[Any] = []
        self.tables: list[Any] = []

    def cut(self, waveform: str, n_fft: int, hop: int) -> str:
        """Cut frames, which overlap, of blocks.

        Args:
            waveform: name of shape ``(batch, samples)``.
            n_fft: samples of a frame.
            hop: samples from one to the next.

        Returns:
            Name of shape ``(batch, frames, n_fft)``.
        """
        size = math.gcd(n_fft, hop)
        blocks = self.add("Reshape", self.whole(waveform, size), self.integers([0, -1, size]))
        places = self._places(waveform, n_fft, hop, size)
        cut = self.add("Gather", blocks, places, axis=1)
        return self.add("Reshape", cut, self.integers([0, -1, n_fft]))

    def whole(self, waveform: str, size: int) -> str:
        """Leave out what is behind the last whole block.

        Args:
            waveform: name of shape ``(batch, samples)``.
            size: samples of a block.

        Returns:
            Name of shape ``(batch, samples)``.
        """
        n = self.integers([size])
        end = self.add("Mul", self.add("Div", self._length(waveform), n), n)
        return self.add("Slice", waveform, self.integers([0]), end, self.integers([1]))

    def _places(self, waveform: str, n_fft: int, hop: int, size: int) -> str:
        """Tell the blocks of each frame, shape ``(frames, n_fft // size)``."""
        step, within = hop // size, np.arange(n_fft // size)
        room = self.add("Sub", self._length(waveform), self.integers([n_fft - hop]))
        n_frames = self.add("Squeeze", self.add("Div", room, self.integers([hop])))
        frames = self.add("Range", self.integers(0), n_frames, self.integers(1))
        begins = self.add("Mul", frames, self.integers([step]))
        begins = self.add("Unsqueeze", begins, self.integers([1]))
        return self.add("Add", begins, self.integers(within))

    def _length(self, waveform: str) -> str:
        """Samples, shape ``(1,)``."""
        return self.add("Shape", waveform, start=1, end=2)

    def products(self, left: npt.ArrayLike, right: npt.ArrayLike, period: int) -> str:
        """Outer product of whole numbers, within a period.

        Args:
            left: shape ``(n,)``.
            right: shape ``(m,)``.
            period: all products are taken modulo this number of steps of a circle.

        Returns:
            Name of shape ``(n, m)``.
        """
        outer = self.add(
            "Mul",
            self.add("Unsqueeze", self.integers(left), self.integers([1])),
            self.integers(right),
        )
        return self.add("Mod", outer, self.integers([period]))

    def looked_up(self, cosine: str, turns: str, offsets: npt.ArrayLike, period: int) -> str:
        """Cosines of turns and of turns farther on.

        Args:
            cosine: name of a period of it, shape ``(period,)``.
            turns: name of whole numbers.
            offsets: whole numbers that are added, of a shape that broadcasts with that of turns.
            period: of the cosine, in steps of a circle.

        Returns:
            Name of the shape that both broadcast to.
        """
        farther = self.add("Add", turns, self.integers(offsets))
        return self.add("Gather", cosine, self.add("Mod", farther, self.integers([period])))

    def integers(self, values: npt.ArrayLike) -> str:
        """Add a table of whole numbers.

        Args:
            values: of any shape.

        Returns:
            Its name.
        """
        return self.table(np.asarray(values, np.int64))

    def table(self, values: npt.NDArray[Any]) -> str:
        """Add a table.

        Args:
            values: of any shape.

        Returns:
            Its name.
        """
        from onnx import numpy_helper

        name = f"{self.prefix}table{len(self.tables)}"
        self.tables.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operation, and name what it gives.

        Args:
            kind: of ONNX, such as ``MatMul``.
            inputs: names.
            attributes: by the names of ONNX.

        Returns:
            Name of its first output.
        """
        from onnx import helper

        name = f"{self.prefix}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

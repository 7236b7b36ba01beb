"""An exported int8 graph in the form that onnxruntime fuses: integers from end to end.

The exporter rounds twice where it moves numbers, keeps biases in floats and shares what several
operations read; each keeps a convolution in floats. Activations are written as uint8, for which
there are kernels that int8 lacks, and so are weights: products of uint8 and int8 are added in pairs
of 16 bits on x86 without VNNI, which overflow where weights are large; those of uint8 and uint8
never do. All is the same arithmetic.
"""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.models import onnx_standardization

MOVES = ("Transpose", "Unsqueeze", "Squeeze", "Slice", "Reshape", "Flatten")
"""Operations that only move numbers."""
WEIGHTED = ("Conv", "Gemm")
ROUND, UNROUND = "QuantizeLinear", "DequantizeLinear"
ZERO_POINT = 2
"""Its place among the inputs of both."""


PRODUCTS = {"MatMulInteger": (1, 3), "DynamicQuantizeLSTM": (1, 2, 9, 11)}
"""Products whose other factor is rounded as a session runs: places of weights and zero points."""


def signed(integers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give the integers that a network was trained to, which a file holds shifted where uint8.

    Args:
        integers: a table of a file, shape ``(...)``.

    Returns:
        Shape ``(...)``: −128…127 in int16 where they are uint8; all else as it is.
    """
    return integers.astype(np.int16) - 128 if integers.dtype == np.uint8 else integers


def make_products_unsigned(model: Any) -> None:
    """Write the weights of products that are rounded as a session runs as uint8, in place.

    Args:
        model: ONNX; what else reads such weights keeps them as they are, and so does the product.
    """
    from onnx import numpy_helper

    products: list[set[str]] = []
    kept: set[str] = set()
    for node in model.graph.node:
        places = PRODUCTS.get(node.op_type, ())
        whole = len(node.input) > max(places, default=0)
        products.append({node.input[place] for place in places} if whole else set())
        kept |= {*node.input} - products[-1]
    while more := {name for names in products if names & kept for name in names} - kept:
        kept |= more  # weights and zero points of a product are of one type
    shifted = {name for names in products for name in names} - kept
    for each in model.graph.initializer:
        if each.name in shifted and each.data_type == each.INT8:
            each.CopyFrom(numpy_helper.from_array(_shifted(numpy_helper.to_array(each)), each.name))


def fuse(model: Any) -> None:
    """Rewrite a model in place.

    Args:
        model: ONNX with int8 activations, their zero points int8, and weights that are stored; one
            with a loop inside, as of an LSTM layer, stays as it is, since nothing joins its parts.
    """
    if any(attribute.HasField("g") for node in model.graph.node for attribute in node.attribute):
        return
    onnx_standardization.replace(model.graph)
    graph = _Graph(model)
    graph.move_integers()
    graph.add_biases()
    graph.read_apart()
    graph.make_unsigned()
    graph.write()


class _Graph:
    """Nodes and constants of a model."""

    def __init__(self, model: Any) -> None:
        """Read a model."""
        from onnx import numpy_helper

        self.graph, self.nodes = model.graph, list(model.graph.node)
        self.values = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
        self.made = list(model.graph.initializer)

    def made_by(self) -> dict[str, Any]:
        """The node that gives each name."""
        return {name: node for node in self.nodes for name in node.output}

    def constant(self, name: str, value: Any) -> str:
        """Add a constant."""
        from onnx import numpy_helper

        if name not in self.values:
            self.values[name] = np.asarray(value)
            self.made.append(numpy_helper.from_array(self.values[name], name))
        return name

    def move_integers(self) -> None:
        """Move integers instead of floats; what has its scale already is not rounded again."""
        made_by, nodes = self.made_by(), []
        same: dict[str, str] = {}
        for node in self.nodes:
            _rename(node, same)
            rounded, moves = self._rounded(node, made_by, same)
            if not rounded:
                nodes.append(node)
                continue
            for move in moves:
                again = copy.deepcopy(move)
                again.input[0], again.output[0] = rounded, f"{node.output[0]}_{move.output[0]}"
                again.name = rounded = again.output[0]
                nodes.append(again)
            same[node.output[0]] = rounded
        self.nodes = nodes
        for node in self.nodes:
            _rename(node, same)

    def _rounded(
        self, node: Any, made_by: dict[str, Any], same: dict[str, str]
    ) -> tuple[str, list[Any]]:
        """Name the integers that a node rounds to the scale they have, and what moved them."""
        moves: list[Any] = []
        before = made_by.get(node.input[0]) if node.op_type == ROUND else None
        while before is not None and before.op_type in MOVES:
            moves.insert(0, before)
            before = made_by.get(same.get(before.input[0], before.input[0]))
        if before is None or before.op_type != UNROUND or before.input[0] in self.values:
            return "", []
        alike = all(
            np.array_equal(self.values[before.input[n]], self.values[node.input[n]]) for n in (1, 2)
        )
        return (before.input[0], moves) if alike else ("", [])

    def add_biases(self) -> None:
        """Make biases whole numbers at the scale of the products they are added to."""
        from onnx import helper

        made_by, nodes = self.made_by(), []
        for node in self.nodes:
            scale = self._scale(node, made_by)
            if scale is not None:
                bias = self.values[node.input[2]]
                values = {
                    "whole": np.rint(bias / scale).astype(np.int32),
                    "scale": np.broadcast_to(scale, bias.shape).astype(np.float32),
                }
                names = [self.constant(f"{node.input[2]}.{k}", v) for k, v in values.items()]
                nodes.append(helper.make_node(UNROUND, names, [node.input[2]], axis=0))
            nodes.append(node)
        self.nodes = nodes

    def _scale(self, node: Any, made_by: dict[str, Any]) -> Any | None:
        """The scale of a node's products, where it adds a bias to products of integers."""
        if node.op_type not in WEIGHTED or len(node.input) < 3:
            return None
        factors = [made_by[name] for name in node.input[:2] if name in made_by]
        rounded = [each for each in factors if each.op_type == UNROUND]
        if len(rounded) < 2 or node.input[2] not in self.values:
            return None
        scales = (self.values[each.input[1]].astype(np.float64) for each in rounded)
        scale = np.prod(np.broadcast_arrays(*scales), 0)
        largest = np.abs(self.values[node.input[2]] / scale).max()
        return scale if largest < np.iinfo(np.int32).max else None

    def read_apart(self) -> None:
        """Give each reader of rounded numbers its own."""
        readers: dict[str, list[tuple[Any, int]]] = {}
        for node in self.nodes:
            for place, name in enumerate(node.input):
                readers.setdefault(name, []).append((node, place))
        nodes = []
        for node in self.nodes:
            nodes.append(node)
            if node.op_type != UNROUND:
                continue
            for number, (reader, place) in enumerate(readers.get(node.output[0], [])[1:]):
                again = copy.deepcopy(node)
                again.name, again.output[0] = "", f"{node.output[0]}_again{number}"
                reader.input[place] = again.output[0]
                nodes.append(again)
        self.nodes = nodes

    def make_unsigned(self) -> None:
        """Shift all activations and weights by 128."""
        for node in self.nodes:
            if node.op_type in (ROUND, UNROUND) and len(node.input) > ZERO_POINT:
                for place in (0, ZERO_POINT):
                    node.input[place] = self._unsigned(node.input[place])

    def _unsigned(self, name: str) -> str:
        """Name a constant that is shifted by 128 where it is int8; all else stays."""
        signed = self.values.get(name)
        if signed is None or signed.dtype != np.int8:
            return name
        return self.constant(f"{name}_unsigned", _shifted(signed))

    def write(self) -> None:
        """Write what is still needed back into the model."""
        wanted, kept = {each.name for each in self.graph.output}, []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                kept.append(node)
                wanted |= set(node.input)
        given = wanted - {name for node in kept for name in node.output}
        del self.graph.node[:], self.graph.initializer[:], self.graph.value_info[:]
        self.graph.node.extend(reversed(kept))
        self.graph.initializer.extend(each for each in self.made if each.name in given)


def _shifted(signed: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
    return (signed.astype(np.int16) + 128).astype(np.uint8)


def _rename(node: Any, names: dict[str, str]) -> None:
    node.input[:] = [names.get(name, name) for name in node.input]

"""Weights of a network read back from an ONNX file of it, by the names that they have in torch.

A product has lost the name of its weights, and where they are int8 their floats: these are integers
times scales again, and called as the bias that is added. What has no bias is the key of a block.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.errors import BundleError, MissingExtra
from lightspeech.runtime import onnx_file

Array = npt.NDArray[Any]
PRODUCTS = ("MatMul", "MatMulInteger")
BIAS, WEIGHT, QUERY, KEY = ".bias", ".weight", ".query.", ".key."


def parsed(model: bytes) -> Any:
    """Parse a file, checked before.

    Raises:
        BundleError: if it is no ONNX model, or asks for more than a network may.
        MissingExtra: if the package that reads ONNX is not installed.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ModuleNotFoundError:
        raise MissingExtra("another format of a bundle", "compress") from None
    onnx_file.check(model)
    try:
        return onnx.load_model_from_string(model)
    except DecodeError:
        raise BundleError("its model is damaged") from None


class Graph:
    """The nodes of a file, by what they read and make.

    Attributes:
        tables: constants by name.
        makers: node by the name of what it makes.
    """

    def __init__(self, graph: Any) -> None:
        """Take the graph of a parsed file."""
        from onnx import numpy_helper

        self.nodes = list(graph.node)
        self.tables: dict[str, Array] = {
            each.name: numpy_helper.to_array(each) for each in graph.initializer
        }
        self.makers = {name: node for node in self.nodes for name in node.output}
        self._readers = {name: node for node in reversed(self.nodes) for name in node.input}

    def reader(self, name: str) -> Any:
        """The first node that reads a value.

        Raises:
            LookupError: if none does.
        """
        return self._readers[name]

    def weights(self) -> dict[str, Array]:
        """All constants, and of each product its weights, shape ``(n_out, n_in)``.

        Raises:
            LookupError: if a product is not written as expected.
        """
        named, nameless = dict(self.tables), []
        for node in self.nodes:
            if node.op_type in PRODUCTS and node.input[1] in self.tables:
                weight, result = self._product(node)
                bias = next((each for each in result.input if each.endswith(BIAS)), None)
                if bias is not None:
                    named[_of(bias)] = weight
                    nameless += [(node.input[0], bias)] * (QUERY in bias)
        return named | self._keys(dict(nameless))

    def _keys(self, queries: Mapping[str, str]) -> dict[str, Array]:
        """Weights of the keys, each of which reads what a query reads.

        Args:
            queries: name of the bias of a query by the name of what it reads.
        """
        keys = {}
        for node in self.nodes:
            if node.op_type in PRODUCTS and node.input[0] in queries:
                weight, result = self._product(node)
                if not any(each.endswith(BIAS) for each in result.input):
                    keys[_of(queries[node.input[0]]).replace(QUERY, KEY)] = weight
        return keys

    def _product(self, node: Any) -> tuple[Array, Any]:
        """The weights of a product, and the node that reads its result."""
        weight = self.tables[node.input[1]]
        if node.op_type == "MatMul":
            return weight.T, self.reader(node.output[0])
        scaled = self.reader(self.reader(node.output[0]).output[0])  # behind a cast
        scale = self.tables[self.makers[scaled.input[1]].input[1]]
        zero = self.tables[node.input[3]].astype(np.float32)
        floats: Array = (weight.astype(np.float32) - zero) * scale
        return floats.T, self.reader(scaled.output[0])


def _of(bias: str) -> str:
    return bias.removesuffix(BIAS) + WEIGHT

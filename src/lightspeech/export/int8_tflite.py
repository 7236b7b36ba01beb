"""The int8 network of a run as a ``.tflite`` file: int8 standardized features to int8 logits."""

import math
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech.audio.frontend import Array
from lightspeech.errors import ConfigError
from lightspeech.export import _litert_torch, tflite_write
from lightspeech.models import int8
from lightspeech.models.contract import SpeechModel
from lightspeech.models.int8 import Int8Network
from lightspeech.training import networks
from lightspeech.training.run import Run


def network_of(run: Run) -> Int8Network:
    """The int8 network of a run.

    Raises:
        ConfigError: if the run is not int8.
    """
    if not isinstance(run.network, Int8Network):
        raise ConfigError(
            f"{run.config.model.name}: this run is not int8; add {{name: quantize}} to its "
            "recipe's compress and name the run it leaves"
        )
    return run.network


def to_bytes(run: Run) -> bytes:
    """Convert the int8 part of a run.

    A matrix product becomes a convolution of one by one: LiteRT rounds a FULLY_CONNECTED
    once, but a convolution twice as TFLite Micro and the generated C do, so that all agree.

    Raises:
        ConfigError: if the run is not int8.
        MissingExtra: if litert-torch is not installed.
    """
    return of_network(network_of(run), networks.window(run.config))


def of_network(network: Int8Network, example: Tensor) -> bytes:
    """Convert the int8 part of a network, see `to_bytes`.

    Args:
        network: with its ranges.
        example: features of one window, shape ``(1, frames, n_features)``.

    Raises:
        MissingExtra: if litert-torch is not installed.
    """
    graph = int8.convert(network, fold_weights=False)
    converted = _litert_torch.convert(graph, example, quantized=True)
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(converted, 0))
    return tflite_write.packed(_products_as_convolutions(model, schema))


def standardization(network: nn.Module, n_features: int) -> tuple[Array, Array]:
    """Mean and deviation that the network standardizes each feature by, shape ``(n_features,)``."""
    probe = 1024.0  # far apart, so that their difference keeps its bits
    with torch.no_grad():
        low, high = (
            cast(SpeechModel, network).standardize(torch.full((1, 1, n_features), x))
            for x in (0.0, probe)
        )
    deviation = probe / (high - low).double().flatten().numpy()
    mean = -low.double().flatten().numpy() * deviation
    return mean.astype(np.float32), deviation.astype(np.float32)


def _products_as_convolutions(model: Any, schema: Any) -> Any:
    """Write each FULLY_CONNECTED of a parsed model as reshape, convolution, reshape."""
    graph = model.subgraphs[0]
    kinds = [code.builtinCode for code in model.operatorCodes]
    reshape = tflite_write.code(model, schema, schema.BuiltinOperator.RESHAPE, 1)
    convolution = tflite_write.code(model, schema, schema.BuiltinOperator.CONV_2D, 3)
    operators = []
    for operator in graph.operators:
        if kinds[operator.opcodeIndex] != schema.BuiltinOperator.FULLY_CONNECTED:
            operators.append(operator)
            continue
        source, weights, bias = operator.inputs
        n_out, n_in = graph.tensors[weights].shape
        graph.tensors[weights].shape = [n_out, 1, 1, n_in]
        n_rows = math.prod(graph.tensors[source].shape) // n_in  # frames, or one
        picture = _picture(graph, schema, source, [1, n_rows, 1, n_in])
        scores = _picture(graph, schema, operator.outputs[0], [1, n_rows, 1, n_out])
        shape = [int(n) for n in graph.tensors[operator.outputs[0]].shape]
        to_picture = [source, _numbers(model, schema, [1, n_rows, 1, n_in])]
        to_row = [scores, _numbers(model, schema, shape)]
        operators += [
            tflite_write.operator(schema, reshape, to_picture, [picture]),
            tflite_write.operator(
                schema, convolution, [picture, weights, bias], [scores], _options(schema, operator)
            ),
            tflite_write.operator(schema, reshape, to_row, list(operator.outputs)),
        ]
    graph.operators = operators
    return model


def _picture(graph: Any, schema: Any, like: int, shape: list[int]) -> int:
    """A tensor of the same scale as another, one pixel wide."""
    tensor = schema.TensorT()
    tensor.name = graph.tensors[like].name + b"_picture"
    tensor.type, tensor.quantization = graph.tensors[like].type, graph.tensors[like].quantization
    tensor.shape, tensor.buffer = shape, 0
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _numbers(model: Any, schema: Any, values: list[int]) -> int:
    """A constant, such as the shape that a reshape takes."""
    return tflite_write.tensor(model, schema, "shape", np.array(values, np.int32))


def _options(schema: Any, product: Any) -> Any:
    """Of a convolution of one by one that does what a matrix product did, its activation too."""
    options = schema.Conv2DOptionsT()
    options.fusedActivationFunction = product.builtinOptions.fusedActivationFunction
    options.padding = schema.Padding.VALID
    options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
    return options

"""Small int8 ``.tflite`` files made layer by layer, and the three programs that run them."""

import subprocess
import sys

import numpy as np
import pytest

from lightspeech.export import c99

PIPE = """
#include <stdio.h>
#include "ls_model.h"
static ls_model model;
int main(void) {
    while (fread(ls_model_input(&model), 1, LS_MODEL_INPUT_SIZE, stdin) == LS_MODEL_INPUT_SIZE) {
        ls_model_run(&model);
        fwrite(ls_model_output(&model), 1, LS_MODEL_OUTPUT_SIZE, stdout);
    }
    return 0;
}
"""
SANITIZERS = (
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)
MICRO = """
import sys
import numpy as np
from tflite_micro import runtime
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        interpreter = runtime.Interpreter.from_bytes(file.read(), arena_size=4_000_000)
    answers = []
    for row in np.load(name + ".in.npy"):
        interpreter.reset()
        interpreter.set_input(row, 0)
        interpreter.invoke()
        answers.append(interpreter.get_output(0).ravel().copy())
    np.save(name + ".out.npy", np.array(answers))
    print(name, flush=True)
    interpreter.print_allocations()
"""


class Network:
    """Grows a graph; `last` is the tensor that the next layer takes."""

    def __init__(self, shape, scale=0.05, zero=3, seed=0):
        self.schema = pytest.importorskip(
            "ai_edge_litert.schema_py_generated", reason="needs ai-edge-litert to write models"
        )
        self.rng = np.random.default_rng(seed)
        self.tensors, self.buffers, self.operations, self.codes = [], [b""], [], []
        self.last = self.tensor(shape, scale, zero)
        self.inputs = [self.last]

    def shape(self, tensor):
        return tuple(int(n) for n in self.tensors[tensor].shape)

    def tensor(self, shape, scale=None, zero=0, data=None, dtype="INT8", axis=0):
        made = self.schema.TensorT()
        made.shape, made.type = np.array(shape, np.int32), getattr(self.schema.TensorType, dtype)
        made.name, made.buffer = f"layer{len(self.tensors)}", 0
        if scale is not None:
            quantization = self.schema.QuantizationParametersT()
            quantization.scale = np.atleast_1d(np.asarray(scale, np.float32))
            quantization.zeroPoint = np.full(len(quantization.scale), zero, np.int64)
            quantization.quantizedDimension = axis
            made.quantization = quantization
        if data is not None:
            self.buffers.append(np.ascontiguousarray(data).tobytes())
            made.buffer = len(self.buffers) - 1
        self.tensors.append(made)
        return len(self.tensors) - 1

    def constant(self, values):
        values = np.array(values, np.int32)
        return self.tensor(values.shape, data=values, dtype="INT32")

    def operation(self, kind, inputs, output, options=None, version=2):
        code = self.schema.OperatorCodeT()
        number = getattr(self.schema.BuiltinOperator, kind)
        code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
        code.version = version
        self.codes.append(code)
        made = self.schema.OperatorT()
        made.opcodeIndex = len(self.codes) - 1
        made.inputs, made.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        if options:
            name, values = options
            made.builtinOptionsType = getattr(self.schema.BuiltinOptions, name)
            made.builtinOptions = getattr(self.schema, name + "T")()
            for key, value in values.items():
                setattr(made.builtinOptions, key, value)
        self.operations.append(made)
        self.last = output
        return output

    def scale(self, tensor=None):
        quantization = self.tensors[self.last if tensor is None else tensor].quantization
        return float(quantization.scale[0]), int(quantization.zeroPoint[0])

    def _weights(self, shape, axis, per_channel=True):
        channels = shape[axis]
        scales = self.rng.uniform(0.002, 0.01, channels if per_channel else 1)
        data = self.rng.integers(-127, 128, shape).astype(np.int8)
        made = self.tensor(shape, scales, data=data, axis=axis)
        bias_scale = np.float32(self.scale()[0]) * scales.astype(np.float32)
        bias = self.rng.integers(-3000, 3000, channels).astype(np.int32)
        return made, self.tensor((channels,), bias_scale, data=bias, dtype="INT32")

    def _output(self, shape, terms):
        scale = self.scale()[0] * 0.006 * np.sqrt(terms) * self.rng.uniform(0.5, 2)
        return self.tensor(shape, scale, int(self.rng.integers(-128, 64)))

    def conv(self, channels, kernel, stride=(1, 1), padding=0, dilation=(1, 1), activation=1):
        _, h, w, c = self.shape(self.last)
        weights, bias = self._weights((channels, *kernel, c), 0)
        size = _sizes((h, w), kernel, stride, padding, dilation)
        output = self._output((1, *size, channels), np.prod(kernel) * c)
        options = _window(stride, padding, activation)
        options |= {"dilationHFactor": dilation[0], "dilationWFactor": dilation[1]}
        inputs = [self.last, weights, bias]
        return self.operation("CONV_2D", inputs, output, ("Conv2DOptions", options), 3)

    def depthwise(self, kernel, stride=(1, 1), padding=0, multiplier=1, activation=1):
        _, h, w, c = self.shape(self.last)
        weights, bias = self._weights((1, *kernel, c * multiplier), 3)
        size = _sizes((h, w), kernel, stride, padding, (1, 1))
        output = self._output((1, *size, c * multiplier), np.prod(kernel))
        options = {**_window(stride, padding, activation), "depthMultiplier": multiplier}
        options |= {"dilationHFactor": 1, "dilationWFactor": 1}
        inputs = [self.last, weights, bias]
        chosen = ("DepthwiseConv2DOptions", options)
        return self.operation("DEPTHWISE_CONV_2D", inputs, output, chosen, 3)

    def fully_connected(self, n, per_channel=True):
        width = self.shape(self.last)[-1]
        weights, bias = self._weights((n, width), 0, per_channel)
        output = self._output((self.shape(self.last)[0], n), width)
        inputs = [self.last, weights, bias]
        options = ("FullyConnectedOptions", {"fusedActivationFunction": 0})
        return self.operation("FULLY_CONNECTED", inputs, output, options, 5 if per_channel else 4)

    def lstm(self, units, power=-12, hidden=(0.009, 5)):
        """A layer of such a number of units, with 15 + power bits before the point of its cells."""
        source, (_, frames, width) = self.last, self.shape(self.last)
        weights, biases = [], []
        for gate in range(8):
            shape = (units, width if gate < 4 else units)
            data = self.rng.integers(-127, 128, shape).astype(np.int8)
            weights.append(self.tensor(shape, self.rng.uniform(0.004, 0.02), data=data))
        for weight in weights[:4]:
            data = self.rng.integers(-2000, 2000, units).astype(np.int32)
            scale = self.scale(source)[0] * self.scale(weight)[0]
            biases.append(self.tensor((units,), scale, data=data, dtype="INT32"))
        states = [self.tensor((1, units), *hidden), self.tensor((1, units), 2.0**power)]
        self.tensors[states[1]].type = self.schema.TensorType.INT16
        for state in states:
            self.tensors[state].isVariable = True
        inputs = [source, *weights, *3 * [-1], *biases, *2 * [-1], *states, *4 * [-1]]
        within = [self.tensor((0,), 2.0**-12, dtype="INT16") for _ in range(4)]
        within.append(self.tensor((0,), *hidden))
        options = ("UnidirectionalSequenceLSTMOptions", {"fusedActivationFunction": 4})
        output = self.tensor((1, frames, units), *hidden)
        self.operation("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, output, options, 1)
        self.operations[-1].intermediates = np.array(within, np.int32)
        return output

    def pool(self, kind, kernel, stride, padding=0):
        _, h, w, c = self.shape(self.last)
        output = self.tensor(
            (1, *_sizes((h, w), kernel, stride, padding, (1, 1)), c), *self.scale()
        )
        options = _window(stride, padding, 0)
        options |= {"filterHeight": kernel[0], "filterWidth": kernel[1]}
        return self.operation(kind, [self.last], output, ("Pool2DOptions", options))

    def pair(self, kind, other, activation=0):
        shape = np.broadcast_shapes(self.shape(self.last), self.shape(other))
        output = self.tensor(shape, self.scale()[0] * self.rng.uniform(0.7, 2), -10)
        options = (f"{kind.title()}Options", {"fusedActivationFunction": activation})
        return self.operation(kind, [self.last, other], output, options)

    def operand(self, shape):
        data = self.rng.integers(-128, 128, shape).astype(np.int8)
        return self.tensor(shape, 0.03, 5, data=data)

    def reduce(self, kind, axes, scale=None):
        shape = self.shape(self.last)
        kept = [n for axis, n in enumerate(shape) if axis not in axes]
        scale = self.scale() if kind == "REDUCE_MAX" or scale is None else scale
        output = self.tensor(kept, *scale)
        inputs = [self.last, self.constant(axes)]
        return self.operation(kind, inputs, output, ("ReducerOptions", {"keepDims": False}))

    def move(self, kind, shape, numbers):
        output = self.tensor(shape, *self.scale())
        version = 1 if kind == "RESHAPE" else 2
        return self.operation(kind, [self.last, self.constant(numbers)], output, version=version)

    def slice(self, shape, begin):
        output = self.tensor(shape, *self.scale())
        inputs = [self.last, self.constant(begin), self.constant(shape)]
        return self.operation("SLICE", inputs, output, version=2)

    def quantize(self, scale, zero):
        output = self.tensor(self.shape(self.last), scale, zero)
        return self.operation("QUANTIZE", [self.last], output)

    def concatenation(self, tensors, axis):
        shape = list(self.shape(tensors[0]))
        shape[axis] = sum(self.shape(tensor)[axis] for tensor in tensors)
        output = self.tensor(shape, *self.scale(tensors[0]))
        options = ("ConcatenationOptions", {"axis": axis, "fusedActivationFunction": 0})
        return self.operation("CONCATENATION", tensors, output, options)

    def to_bytes(self, output=None):
        import flatbuffers

        graph = self.schema.SubGraphT()
        graph.tensors, graph.operators = self.tensors, self.operations
        graph.inputs = np.array(self.inputs, np.int32)
        graph.outputs = np.array([self.last if output is None else output], np.int32)
        model = self.schema.ModelT()
        model.version, model.subgraphs, model.operatorCodes = 3, [graph], self.codes
        model.buffers = []
        for data in self.buffers:
            buffer = self.schema.BufferT()
            buffer.data = np.frombuffer(data, np.uint8) if data else None
            model.buffers.append(buffer)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _sizes(sizes, kernel, stride, padding, dilation):
    if padding == 0:  # SAME
        return tuple(-(-n // s) for n, s in zip(sizes, stride, strict=True))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    return tuple((n - r) // s + 1 for n, r, s in zip(sizes, reach, stride, strict=True))


def _window(stride, padding, activation):
    return {
        "padding": padding, "strideH": stride[0], "strideW": stride[1],
        "fusedActivationFunction": activation,
    }  # fmt: skip


@pytest.fixture
def network():
    return Network


@pytest.fixture
def run_c(gcc, tmp_path):
    """Run a model as C under the sanitizers: rows of int8 in, rows of int8 out.

    A program of its own may give any number of rows.
    """

    def run(model, rows, n_outputs, *options, pipe=PIPE):
        labels = [f"label {i}" for i in range(n_outputs)]
        for name, text in c99.sources(model, labels).items():
            (tmp_path / name).write_text(text)
        (tmp_path / "pipe.c").write_text(pipe)
        files = sorted(tmp_path.glob("*.c"))
        program = gcc(tmp_path / "pipe", *files, *(options or SANITIZERS))
        done = subprocess.run([program], input=rows.tobytes(), capture_output=True, timeout=100)
        assert done.returncode == 0, done.stderr.decode()
        answers = np.frombuffer(done.stdout, np.int8).reshape(-1, n_outputs)
        assert pipe is not PIPE or len(answers) == len(rows)
        return answers

    return run


@pytest.fixture
def run_micro(tmp_path):
    """Run models in TFLite Micro, in a process of its own since it can hang: name to answers."""
    pytest.importorskip("tflite_micro", reason="needs tflite-micro")

    def run(models, rows):
        for name, model in models.items():
            (tmp_path / name).write_bytes(model)
            np.save(tmp_path / f"{name}.in.npy", rows[name])
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            MICRO,
            *(str(tmp_path / name) for name in models),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr[-2000:]
        answers = {name: np.load(tmp_path / f"{name}.out.npy") for name in models}
        return answers, done.stdout + done.stderr

    return run


@pytest.fixture
def run_litert():
    """Run a model on LiteRT's reference kernels."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")

    def run(model, rows):
        kind = interpreter.OpResolverType.BUILTIN_REF
        opened = interpreter.Interpreter(
            model_content=model, num_threads=1, experimental_op_resolver_type=kind
        )
        opened.allocate_tensors()
        [source], [output] = opened.get_input_details(), opened.get_output_details()
        answers = []
        for row in rows:
            opened.set_tensor(source["index"], row)
            opened.invoke()
            answers.append(opened.get_tensor(output["index"]).ravel().copy())
        return np.array(answers)

    return run

"""ExecuTorch for XNNPACK: features in, probabilities out; fp32, or int8 with its trained scales.

The front end stays outside: XNNPACK has no Fourier transform, and what it lacks costs a mobile
build its portable kernels. One window at a time, of one length.
"""

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.fx import GraphModule

from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.export._bundled import exporter
from lightspeech.export._bundled import never as rewrite  # noqa: F401
from lightspeech.export._bundled import nobody as network_alone  # noqa: F401
from lightspeech.export.int8_tflite import standardization
from lightspeech.models.contract import SpeechModel, is_recurrent
from lightspeech.models.int8 import Int8Network, convert
from lightspeech.quiet import muted
from lightspeech.training import networks
from lightspeech.training.run import Run

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = False
"""Whether it writes a network that takes features without a voice."""
TAKES = ("fp32", "int8")
"""Number formats of the runs it takes."""
SUFFIX = ".pte"
"""Of its model file."""
PREFIXED = False
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = False
"""Whether it writes a model that tells ratings in place of classes."""
MODEL_FILE = f"model{SUFFIX}"


class Answer(nn.Module):
    """Standardization as one multiply-add a feature, network, temperature and softmax."""

    def __init__(self, run: Run) -> None:
        """Take a finished run; an int8 run brings its integers."""
        super().__init__()
        network = copy.deepcopy(run.network)
        mean, deviation = standardization(network, run.config.front.n_features)
        self.mean, self.factor = (nn.Buffer(torch.from_numpy(x)) for x in (mean, 1 / deviation))
        if isinstance(network, Int8Network):
            network = convert(network, fold_weights=True)
        self.network = network
        self.temperature = run.temperature
        # XNNPACK's compiler takes weights in one order of memory, ours are channels last.
        for tensor in (*self.parameters(), *self.buffers()):
            tensor.data = tensor.data.clone(memory_format=torch.contiguous_format)

    def forward(self, features: Tensor) -> Tensor:
        """Features, shape ``(1, frames, n_features)``, to probabilities ``(1, n_classes)``."""
        standardized = (features - self.mean) * self.factor
        if isinstance(self.network, GraphModule):
            logits: Tensor = self.network(standardized)
        else:
            logits = cast(SpeechModel, self.network).classify(standardized)
        return torch.softmax(logits / self.temperature, dim=1)


def to_bytes(run: Run) -> bytes:
    """Compile a run to one ``.pte`` program.

    Raises:
        ConfigError: if it is int8 and has a layer that keeps a state.
        MissingExtra: if executorch is not installed.
    """
    if isinstance(run.network, Int8Network) and is_recurrent(run.network):
        raise ConfigError(
            f"{run.config.model.name}: ExecuTorch has no int8 LSTM; export it with --format c99, "
            "litert or onnx"
        )
    with muted(), torch.no_grad():
        try:
            from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
            from executorch.exir import to_edge_transform_and_lower
        except ModuleNotFoundError:
            raise MissingExtra("export to ExecuTorch", "executorch") from None
        program = torch.export.export(Answer(run), (networks.window(run.config),))
        lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
        return bytes(lowered.to_executorch().buffer)


export = exporter(to_bytes, MODEL_FILE)

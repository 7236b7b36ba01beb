"""A small encoder in torch again, and the head on it, of the ONNX file that holds them.

Int8 weights times their scales are floats that round to the same integers. What a file that was
never trained leaves out, such as a bias of zeros, is not made up: it is refused.
"""

import numpy as np
import torch
from torch import Tensor, nn

from lightspeech.bundle import Bundle
from lightspeech.errors import BundleError, ConfigError
from lightspeech.export import onnx_weights, recover, recovered
from lightspeech.export.onnx import PREFIX
from lightspeech.export.onnx_weights import Array, Graph
from lightspeech.frontends import whisper_block
from lightspeech.frontends.small_encoder import OUTPUT
from lightspeech.frontends.states import Pool
from lightspeech.frontends.whisper_blocks import WhisperBlocks
from lightspeech.frontends.whisper_log_mel import FAINTEST, Level, LogMel
from lightspeech.models.whisper import MIX
from lightspeech.training import networks
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig

FRONTEND = "small_encoder"
MEL = "log_mel.mel"
FAULTS = (BundleError, ConfigError, LookupError, RuntimeError, TypeError, ValueError)
"""Of what a file says that is no network of ours."""
HEADS_AXIS = 2
"""Of what queries are reshaped to, ``(batch, states, heads, size)``."""


def holds(bundle: Bundle) -> bool:
    """Tell whether a bundle says that it holds a small encoder as it was made, and tells classes.

    Args:
        bundle: as read by `bundle.read`.
    """
    is_onnx = bundle.model_file.endswith(recover.SUFFIX)
    is_as_made = bundle.frontend.get("name") == FRONTEND and not bundle.frontend.get("tuned")
    return is_onnx and bundle.scale is None and not bundle.knows_speaker and is_as_made


def of_run(run: Run) -> WhisperBlocks:
    """Make the encoder of a run, of the file that `lightspeech shrink` left.

    Args:
        run: on a small encoder.

    Raises:
        ConfigError: if there is no such encoder, or its file is damaged.
        MissingExtra: if the package that reads ONNX is not installed.
    """
    layer = run.config.front.layer(any_length=True)
    assert layer is not None
    file = layer.sources[OUTPUT].model
    assert file is not None
    try:
        return _encoder(Graph(onnx_weights.parsed(file.read_bytes()).graph), run.config)
    except FAULTS as error:
        raise ConfigError(f"{file}: damaged ({_reason(error)}); make the encoder anew") from None


def of_bundle(bundle: Bundle) -> tuple[WhisperBlocks, Run]:
    """Make the encoder of a bundle, and the run whose network stands on it.

    Args:
        bundle: for which `holds` is true.

    Raises:
        BundleError: if its model is damaged, or is not the network that it describes.
        MissingExtra: if the package that reads ONNX is not installed.
    """
    try:
        model = onnx_weights.parsed((bundle.path / bundle.model_file).read_bytes())
        graph, cfg = Graph(model.graph), recover.config_of(bundle)
        if bundle.sample_rate != cfg.front.sample_rate:
            raise BundleError(f"its front end hears {cfg.front.sample_rate} Hz alone")
        network = networks.build_network(cfg, len(bundle.labels))
        network.load_state_dict(_of_head(graph))
        encoder, run = _encoder(graph, cfg), recover.run_of(bundle, cfg, network.eval())
        front = nn.Sequential(encoder, Pool(cfg.frontend.as_dict()["pool_s"]))
        recovered.require_alike(model, run, front)
    except FAULTS as error:
        raise BundleError(
            f"{bundle.path}: its model is another network ({_reason(error)}); export the format "
            "from its run, runs/NAME/fold0-seed0"
        ) from None
    return encoder, run


def _encoder(graph: Graph, cfg: RunConfig) -> WhisperBlocks:
    """Build the encoder and fill it."""
    weights = {name: _tensor(table) for name, table in graph.weights().items()}
    stem = [nn.Linear(*weights[f"stem.{n}.weight"].shape[::-1]) for n in range(2)]
    own = {name: table for name, table in weights.items() if name.startswith("blocks.")}
    blocks = whisper_block.filled(
        {name.removeprefix("blocks."): table for name, table in own.items()}, _heads(graph)
    )
    network = WhisperBlocks(
        LogMel(weights[MEL], _level(graph)), stem, blocks, first=cfg.frontend.as_dict()["first"]
    )
    network.stem.load_state_dict(
        {n.removeprefix("stem."): x for n, x in weights.items() if n.startswith("stem.")}
    )
    return network.eval().requires_grad_(False)


def _heads(graph: Graph) -> int:
    """Count the heads of the attention; 1 where no block is left."""
    bias = "blocks.0.query.bias"
    if bias not in graph.tables:
        return 1
    reshape = graph.reader(graph.reader(bias).output[0])
    shape = graph.makers[reshape.input[1]]
    return int(graph.tables[shape.input[HEADS_AXIS]].item())


def _level(graph: Graph) -> Level:
    """What gain is to the encoder, by the least energy that counts."""
    clip = graph.reader(graph.reader(MEL).output[0])
    least = graph.tables[clip.input[1]]
    return {np.float32(faintest): level for level, faintest in FAINTEST.items()}[least.item(0)]


def _of_head(graph: Graph) -> dict[str, Tensor]:
    """Weights of the head; how much each layer counts is in the file as shares of one."""
    own = f"{PREFIX}network."
    [mixed] = (node for node in graph.nodes if node.op_type == "Einsum")
    state = {name: table for name, table in graph.weights().items() if name.startswith(own)}
    state[f"{own}{MIX}"] = np.log(graph.tables[mixed.input[1]])
    return {name.removeprefix(own): _tensor(table) for name, table in state.items()}


def _tensor(table: Array) -> Tensor:
    return torch.from_numpy(np.array(table))  # a copy: those of a file cannot be written


def _reason(error: Exception) -> str:
    """What is wrong, in a line of at most a hundred letters; a key alone would say nothing."""
    words = " ".join(str(error).split())
    return f"lacks {words}" if isinstance(error, LookupError) else words[:100]

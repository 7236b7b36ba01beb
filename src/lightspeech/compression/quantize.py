"""Int8 weights and activations: after training, or with some more epochs of it.

The figures of an int8 run are those of its ``int8.onnx``, the converted network in onnxruntime, so
that whoever has the file finds them again. Ranges come from the training speakers alone.
"""

from collections.abc import Iterator
from dataclasses import replace

from lightspeech.compression import _sensitivity
from lightspeech.compression._before import nothing as prepare  # noqa: F401
from lightspeech.errors import ConfigError
from lightspeech.files import replacing, write_json
from lightspeech.frontends.inputs import Inputs
from lightspeech.models import building, int8, int8_onnx, int8_roundings
from lightspeech.models.building import to_int8
from lightspeech.models.int8 import Int8 as Config
from lightspeech.models.int8 import Int8Network
from lightspeech.models.int8_onnx import OnnxNetwork
from lightspeech.training import layout, unlabelled
from lightspeech.training.fitting import finish, fit
from lightspeech.training.inputs import Parts, open_parts
from lightspeech.training.networks import window
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig, Task
from lightspeech.training.teachers import Lessons

SCHEME = "int8"
"""What figures are called after this step."""
BYTES_PER_VALUE = 1
"""Of an activation."""
FINAL = True
"""Int8 weights are final: no step can follow."""


def check(cfg: RunConfig) -> None:
    """Refuse a run that has no int8 form, before anything is trained.

    Args:
        cfg: what makes the run before.

    Raises:
        ConfigError: if it is int8 already, recurrent, given several inputs, or on an encoder.
    """
    if cfg.architecture.int8_parts:
        raise ConfigError("this run is int8 already; quantize the run that it was made of")
    if cfg.front.network_alone(any_length=False) is None:
        raise ConfigError(
            f"{cfg.model.name} is given {cfg.frontend.name}, which has no int8 form here; leave "
            "quantize out, or take a model on a mel front end"
        )
    int8.refuse(building.unpruned(cfg.architecture, cfg.front))


def learns_from(cfg: Config) -> Lessons:
    """Nothing."""
    return Lessons()


def apply(before: Run, task: Task, cfg: Config) -> None:
    """Turn a finished run into an int8 run; resumes where it was cut off.

    Args:
        before: a run in floats.
        task: the run to make.
        cfg: how.

    Raises:
        ConfigError: if the run is int8 already, or its network has no int8 form.
        MissingExtra: if torchao is not installed.
        OutputError: if the folder cannot be written.
    """
    check(before.config)
    task = replace(task, config=replace(before.config, quantize=cfg))
    parts = open_parts(task)
    network = to_int8(before.network, before.config.front, cfg)
    int8_roundings.take_ranges(network, calibration(parts, cfg.calibration_windows))
    if cfg.qat_epochs:
        network = _train(task, network, cfg)
    if cfg.sensitivity:
        write_json(task.folder / layout.SENSITIVITY, _sensitivity.measure(task, parts, network))
    model = int8_onnx.to_bytes(network, window(before.config))
    with replacing(task.folder / layout.INT8) as temporary:
        temporary.write_bytes(model)
    finish(task, parts, network, exported=OnnxNetwork(model))


def calibration(parts: Parts, n_windows: int) -> Iterator[Inputs]:
    """Give features of training speakers, spread evenly over the corpus, in batches.

    Args:
        parts: of a corpus.
        n_windows: so many utterances, or up to twice as many, where there are enough.

    Yields:
        Inputs of the front end, shapes ``(batch, …)``.
    """
    step = max(1, len(parts.train) // n_windows)
    return parts.inputs.measure(parts.train[::step])


def _train(task: Task, network: Int8Network, cfg: Config) -> Int8Network:
    """Go on training with rounding: weights move, batch norms are folded and ranges fixed."""
    training = replace(
        task.config.training,
        epochs=cfg.qat_epochs,
        learning_rate=cfg.learning_rate,
        schedule="cosine",
        patience=None,
        unlabelled=(),
        objectives=(),  # an exported graph shows its answers alone, no embedding
        device="cpu",  # and it stays where it was exported
    )
    distill = task.config.distill
    if distill is not None:
        distill = replace(distill, features=0.0, relations=0.0)
    lesson = replace(task.config, training=training, distill=distill)
    task = unlabelled.add(replace(task, config=lesson))
    trained = fit(task, open_parts(task), network)
    assert isinstance(trained, Int8Network)
    return trained

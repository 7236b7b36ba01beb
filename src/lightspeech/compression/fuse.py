"""Fuse: a small int8 network of bands answers beside a head on an encoder, as one model.

Both were trained alone; what they hear differs, and so do their errors. Nothing is trained here,
and temperature and threshold come from the selection set, as always.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lightspeech.config import Choice, NamedPath, config
from lightspeech.errors import ConfigError
from lightspeech.frontends import pair
from lightspeech.models import fusion
from lightspeech.models.fusion import Fusion
from lightspeech.models.int8_onnx import OnnxNetwork
from lightspeech.progress import Progress
from lightspeech.training import fitting, inputs, layout, teachers
from lightspeech.training import run as runs
from lightspeech.training.run import Run
from lightspeech.training.task import RunConfig, Task
from lightspeech.training.teachers import Lessons

SCHEME = "fused"
"""What figures are called after this step."""
BYTES_PER_VALUE = None
"""Of an activation after it: as before in either network."""
FINAL = True
"""Nothing goes on from two networks side by side."""


@config
class Config:
    """Which network answers with the run before."""

    study: NamedPath
    """Name of an int8 study beside this one, such as ``ravdess_small/2-quantize``, or its folder.
    The same seeds of it are taken."""


def check(cfg: RunConfig) -> None:
    """Refuse a run that no bundle holds beside another, before anything is trained.

    Args:
        cfg: what makes the run before.

    Raises:
        ConfigError: naming what it goes on from.
    """
    _refuse_known_speaker(cfg)
    if not cfg.front.in_bundle or cfg.front.tuned:
        raise ConfigError(
            f"fuse goes on from what a bundle can hold, {cfg.model.name} is given "
            f"{cfg.frontend.name}; take a head on an encoder that `lightspeech shrink` made, its "
            "blocks not tuned, such as base"
        )


def learns_from(cfg: Config) -> Lessons:
    """What the networks that answer too have learnt."""
    return Lessons(studies=(cfg.study,))


def apply(before: Run, task: Task, cfg: Config) -> None:
    """Put a network beside that of a finished run, and measure both as one.

    Args:
        before: a head on an encoder.
        task: the run to make.
        cfg: names the study of the other network.

    Raises:
        LightspeechError: if the two do not go together.
    """
    check(before.config)
    folder, second = _second(task, cfg)
    _check_second(before, second)
    task = replace(task, config=fused(before, second))
    temperatures = (before.temperature, second.temperature)
    device = OnnxNetwork((folder / layout.INT8).read_bytes())
    fitting.finish(
        task,
        inputs.open_parts(task),
        Fusion(before.network, second.network, temperatures),
        exported=Fusion(before.network, device, temperatures),
    )


def fused(first: Run, second: Run) -> RunConfig:
    """Say what makes a run of two networks side by side.

    Args:
        first: a head on an encoder.
        second: an int8 network of bands.
    """
    both = fusion.Config(
        first=first.config.architecture,
        second=second.config.architecture,
        temperatures=(first.temperature, second.temperature),
    )
    front = pair.Config(first=first.config.frontend, second=second.config.frontend)
    return replace(
        first.config,
        model=Choice(first.config.model.package, "fusion", both),
        frontend=Choice(first.config.frontend.package, "pair", front),
        augment=first.config.augment.without_copies(),  # nothing is trained
        blocks=None,
        shapes={},
    )


def prepare(todo: Sequence[Task], cfg: Config, progress: Progress) -> None:
    """Compute what the second network is given once for all runs.

    Args:
        todo: the runs that the step is to make.
        cfg: names the study of the other network.
        progress: never called.

    Raises:
        CorpusError: if the study is not there, or not finished.
        LeakError: if it knows whom a fold is measured on.
    """
    _, second = _second(todo[0], cfg)
    inputs.load(replace(todo[0], config=second.config))


def _second(task: Task, cfg: Config) -> tuple[Path, Run]:
    """Find the run of the same seed that knows nobody this one is measured on."""
    study = teachers.find(cfg.study, layout.studies_beside(task.folder))
    fold, _ = teachers.choose_fold(study, task)
    folder = study / layout.run_name(fold, task.seed)
    return folder, runs.read_run(folder)


def _check_second(before: Run, second: Run) -> None:
    """Refuse two that no bundle holds side by side.

    Raises:
        ConfigError: naming what is wrong and what to take.
    """
    if second.config.quantize is None:
        raise ConfigError("fuse.study must be int8, such as ravdess_small/2-quantize")
    _refuse_known_speaker(second.config)
    both = [(r.labels, r.config.windows, r.config.front.sample_rate) for r in (before, second)]
    if both[0] != both[1]:
        raise ConfigError(
            f"both must tell the same labels apart in the same windows, found {both[0]} and "
            f"{both[1]}; give both recipes one labels: and one windows:"
        )


def _refuse_known_speaker(cfg: RunConfig) -> None:
    if cfg.knows_speaker:
        raise ConfigError(
            "fuse takes no model that knows its speaker; train with normalisation: training"
        )

"""Fuse: a small int8 network of bands answers beside a head on an encoder, as one model.

Both were trained alone; what they hear differs, and so do their errors. Nothing is trained here,
and temperature and threshold come from the selection set, as always.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from lightspeech.config import config
from lightspeech.errors import ConfigError
from lightspeech.frontends import pretrained
from lightspeech.models.int8_onnx import NAME, OnnxNetwork
from lightspeech.training import inputs, networks, teachers
from lightspeech.training import run as runs
from lightspeech.training.run import Run
from lightspeech.training.task import Task

SCHEME = "fused-int8"
"""What figures are called after this step."""


@config
class Config:
    """What is put beside the run before."""

    study: Path
    """Name of an int8 study beside this one, such as ``ravdess_small/2-quantize``, or its folder.
    The same seeds of it are taken."""


def apply(before: Run, task: Task, cfg: Config) -> None:
    """Put a network beside that of a finished run, and measure both as one.

    Raises:
        LightspeechError: if the two do not go together.
    """
    folder, beside = _beside(task, cfg)
    _check(before, beside)

    def fused(second: nn.Module) -> nn.Module:
        both = (before.temperature, beside.temperature)
        return networks.fused(before.config, beside.config, before.network, second, both)

    task = replace(task, config=replace(before.config, beside=beside.config))
    device = OnnxNetwork((folder / NAME).read_bytes())
    runs.finish(task, inputs.open_parts(task), fused(beside.network), exported=fused(device))


def prepare(todo: Sequence[Task], cfg: Config, progress: Callable[[str, int, int], None]) -> None:
    """Compute what the second network hears once for all runs.

    Raises:
        CorpusError: if the study is not there, or not finished.
        LeakError: if it knows whom a fold is measured on.
    """
    _, beside = _beside(todo[0], cfg)
    inputs.load_features(replace(todo[0], config=beside.config))


def _beside(task: Task, cfg: Config) -> tuple[Path, Run]:
    """Find the run of the same seed that knows nobody this one is measured on."""
    study = teachers.find(cfg.study, task.folder.parents[2])
    fold, _ = teachers.choose_fold(study, task)
    folder = study / f"fold{fold}-seed{task.seed}"
    return folder, runs.read_run(folder)


def _check(before: Run, beside: Run) -> None:
    """Refuse what no bundle holds side by side.

    Raises:
        ConfigError: naming what is wrong and what to take.
    """
    first, second = before.config, beside.config
    heard = first.encoder
    if heard is None or heard.tuned or pretrained.own(heard) is None:
        raise ConfigError(
            "fuse goes on from a head on an encoder that `lightspeech shrink` made, its blocks not "
            "tuned, such as base"
        )
    if second.encoder is not None or second.quantize is None:
        raise ConfigError(
            "fuse.study must be int8, of a front end, such as ravdess_small/2-quantize"
        )
    if {first.normalisation, second.normalisation} != {"training"}:
        raise ConfigError("fuse takes no model that knows its speaker")
    asked = [(r.labels, r.config.windows, r.config.frontend.sample_rate) for r in (before, beside)]
    if asked[0] != asked[1]:
        raise ConfigError(
            f"both must tell the same labels apart in the same windows, found {asked[0]} and "
            f"{asked[1]}; give both recipes one labels: and one windows:"
        )

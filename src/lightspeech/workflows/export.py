"""One run of a trained study as a bundle, in one format."""

import os
from dataclasses import replace
from pathlib import Path

from lightspeech import plugins
from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError
from lightspeech.files import placed
from lightspeech.studies.folders import Places
from lightspeech.studies.study import read_study
from lightspeech.training import layout
from lightspeech.workflows import publish


def export(
    run: Path,
    *,
    format: str,
    bundles: Path,
    name: str | None,
    prefix: str | None = None,
    calibrated_by: Path | None = None,
) -> Bundle:
    """Export one run; the bundle tells the figures of all runs of its study.

    Args:
        run: folder of the run, such as ``runs/demo/fold0-seed0``.
        format: an exporter, such as ``onnx`` or ``c99``.
        bundles: folder that the bundle goes into.
        name: of the bundle; None: that of recipe and step.
        prefix: of the names of its C; None: the usual one.
        calibrated_by: folder of a study that leaves corpora or speakers out, whose answers say how
            sure the model may be of strangers; None: as of `publish.export_as`.

    Raises:
        ConfigError: if there is no such format, this is no run, or the format cannot take it, or
            a prefix.
        CorpusError: if a run of the study is not finished.
        MissingExtra: if the format needs what is not installed.
    """
    plugins.load("lightspeech.export", format)  # a wrong name is told at once
    run = placed(run)  # "." has no name
    _require_run(run)
    places = Places(bundles=bundles)
    study = replace(read_study(run.parent, rated=True), called=name)
    if calibrated_by is not None:
        others = read_study(calibrated_by)
        return publish.export_as(study, run.name, places, format, prefix=prefix, others=others)
    made_by_run = study.recipe.run_config().front.in_bundle
    if format != "onnx" or prefix is not None or not study.is_tested or not made_by_run:
        return publish.export_as(study, run.name, places, format, prefix=prefix)
    _, bundle = publish.export(study, run.name, places)
    assert bundle is not None
    return bundle


def _require_run(run: Path) -> None:
    if _is_study(run):
        first = run / layout.run_name(0, 0)
        raise ConfigError(f"{run} is a study; name one of its runs: {first}")
    if not _is_study(run.parent):
        raise ConfigError(
            f"{run}: no run of a study; name one, such as runs/NAME/fold0-seed0, or train: "
            "lightspeech train recipes/demo.yaml"
        )


def _is_study(folder: Path) -> bool:
    return os.path.isfile(folder / layout.RECIPE) or layout.is_step(folder)
